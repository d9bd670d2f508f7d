"""Incidents as commands, HTTP and pages have them: asked for, worked on, written up, with the words to the letter."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families
from rich.console import Console
from starlette.applications import Starlette
from starlette.testclient import TestClient

from checks import incident_answers, show_incidents
from checks.__main__ import main
from checks.answering import Local
from checks.history import HistoryBusy
from checks.incident_answers import Wanted, action_of
from checks.incidents import UnknownIncident, WrongAction
from checks.refusal import Refused
from checks.remote import Remote
from connectors import TableName
from dashboard import api, process
from tests.monitors import CannedMonitor, Clock, canned, utc

NOON = utc(2026, 3, 15, 12)
ENOUGH = """
apiVersion: v3.1.0
kind: DataContract
id: shop
version: 1.0.0
status: active
team: {name: Shop}
servers: [{server: s, type: local, path: tables, format: parquet}]
schema:
  - name: orders
    customProperties: [{property: vitals.consumers, value: [delays *model*]}]
    quality: [{id: enough, type: library, metric: rowCount, mustBeGreaterOrEqualTo: 100, dimension: coverage}]
  - name: users
    quality:
      - {id: many, type: library, metric: rowCount, mustBeGreaterThan: 50, severity: warning, dimension: coverage}
slaProperties: [{property: timeToDetect, value: 1, unit: h}, {property: timeToRepair, value: 1, unit: d}]
"""


@contextmanager
def watching(folder: Path, config: str = "") -> Iterator[CannedMonitor]:
    """Two tables of seven rows, of which one must have 100 and the other should have 51; run once."""
    (folder / "contracts").mkdir()
    (folder / "contracts" / "shop.yaml").write_text(ENOUGH)
    found = canned(folder, Clock(NOON), "orders", "users", config=config)
    run(found)
    yield found
    found.close()


@pytest.fixture
def monitor(tmp_path) -> Iterator[CannedMonitor]:
    with watching(tmp_path) as found:
        yield found


@pytest.fixture(scope="module")
def settled(tmp_path_factory) -> Iterator[CannedMonitor]:
    """The same for tests that change nothing."""
    with watching(tmp_path_factory.mktemp("settled")) as found:
        yield found


def run(monitor: CannedMonitor) -> None:
    for future in monitor.start([]):
        future.result()


def act(monitor: CannedMonitor, number: int, word: str, *said: str) -> dict[str, Any]:
    return incident_answers.act(monitor, number, action_of(word, "noor", *said))["incidents"][0]


@contextmanager
def asking(monitor: CannedMonitor) -> Iterator[Remote]:
    """The commands of another process, answered by the app."""
    with (
        process.holding(monitor),
        TestClient(Starlette(routes=api.routes()), base_url="http://127.0.0.1", headers={"host": "127.0.0.1"}) as asked,
    ):
        yield Remote(asked, HistoryBusy(Path("h"), 1, "app"))


@pytest.fixture
def remote(monitor) -> Iterator[Remote]:
    with asking(monitor) as found:
        yield found


@pytest.fixture(scope="module")
def onlooker(settled) -> Iterator[Remote]:
    with asking(settled) as found:
        yield found


def number_of(monitor: CannedMonitor, dataset: str) -> int:
    [found] = incident_answers.incidents(monitor, Wanted(dataset=dataset))
    return found.id


# -- asked for ---------------------------------------------------------------------------------------------------------


def test_the_worst_comes_first_with_all_that_people_ask(settled):
    worst, mild = incident_answers.incidents_document(settled, Wanted())["incidents"]
    asked = ("title", "state", "severity", "datasets", "dimensions", "owners", "consumers", "happened_at", "cause")
    assert {name: worst[name] for name in asked} == {
        "title": "orders: 7 rows (expected at least 100)",
        "state": "open",
        "severity": "high",
        "datasets": ["s.orders"],
        "dimensions": ["coverage"],
        "owners": ["Shop"],
        "consumers": ["delays *model*"],
        "happened_at": None,
        "cause": None,
    }
    assert (mild["severity"], mild["datasets"]) == ("low", ["s.users"])
    assert incident_answers.exit_code({"incidents": [worst, mild]}) == 1
    assert incident_answers.exit_code({"incidents": [mild]}) == 2
    assert incident_answers.exit_code({"incidents": []}) == 0


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        (Wanted(severity="medium"), ["s.orders"]),
        (Wanted(dataset="users"), ["s.users"]),
        (Wanted(dataset="s"), []),
        (Wanted(state="acknowledged"), ["s.users"]),
        (Wanted(state="resolved"), ["s.orders"]),
        (Wanted(state="resolved", since="2026-03-15T13:00Z"), []),
        (Wanted(state="all"), ["s.users", "s.orders"]),
    ],
)
def test_filters(monitor, wanted, found):
    if wanted.state != "open":
        act(monitor, number_of(monitor, "orders"), "resolve", "reloaded")
        act(monitor, number_of(monitor, "users"), "ack")
    assert [each.datasets[0] for each in incident_answers.incidents(monitor, wanted)] == found


@pytest.mark.parametrize(
    ("wanted", "sentence"),
    [
        (Wanted(state="shut"), "state: 'shut' is not one of all, open, acknowledged, monitoring, resolved"),
        (Wanted(severity="bad"), "severity: 'bad' is not one of low, medium, high, critical"),
        (Wanted(since="soon"), "since: 'soon' is not a moment; write for example 2026-03-15T12:00:00Z"),
    ],
)
def test_a_filter_that_makes_no_sense_is_refused(settled, wanted, sentence):
    with pytest.raises(WrongAction) as error:
        incident_answers.incidents(settled, wanted)
    assert str(error.value) == sentence


# -- worked on ---------------------------------------------------------------------------------------------------------


def test_what_people_do_is_in_the_incident_and_in_its_story(monitor):
    number = number_of(monitor, "orders")
    for word, *said in (
        ("ack",),
        ("assign", "Grace  Hopper"),
        ("mute", "2026-03-16"),
        ("note", "the loader was full"),
        ("link", "https://example.org/17"),
        ("label", "known error", "the loader was full"),
        ("monitor",),
    ):
        monitor.clock.forward(timedelta(minutes=1))
        found = act(monitor, number, word, *said)
    assert (found["state"], found["assignee"], found["muted_until"], found["links"]) == (
        "monitoring",
        "Grace Hopper",
        "2026-03-17T00:00:00+00:00",
        ["https://example.org/17"],
    )
    assert [(line["author"], line["sentence"]) for line in found["timeline"]] == [
        ("Vitals", "opened: coverage of s.orders: 7 rows, expected at least 100"),
        ("noor", "acknowledged"),
        ("noor", "assigned to Grace Hopper"),
        ("noor", "muted until 2026-03-17 00:00 UTC"),
        ("noor", "the loader was full"),
        ("noor", "https://example.org/17"),
        ("noor", "labelled as known error: the loader was full"),
        ("noor", "said to be mended; the next runs tell"),
    ]
    assert [(each.kind, each.dataset) for each in monitor.history.labels()] == [("known_error", "s.orders")]


def test_what_is_claimed_to_be_mended_opens_again_when_it_is_not(monitor):
    number = number_of(monitor, "orders")
    act(monitor, number, "monitor")
    monitor.clock.forward(timedelta(hours=1))
    run(monitor)
    found = incident_answers.one_document(monitor, number)["incidents"][0]
    assert found["state"] == "open"
    assert found["timeline"][-1]["sentence"] == "not mended: coverage of s.orders is broken"


def test_what_is_resolved_by_hand_and_still_broken_opens_again_with_the_next_run(monitor):
    number = number_of(monitor, "orders")
    assert act(monitor, number, "resolve", "reloaded")["resolution"] == "reloaded"
    monitor.clock.forward(timedelta(hours=1))
    run(monitor)
    found = incident_answers.one_document(monitor, number)["incidents"][0]
    assert (found["state"], found["reopened"]) == ("open", 1)
    again = [line["sentence"] for line in found["timeline"] if line["kind"] == "reopened"]
    assert again == ["broken again: coverage of s.orders: 7 rows, expected at least 100"]


@pytest.mark.parametrize(
    ("word", "said", "sentence"),
    [
        ("ponder", "", "action: 'ponder' is not one of ack, assign, mute, unmute, monitor, resolve, note, link, label"),
        ("mute", "2026-03-14", "until: 2026-03-14 is in the past"),
        ("mute", "2028-03-14", "until: 2028-03-14 is more than a year ahead; nobody would remember it"),
        ("mute", "soon", "until: 'soon' is no day or moment; write for example 2026-03-01, or 2026-03-01T12:00Z"),
        ("mute", "", "until: '' is no day or moment; write for example 2026-03-01, or 2026-03-01T12:00Z"),
        ("unmute", "", "incident 1 is not muted"),
        ("resolve", " ", "reason: is empty; say it in a sentence, for those who read it later"),
        ("note", "x" * 4001, "note: is longer than 4,000 characters; link to where there is more"),
        ("assign", "x" * 101, "assign: is longer than 100 characters"),
        (
            "link",
            "javascript:alert(1)",
            "link: 'javascript:alert(1)' is no address; it starts with https:// or http://",
        ),
        ("link", "https://u:p@x.org", "link: holds a user or password; leave that out, everybody can read it here"),
        (
            "link",
            "https://x.org/\nsecond",
            "link: 'https://x.org/\nsecond' is no address; it starts with https:// or http://",
        ),
        ("ack", "on it", "ack: takes no words; say 'on it' with note"),
        ("note", "\x1b\x00", "note: is empty; say it in a sentence, for those who read it later"),
        ("label", "missed_alarm", "label: 'missed_alarm' is not one of expected, new_regime, known_error, false_alarm"),
    ],
)
def test_an_action_that_makes_no_sense_is_answered_with_what_does(settled, word, said, sentence):
    with pytest.raises(Refused) as error:
        act(settled, 1, word, said)
    assert str(error.value) == sentence
    assert len(settled.history.incident_events(1)) == 1


def test_nobody_can_do_anything_and_nothing_can_be_done_with_what_is_not_there(settled):
    with pytest.raises(WrongAction, match="author: is empty; say who does this"):
        incident_answers.act(settled, 1, action_of("ack", " "))
    with pytest.raises(UnknownIncident, match=r"^there is no incident 9; `python -m checks incidents` lists those"):
        act(settled, 9, "ack")


def test_what_is_typed_is_kept_without_what_terminals_and_pages_would_obey(monitor):
    number = number_of(monitor, "orders")
    found = act(monitor, number, "note", "first \x1b[31mred\x07\x00\r\nsecond \u202eturned \ud800half 🧑\u200d🔧 漢字")
    assert found["timeline"][-1]["sentence"] == "first [31mred\nsecond turned half 🧑\u200d🔧 漢字"
    assert act(monitor, number, "assign", "Ada\x1b[2J")["assignee"] == "Ada[2J"


def test_an_incident_whose_checks_were_taken_away_says_so_and_not_that_all_is_well(monitor):
    number = number_of(monitor, "orders")
    (monitor.config.contracts_path / "shop.yaml").unlink()
    monitor.catalogue.read_contracts()
    for _ in range(2):
        monitor.clock.forward(timedelta(hours=1))
        run(monitor)
    found = incident_answers.one_document(monitor, number)["incidents"][0]
    assert (found["state"], found["resolution"]) == ("resolved", "its checks were taken away")
    assert [line["sentence"] for line in found["timeline"]][1:] == [
        "coverage of s.orders: its checks were taken away",
        "coverage of s.orders counts no more: its checks were taken away",
        "resolved: its checks were taken away",
    ]


def test_what_is_not_watched_any_more_is_found_and_resolved_by_a_person(monitor):
    assert incident_answers.unwatched(monitor) == []
    (monitor.config.contracts_path / "shop.yaml").unlink()
    monitor.catalogue.read_contracts()
    monitor.catalogue.refresh("s", lambda: (TableName(None, "users"),), monitor.clock())
    [(incident, names)] = incident_answers.unwatched(monitor)
    assert names == ["s.orders"]
    assert number_of(monitor, "s.orders") == incident.id
    assert act(monitor, incident.id, "resolve", "dropped on purpose")["state"] == "resolved"
    assert incident_answers.unwatched(monitor) == []


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["1", "--reason", "x"], "words go with an action"),
        (["1", "report", "--note", "x"], "words go with an action"),
        (["1", "resolve", "x", "--reason", "y"], "resolve: is said twice ('x' and 'y'); say it once"),
    ],
)
def test_a_command_drops_no_words(tmp_path, capsys, words, sentence):
    config = tmp_path / "config.toml"
    config.write_text('[sources.s]\nurl = "files://tables"\n')
    assert main(["incidents", *words, "--config", str(config)]) == 64
    assert sentence in capsys.readouterr().err
    assert not (tmp_path / "data").exists()


# -- the same from everywhere ------------------------------------------------------------------------------------------


def test_the_app_answers_as_the_command_does(monitor, remote):
    local = Local(monitor)
    number = number_of(monitor, "orders")
    for ask in (
        lambda by: by.incidents(Wanted()),
        lambda by: by.incidents(Wanted("all", "medium", "orders", "2026-03-01")),
        lambda by: by.incident(number),
        lambda by: by.incident_report(number),
    ):
        assert ask(remote) == json.loads(json.dumps(ask(local)))
    assert remote.act_on_incident(number, action_of("ack", "ada"))["incidents"][0]["state"] == "acknowledged"
    with pytest.raises(Refused, match="it is acknowledged already"):
        remote.act_on_incident(number, action_of("ack", "ada"))
    with pytest.raises(Refused, match="there is no incident 99"):
        remote.incident(99)


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "detail"),
    [
        ("GET", "/api/incidents/99", None, 404, "there is no incident 99; `python -m checks incidents` lists those"),
        ("GET", "/api/incidents/x", None, 400, "number of an incident is a whole number from 1 to 1,000,000,000"),
        (
            "GET",
            "/api/incidents?stat=open",
            None,
            400,
            "'stat' is no filter; there are state, severity, dataset, since",
        ),
        ("POST", "/api/incidents/1/dance", {}, 422, "action: 'dance' is not one of ack, assign, mute"),
        (
            "POST",
            "/api/incidents/1/note",
            {"text": 5},
            400,
            "the body has author, text, note, each as text; not 'text'",
        ),
        ("POST", "/api/incidents/1/ack", {"who": "x"}, 400, "the body has author, text, note, each as text; not 'who'"),
    ],
)
def test_wrong_requests_are_problems(onlooker, method, path, body, status, detail):
    answer = onlooker.client.request(method, path, json=body)
    assert (answer.status_code, answer.json()["detail"][: len(detail)]) == (status, detail)


def test_a_token_guards_what_is_done_and_not_what_is_read_here(tmp_path):
    with watching(tmp_path, '[app]\ntoken = "sesame"\n') as monitor, asking(monitor) as remote:
        assert remote.client.get("/api/incidents/1").status_code == 200
        assert remote.client.post("/api/incidents/1/ack", json={}).status_code == 401
        assert [event.kind for event in monitor.history.incident_events(1)] == ["opened"]
        sent = remote.client.post("/api/incidents/1/ack", json={}, headers={"authorization": "Bearer sesame"})
        assert (sent.status_code, sent.json()["incidents"][0]["timeline"][-1]["author"]) == (200, "somebody at the API")


def test_open_incidents_are_metrics(onlooker):
    families = text_string_to_metric_families(onlooker.client.get("/metrics").text)
    open_ = next(family for family in families if family.name == "vitals_incidents_open")
    assert {each.labels["severity"]: each.value for each in open_.samples} == {
        "low": 1,
        "medium": 0,
        "high": 1,
        "critical": 0,
    }


@pytest.mark.slow
def test_the_command_from_the_list_to_the_report(monitor, capfd):
    monitor.close()
    config = ("--config", str(monitor.config.file))
    assert main(["incidents", *config]) == 1
    assert "orders: 7 rows (expected at least 100)" in capfd.readouterr().out
    number = str(json.loads(_out(capfd, ["incidents", "--json", *config]))["incidents"][0]["id"])
    assert main(["incidents", number, *config]) == 1
    assert main(["incidents", number, "note", "the", "loader was full", "--author", "ada", *config]) == 0
    assert "ada: the loader was full" in capfd.readouterr().out
    assert main(["incidents", number, "resolve", "--reason", "reloaded", *config]) == 0
    assert main(["incidents", number, "report", *config]) == 0
    assert capfd.readouterr().out.count("# Post-mortem: orders: 7 rows (expected at least 100)") == 1
    assert main(["incidents", "77", *config]) == 64
    assert main(["incidents", number, "ack", *config]) == 64


def _out(capfd: pytest.CaptureFixture, arguments: list[str]) -> str:
    main(arguments)
    return capfd.readouterr().out


# -- words -------------------------------------------------------------------------------------------------------------


def test_a_post_mortem_says_what_is_known_and_asks_what_is_not(monitor):
    number = number_of(monitor, "orders")
    monitor.clock.forward(timedelta(minutes=10))
    act(monitor, number, "ack")
    monitor.clock.forward(timedelta(hours=26))
    act(monitor, number, "resolve", "the loader | was *full*")
    written = incident_answers.report_document(monitor, number)["markdown"]
    assert (
        written
        == r"""# Post-mortem: orders: 7 rows (expected at least 100)

