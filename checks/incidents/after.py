"""After a run: what it means for incidents, and why. If that can not be told it is a trouble of ours, and none of the
run's."""

from __future__ import annotations

import logging
import traceback
from collections.abc import Callable, MutableMapping
from datetime import datetime

from checks.history import HistoryError
from checks.incidents.desk import Desk
from checks.records import RunReport

log = logging.getLogger(__name__)
_JOB = "incidents"


def work_on(desk: Desk, report: RunReport, troubles: MutableMapping[str, str], clock: Callable[[], datetime]) -> None:
    """Brings incidents up to date with a run that was remembered. Leaves a sentence in `troubles` while that fails."""
    try:
        desk.investigate(desk.observe(report), clock())
    except Exception as error:  # noqa: BLE001 the run has ended well; the error's text may hold values of rows
        sentence = str(error) if isinstance(error, HistoryError) else f"{type(error).__name__}; see the log"
        troubles[_JOB] = f"incidents could not be brought up to date after a run: {sentence}"
        where = "".join(traceback.format_tb(error.__traceback__)[-4:])
        log.error("%s: incidents: %s, raised at\n%s", report.dataset, sentence, where)
    else:
        troubles.pop(_JOB, None)
