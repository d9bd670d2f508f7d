"""After a run, or a look at a source: what it means for incidents, and why. If that can not be told it is a trouble of
ours, and none of the run's."""

from __future__ import annotations

import logging
import traceback
from collections.abc import Callable, Generator, MutableMapping
from concurrent.futures import CancelledError
from contextlib import contextmanager, suppress
from datetime import datetime

from checks.history import HistoryError
from checks.incidents.desk import Desk
from checks.incidents.signals import has_news
from checks.records import Outcome, RunReport
from connectors import SourceError

log = logging.getLogger(__name__)
_JOB = "incidents"


def work_on(
    desk: Desk,
    report: RunReport,
    troubles: MutableMapping[str, str],
    clock: Callable[[], datetime],
    learn: Callable[[datetime], None],
) -> None:
    """Brings incidents up to date with a run that was remembered. Leaves a sentence in `troubles` while that fails.
    `learn` sees to it that the views of the source are known, which is asked once after each listing at most: when
    something is broken for the first time, what it is made from decides in which incident it is told."""
    with _trouble_of_ours(troubles, "after a run", report.dataset):
        if report.outcome is Outcome.FINISHED and has_news(report):
            with suppress(CancelledError):  # the app stops; what is known of lineage will do
                learn(clock())
        desk.investigate(desk.observe(report), clock())


def work_on_listing(
    desk: Desk, source: str, at: datetime, error: SourceError | None, troubles: MutableMapping[str, str]
) -> None:
    """The same after a source of which no dataset is known was listed, or could not be."""
    with _trouble_of_ours(troubles, "after a look at a source", source):
        desk.investigate(desk.listed(source, at, error), at)


@contextmanager
def _trouble_of_ours(troubles: MutableMapping[str, str], when: str, what: str) -> Generator[None]:
    try:
        yield
    except Exception as error:  # noqa: BLE001 what was done has ended well; the error's text may hold values of rows
        sentence = str(error) if isinstance(error, HistoryError) else f"{type(error).__name__}; see the log"
        troubles[_JOB] = f"incidents could not be brought up to date {when}: {sentence}"
        where = "".join(traceback.format_tb(error.__traceback__)[-4:])
        log.error("%s: incidents: %s, raised at\n%s", what, sentence, where)
    else:
        troubles.pop(_JOB, None)