Incident NUMBER, severity high, resolved. Draft of 2026-03-16 14:10 UTC.

## What happened

- coverage of s.orders: 7 rows, expected at least 100 (well again 2026-03-16 14:10 UTC)

## When

- Happened: not known: it was never seen to be well
- Noticed: 2026-03-15 12:00 UTC
- Acknowledged: 2026-03-15 12:10 UTC
- Resolved: 2026-03-16 14:10 UTC: the loader \| was \*full\*

## Impact

- Datasets: s.orders
- Owners: Shop
- Consumers reached: delays \*model\*

## Evidence

- Nothing was found that explains it.

## Times

- To detect: not known (the contract asks for 1 h)
- To acknowledge: 10 min
- To mend: 1 d 2 h (the contract asks for 1 d, missed)

## Timeline

| at (UTC) | who | what |
| --- | --- | --- |
| 2026-03-15 12:00 | Vitals | opened: coverage of s.orders: 7 rows, expected at least 100 |
| 2026-03-15 12:10 | noor | acknowledged |
| 2026-03-16 14:10 | noor | resolved: the loader \| was \*full\* |

## Open questions

- What was the cause?
- When did it begin?
- Who has used wrong data meanwhile, and do they know? (delays \*model\*)
- What would have prevented it, and who does that by when?
""".replace("NUMBER", str(number))
    )


def test_incidents_in_a_terminal(settled):
    console = Console(width=100, record=True, file=None, force_terminal=False)
    with console.capture() as captured:
        show_incidents.listed(incident_answers.incidents_document(settled, Wanted(dataset="orders")), console)
        show_incidents.listed({"incidents": []}, console)
    lines = [line.rstrip() for line in captured.get().splitlines()]
    assert lines[0].split() == ["incident", "severity", "state", "noticed", "(UTC)", "assigned", "to"]
    assert lines[1].split()[1:] == ["✖", "high", "open", "2026-03-15", "12:00"]
    assert lines[2:] == [
        "    orders: 7 rows (expected at least 100)",
        "    owned by Shop",
        "    reaches delays *model*",
        "There is no such incident. `--state all` shows those that were resolved too.",
    ]
