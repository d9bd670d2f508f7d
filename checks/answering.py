"""Who answers a command: this process when the history is free, else the app that holds it. Same documents."""

from __future__ import annotations

import json
from collections.abc import Callable, Generator, Sequence
from concurrent.futures import as_completed
from contextlib import contextmanager
from dataclasses import asdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Protocol
from urllib.parse import quote

from checks import answers, contract_answers, demo, incident_answers, labels
from checks.config import Config
from checks.explain import Words, to_document
from checks.history import HistoryBusy
from checks.incident_answers import Wanted as Which
from checks.incidents import Action
from checks.labels import Said
from checks.monitor import Monitor
from checks.notify import document as notified
from checks.refusal import Refused
from checks.registry import NotRegistered

if TYPE_CHECKING:
    import httpx

    from checks.backtest.document import Wanted

Document = dict[str, Any]
Progress = Callable[[str], None]  # called with a line for people
_WRONG_QUESTION = (400, 404, 422)
_CONFLICT = 409


class NotAnswered(Exception):
    """The app that holds the history did not answer, or could not; the sentence says what to do."""


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
        import httpx  # here and not above: most commands do without

        limits = httpx.Timeout(60, connect=5)
        with httpx.Client(base_url=_base(config), headers=_headers(config), timeout=limits, trust_env=False) as client:
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


class Remote:
    """Asks the app that holds the history."""

    def __init__(self, client: httpx.Client, busy: HistoryBusy) -> None:
        self.client = client
        self.busy = busy

    def run(self, names: Sequence[str], at: datetime | None, progress: Progress) -> Document:
        progress("the app is running and does it")
        body = {"datasets": list(names), "at": answers.moment(at), "refresh": True}
        return self._ask("POST", "/api/runs", json=body, timeout=None)

    def status(self, names: Sequence[str], at: datetime | None) -> Document:
        query = [("name", name) for name in names] + ([("at", answers.moment(at))] if at else [])
        return self._ask("GET", "/api/datasets", params=query)

    def history(self, dataset: str, metric: str, column: str | None, at: datetime | None) -> Document:
        query = {"metric": metric} | ({"column": column} if column else {}) | ({"at": answers.moment(at)} if at else {})
        return self._ask("GET", f"/api/datasets/{quote(dataset, safe='')}/measurements", params=query)

    def sample(self, dataset: str, check: str, limit: int) -> Document:
        query = {"check": check, "limit": limit}
        return self._ask("GET", f"/api/datasets/{quote(dataset, safe='')}/sample", params=query, timeout=None)

    def explain(self, dataset: str, words: Words) -> Document:
        query = {"metric": words.metric, "bucket": words.bucket.isoformat()}
        query |= {"column": words.column} if words.column else {}
        query |= {"check": words.check} if words.check else {}
        return self._ask("GET", f"/api/datasets/{quote(dataset, safe='')}/explain", params=query, timeout=None)

    def doctor(self) -> Document:
        return self._ask("GET", "/api/doctor", timeout=None)

    def register(self, raw: bytes, label: str, compatibility: str | None) -> Document:
        query = {"file": label} | ({"compatibility": compatibility} if compatibility else {})
        kind = {"Content-Type": "application/yaml"}
        return self._ask("POST", "/api/contracts", params=query, content=raw, headers=kind)

    def contracts(self) -> Document:
        return self._ask("GET", "/api/contracts")

    def labels(self, dataset: str | None, undone: bool) -> Document:
        query = ({"dataset": dataset} if dataset else {}) | ({"undone": "true"} if undone else {})
        return self._ask("GET", "/api/labels", params=query)

    def label(self, said: Said) -> Document:
        return self._ask("POST", "/api/labels", json=asdict(said))

    def undo_label(self, number: int, author: str) -> Document:
        return self._ask("DELETE", f"/api/labels/{number}", params={"author": author})

    def backtest(self, dataset: str, wanted: Wanted) -> Document:
        truth = {name: "true" for name in ("inject", "points") if getattr(wanted, name)}
        query = [
            ("days", wanted.days),
            ("seed", wanted.seed),
            *truth.items(),
            *(("set", one) for one in wanted.settings),
        ]
        return self._ask("GET", f"/api/datasets/{quote(dataset, safe='')}/backtest", params=query, timeout=None)

    def draft(self, dataset: str) -> Document:
        return self._ask("GET", f"/api/datasets/{quote(dataset, safe='')}/draft", timeout=None)

    def lineage(self, name: str | None) -> Document:
        path = "/api/lineage" + (f"/{quote(name, safe='')}" if name is not None else "")
        return self._ask("GET", path, timeout=None)

    def objectives(self, names: Sequence[str], at: datetime | None) -> Document:
        query = [("name", name) for name in names] + ([("at", answers.moment(at))] if at else [])
        return self._ask("GET", "/api/objectives", params=query)

    def notifications(self) -> Document:
        return self._ask("GET", "/api/notifications")

    def test_channel(self, name: str) -> Document:
        return self._ask("POST", f"/api/notifications/channels/{quote(name, safe='')}/test", json={}, timeout=None)

    def retry_message(self, identity: str) -> Document:
        return self._ask("POST", f"/api/notifications/messages/{quote(identity, safe='')}/retry", json={})

    def incidents(self, wanted: Which) -> Document:
        query = {name: value for name, value in asdict(wanted).items() if value is not None}
        return self._ask("GET", "/api/incidents", params=query)

    def incident(self, number: int) -> Document:
        return self._ask("GET", f"/api/incidents/{number}")

    def incident_report(self, number: int) -> Document:
        return self._ask("GET", f"/api/incidents/{number}/report")

    def act_on_incident(self, number: int, action: Action) -> Document:
        said = {name: value for name, value in asdict(action).items() if name != "kind" and value is not None}
        return self._ask("POST", f"/api/incidents/{number}/{action.kind}", json=said)

    def _ask(self, method: str, path: str, **parts: Any) -> Document:
        import httpx

        try:
            answer = self.client.request(method, path, **parts)
            document = json.loads(answer.content)
        except (httpx.HTTPError, ValueError):
            raise NotAnswered(self._nobody()) from None
        if not isinstance(document, dict):
            raise NotAnswered(self._nobody())
        if answer.status_code == _CONFLICT:
            raise NotRegistered(document.get("detail", "the registry refused it"), valid=True)
        if answer.status_code in _WRONG_QUESTION:
            raise Refused(document.get("detail", f"the app answered {answer.status_code}"))
        if answer.status_code >= 400:
            raise NotAnswered(document.get("detail", f"the app answered {answer.status_code}"))
        return document

    def _nobody(self) -> str:
        who = f"process {self.busy.pid}" if self.busy.pid else "another process"
        return (
            f"the history {self.busy.path} is in use by {who}, and nothing answers as Vitals at "
            f"{self.client.base_url}. To do: wait until that process has ended, or set address, port and token in "
            "[app] as the running app has them"
        )


def _base(config: Config) -> str:
    address = config.app.address
    host = "127.0.0.1" if address in ("0.0.0.0", "::", "") else address  # noqa: S104 compared, not bound
    return f"http://[{host}]:{config.app.port}" if ":" in host else f"http://{host}:{config.app.port}"


def _headers(config: Config) -> dict[str, str]:
    token = config.app.token
    return {"Authorization": f"Bearer {token.reveal()}"} if token else {}
