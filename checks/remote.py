"""The app that holds the history, asked over HTTP in the place of an answer of this process."""

from __future__ import annotations

import json
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from datetime import datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from checks import answers
from checks.config import Config
from checks.explain import Words
from checks.history import HistoryBusy
from checks.incident_answers import Wanted as Which
from checks.incidents import Action
from checks.labels import Said
from checks.refusal import Refused
from checks.registry import NotRegistered

if TYPE_CHECKING:
    import httpx

    from checks.backtest.document import Wanted

Document = dict[str, Any]
_WRONG_QUESTION = (400, 404, 422)
_CONFLICT = 409


class NotAnswered(Exception):
    """The app that holds the history did not answer, or could not; the sentence says what to do."""


@contextmanager
def asking(config: Config) -> Generator[httpx.Client]:
    """A client of the app that the configuration speaks of."""
    import httpx  # here and not above: most commands do without

    limits = httpx.Timeout(60, connect=5)
    with httpx.Client(base_url=_base(config), headers=_headers(config), timeout=limits, trust_env=False) as client:
        yield client


class Remote:
    """Asks the app that holds the history."""

    def __init__(self, client: httpx.Client, busy: HistoryBusy) -> None:
        self.client = client
        self.busy = busy

    def run(self, names: Sequence[str], at: datetime | None, progress: Callable[[str], None]) -> Document:
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
