"""Objectives from runs on a clock that is put forward, to documents and words: what commands and the API answer."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest
from rich.console import Console
from starlette.applications import Starlette
from starlette.testclient import TestClient

from checks import show_objectives
from checks.answering import Local
from checks.history import HistoryBusy
from checks.monitor import UnknownDataset
from checks.objectives import words
from checks.objectives.document import answer, exit_code_of
from checks.records import Dataset, EventTime, Grid, Measured, Metric
from checks.remote import Remote
from checks.run import Slot
from connectors import Column
from dashboard import api, process
from tests.monitors import CannedMonitor, Clock, canned, utc

START = utc(2026, 3, 14, 6)
HOUR = timedelta(hours=1)
CONTRACT = """
apiVersion: v3.1.0
kind: DataContract
id: shop-orders
version: 1.0.0
status: active
team: {name: Checkout}
servers: [{server: s, type: local, path: tables, format: parquet}]
schema:
  - name: orders
    quality:
      - {id: some-rows, type: library, metric: rowCount, mustBeGreaterThan: 0}
slaProperties:
  - {id: orders-fresh, property: freshness, value: 2, unit: h, element: orders.at}
  - {property: timeToRepair, value: 1, unit: d}
"""


class Late:
    """A table whose newest row is one hour old, but for a while in which nothing comes."""

    def __init__(self) -> None:
        self.since, self.until = START + 20 * HOUR, START + 22 * HOUR

    def __call__(self, dataset: Dataset, slot: Slot) -> Measured:
        is_late = self.since <= slot.at < self.until + HOUR
        age = 3 * HOUR if is_late else HOUR
        values = np.array([[7.0], [age.total_seconds()]])
        grid = Grid((Metric("row_count"), Metric("freshness")), (None,), values)
        columns = (Column("at", "timestamp(6)", "TIMESTAMP"),)
        return Measured(columns, EventTime("at", "contract"), None, (grid,), (), (), None, True, 0.1, slot.at)


@pytest.fixture(scope="module")
def monitor(tmp_path_factory) -> Iterator[CannedMonitor]:
    """30 hours of a table that was late for three of them."""
    folder: Path = tmp_path_factory.mktemp("shop")
    (folder / "contracts").mkdir()
    (folder / "contracts" / "orders.yaml").write_text(CONTRACT)
    clock = Clock(START)
    found = canned(folder, clock, "orders", "users", config='[schedule]\ndefault = "0 * * * *"\n')
    found.answer = Late()
    while clock.now < START + 30 * HOUR:
        [run] = found.start(["s.orders"], slot=clock.now)
        assert run.result().outcome == "finished"
        clock.forward(HOUR)
    yield found
    found.close()


def printed(document) -> list[str]:
    console = Console(width=130, highlight=False)
    with console.capture() as capture:
        show_objectives.objectives(document, console)
    return [line.rstrip() for line in capture.get().splitlines()]


def test_late_for_three_hours_spends_three_of_seven_hours_and_twelve_minutes(monitor):
    fresh = answer(monitor, ["orders"], None)["objectives"][0]
    assert fresh["budget"] == {
        "allowed_seconds": 25920.0, "used_seconds": 10800.0, "left_seconds": 15120.0, "left_share": 0.583333,
    }  # fmt: skip
    assert fresh["attainment"][1] == {
        "days": 30, "percent": 90.0, "met_seconds": 97200.0, "missed_seconds": 10800.0,
        "unmeasured_seconds": 2592000.0 - 108000.0, "since": "2026-03-14T06:00:00Z",
    }  # fmt: skip
    assert (fresh["level"], fresh["owner"], fresh["contract"]) == ("orders-fresh", "Checkout", "shop-orders")
    assert (fresh["state"], fresh["standing"]) == ("met", "kept")


def test_the_command_says_it_to_the_letter(monitor):
    assert printed(answer(monitor, [], None))[:5] == [
        "dataset   level         budget  left    aim   7 d    30 d   90 d",
        "s.orders  orders-fresh  ✔ kept  58.3 %  99 %  90 %   90 %   90 %",
        "    known since 2026-03-14 06:00 UTC: 1 d 6 h of 30 d were measured, the rest counts neither way",
        "s.orders  quality       ✔ kept  100 %   99 %  100 %  100 %  100 %",
        "    known since 2026-03-14 06:00 UTC: 1 d 6 h of 30 d were measured, the rest counts neither way",
    ]


def test_how_soon_people_responded_stands_below(monitor):
    found = answer(monitor, [], None)
    assert printed(found)[5:] == [
        "",
        "Since 2026-03-14: 1 incident",
        "    to detect 1 h (one)",
        "    to acknowledge none yet",
        "    to mend 4 h (one; 1 kept, 0 missed)",
        "    most incidents: orders-fresh of s.orders (1)",
    ]
    assert found["response"]["teams"][0]["team"] == "Checkout"
    [contract] = found["response"]["contracts"]
    assert (contract["contract"], contract["repair"]["kept"], contract["asked"]["repair_seconds"]) == (
        "shop-orders", 1, 86400.0,
    )  # fmt: skip


def test_incidents_of_a_moment_in_the_past_are_as_they_were_known_then(monitor):
    now = answer(monitor, [], None)["response"]
    while_late, before = (answer(monitor, [], START + hours * HOUR)["response"] for hours in (22, 12))
    assert (while_late["all"]["incidents"], while_late["all"]["open"], while_late["all"]["repair"]["count"]) == (
        1,
        1,
        0,
    )
    assert (now["all"]["open"], now["all"]["repair"]["count"]) == (0, 1)
    assert (before["all"]["incidents"], before["noisiest"]) == (0, [])
    assert answer(monitor, [], START - HOUR)["response"]["all"]["incidents"] == 0


def test_a_moment_in_the_past_is_told_as_it_was(monitor):
    while_late = answer(monitor, ["shop-orders"], START + 22 * HOUR)
    assert (while_late["objectives"][0]["state"], while_late["objectives"][1]["standing"]) == ("missed", "early")
    assert exit_code_of(while_late) == 3, "22 hours are too little to say that the quality is kept"
    assert exit_code_of({"objectives": while_late["objectives"][:1]}) == 2
    assert printed(while_late)[1:5] == [
        "s.orders  orders-fresh  ▲ burning  72.2 %  99 %  90.9 %  90.9 %  90.9 %",
        "    5 h 12 min of 7 h 12 min left",
        "    it is missed now",
        "    burns 33.3 times as fast as it may: missed for 2 h of the last 6 h",
    ]
    before = answer(monitor, [], START - HOUR)
    assert {each["standing"] for each in before["objectives"]} == {"unknown"}
    assert exit_code_of(before) == 3
    assert printed(before)[1:3] == [
        "s.orders  orders-fresh  ? unknown        99 %  –    –     –",
        "    nothing was measured in 30 days",
    ]


def test_names_are_contracts_and_datasets_and_others_are_unknown(monitor):
    assert answer(monitor, ["shop-orders"], None) == answer(monitor, ["s.orders"], None)
    assert answer(monitor, ["users"], None)["objectives"] == []
    with pytest.raises(UnknownDataset):
        answer(monitor, ["nope"], None)


def test_no_objectives_at_all_say_what_to_do_and_are_no_success():
    document = {"objectives": []}
    assert exit_code_of(document) == 3
    assert printed(document)[0].startswith("There are no objectives: no contract here has service levels")


@pytest.mark.parametrize(
    ("left", "sentence"),
    [
        (15120, "4 h 12 min of 7 h 12 min left"),
        (0, "all of 7 h 12 min spent"),
        (-10800, "overspent by 3 h, allowed 7 h 12 min"),
    ],
)
def test_what_is_left_is_said_in_time(left, sentence):
    assert words.left({"budget": {"allowed_seconds": 25920, "left_seconds": left}}) == sentence


def test_an_attainment_never_hides_how_much_was_measured(monitor):
    fresh = answer(monitor, ["orders"], None)["objectives"][0]
    assert words.attained(fresh, 30) == "90 % of 1 d 6 h"
    whole = fresh["attainment"][0] | {"percent": 98.9999, "unmeasured_seconds": 60}
    assert words.attained(fresh | {"attainment": [whole]}, 7) == "98.9999 %"  # not 99 %, which is the aim
    nothing = whole | {"percent": None}
    assert words.attained(fresh | {"attainment": [nothing]}, 7) == "not measured"


def test_a_dataset_whose_contract_changes_is_told_by_the_new_one(monitor):
    [orders] = monitor.named(["orders"])
    laxer = replace(orders, objective=50.0)
    [kept, _] = monitor.ledger.kept([laxer], monitor.clock())
    assert kept.objective.target == 50.0


def test_the_app_answers_as_the_command_does(monitor):
    """Last of all: the app closes what it holds."""
    local = Local(monitor)
    routes = Starlette(routes=api.routes())
    with (
        process.holding(monitor),
        TestClient(routes, base_url="http://127.0.0.1", headers={"host": "127.0.0.1"}) as asked,
    ):
        remote = Remote(asked, HistoryBusy(Path("h"), 1, "app"))
        for names, at in (([], None), (["orders", "users"], START + 22 * HOUR)):
            assert remote.objectives(names, at) == json.loads(json.dumps(local.objectives(names, at)))
