"""Who answers a command: this process when the history is free, else the app that holds it. Same documents."""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from concurrent.futures import as_completed
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Protocol

from checks import answers, contract_answers, demo, incident_answers, labels
from checks.config import Config
from checks.explain import Words, to_document
from checks.history import HistoryBusy
from checks.incident_answers import Wanted as Which
from checks.incidents import Action
from checks.labels import Said
from checks.monitor import Monitor
from checks.notify import document as notified
from checks.remote import Remote, asking

if TYPE_CHECKING:
    from checks.backtest.document import Wanted

Document = dict[str, Any]
Progress = Callable[[str], None]  # called with a line for people


class Answering(Protocol):
    """What commands ask for; see DESIGN 4 for the documents."""

    def run(self, names: Sequence[str], at: datetime | None, progress: Progress) -> Document: ...
    def status(self, names: Sequence[str], at: datetime | None) -> Document: ...
    def history(self, dataset: str, metric: str, column: str | None, at: datetime | None) -> Document: ...
    def sample(self, dataset: str, check: str, limit: int) -> Document: ...
    def explain(self, dataset: str, words: Words) -> Document: ...
    def doctor(self) -> Document: ...
    def register(self, raw: bytes, label: str, compatibility: str | None) -> Document: ...
    def contracts(self) -> Document: ...
    def labels(self, dataset: str | None, undone: bool) -> Document: ...
    def label(self, said: Said) -> Document: ...
    def undo_label(self, number: int, author: str) -> Document: ...
    def backtest(self, dataset: str, wanted: Wanted) -> Document: ...
    def draft(self, dataset: str) -> Document: ...
    def lineage(self, name: str | None) -> Document: ...
    def objectives(self, names: Sequence[str], at: datetime | None) -> Document: ...
    def notifications(self) -> Document: ...
    def test_channel(self, name: str) -> Document: ...
    def retry_message(self, identity: str) -> Document: ...
    def incidents(self, wanted: Which) -> Document: ...
    def incident(self, number: int) -> Document: ...
    def incident_report(self, number: int) -> Document: ...
    def act_on_incident(self, number: int, action: Action) -> Document: ...


@contextmanager
def answering(config: Config) -> Generator[Answering]:
    """This process as the owner of the history, or the app that owns it already. Raises NotAnswered, HistoryError."""
    try:
        monitor = Monitor.open(config, datetime.now(UTC))
    except HistoryBusy as busy:
        with asking(config) as client:
            yield Remote(client, busy)
        return
    try:
        yield Local(monitor)
    finally:
        monitor.close()


class Local:
    """Answers in this process."""

    def __init__(self, monitor: Monitor) -> None:
        self.monitor = monitor

    def run(self, names: Sequence[str], at: datetime | None, progress: Progress) -> Document:
        demo.feed(self.monitor.config, self.monitor.clock(), progress)
        futures, errors = self.monitor.list_and_start(names, at=at, trigger="command")
        for error in errors:
            progress(error)
        for done, future in enumerate(as_completed(futures), start=1):
            report = future.result()
            progress(f"{done} of {len(futures)}: {report.dataset} {report.outcome} in {report.seconds:.1f} s")
        document = answers.run_document([future.result() for future in futures], errors)
        return document if at is not None else document | self._deliver()

    def status(self, names: Sequence[str], at: datetime | None) -> Document:
        self.monitor.list_unlisted(self.monitor.clock())
        return answers.status_document(self.monitor.status(names, at or self.monitor.clock()))

    def history(self, dataset: str, metric: str, column: str | None, at: datetime | None) -> Document:
        self.monitor.list_unlisted(self.monitor.clock())
        return answers.history_document(self.monitor, dataset, metric, column, known_at=at)

    def sample(self, dataset: str, check: str, limit: int) -> Document:
        self.monitor.list_unlisted(self.monitor.clock())
        name = self.monitor.named([dataset])[0].name
        return answers.sample_document(name, check, self.monitor.sample(name, check, limit))

    def explain(self, dataset: str, words: Words) -> Document:
        self.monitor.list_unlisted(self.monitor.clock())
        return to_document(self.monitor.explain(dataset, words))

    def doctor(self) -> Document:
        from checks import doctor

        return doctor.examine(self.monitor)

    def register(self, raw: bytes, label: str, compatibility: str | None) -> Document:
        return contract_answers.register(self.monitor.registry, raw, label, compatibility)

    def contracts(self) -> Document:
        self.monitor.list_unlisted(self.monitor.clock())
        return contract_answers.contracts_document(self.monitor)

    def labels(self, dataset: str | None, undone: bool) -> Document:
        self.monitor.list_unlisted(self.monitor.clock())
        return labels.labels_document(self.monitor, dataset, undone=undone)

    def label(self, said: Said) -> Document:
        self.monitor.list_unlisted(self.monitor.clock())
        return labels.add(self.monitor, said)

    def undo_label(self, number: int, author: str) -> Document:
        return labels.undo(self.monitor, number, author)

    def backtest(self, dataset: str, wanted: Wanted) -> Document:
        from checks.backtest.document import backtest_document

        self.monitor.list_unlisted(self.monitor.clock())
        return backtest_document(self.monitor, dataset, wanted)

    def draft(self, dataset: str) -> Document:
        from checks import drafts

        self.monitor.list_unlisted(self.monitor.clock())
        return drafts.draft(self.monitor, dataset)

    def lineage(self, name: str | None) -> Document:
        from checks.lineage.document import answer

        self.monitor.list_unlisted(self.monitor.clock())
        return answer(self.monitor, name)

    def objectives(self, names: Sequence[str], at: datetime | None) -> Document:
        from checks.objectives.document import answer

        self.monitor.list_unlisted(self.monitor.clock())
        return answer(self.monitor, names, at)

    def notifications(self) -> Document:
        return notified.notifications_document(self.monitor)

    def test_channel(self, name: str) -> Document:
        return notified.test_channel(self.monitor, name)

    def retry_message(self, identity: str) -> Document:
        return notified.retry(self.monitor, identity) | self._deliver().get("notifications", {})

    def _deliver(self) -> Document:
        """Sends what is due, without the hold: all runs have ended, and nobody sends it later."""
        sender = self.monitor.sender
        if not sender.channels:
            return {}
        done = sender.deliver_due(self.monitor.clock(), ahead=self.monitor.config.notify.hold)
        return {"notifications": notified.delivered_document(done)}

    def incidents(self, wanted: Which) -> Document:
        if wanted.dataset:
            self.monitor.list_unlisted(self.monitor.clock())
        return incident_answers.incidents_document(self.monitor, wanted)

    def incident(self, number: int) -> Document:
        return incident_answers.one_document(self.monitor, number)

    def incident_report(self, number: int) -> Document:
        return incident_answers.report_document(self.monitor, number)

    def act_on_incident(self, number: int, action: Action) -> Document:
        return incident_answers.act(self.monitor, number, action)
