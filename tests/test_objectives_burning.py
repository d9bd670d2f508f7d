"""Budgets that burn become incidents, or a part of one, and leave them again: a walk on a clock that is put forward."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import numpy as np
import pytest

from checks.records import EventTime, Family, Grid, Incident, Measured, Metric
from connectors import Column, Unreachable
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
    quality: [{id: some-rows, type: library, metric: rowCount, mustBeGreaterThan: 5, dimension: coverage}]
slaProperties:
  - {id: orders-fresh, property: freshness, value: 2, unit: h, element: orders.at}
  - {id: orders-reached, property: availability, value: 99.9, unit: percent}
"""


class Walk:
    """Hours of a table that is told each time how old its newest row is."""

    def __init__(self, monitor: CannedMonitor) -> None:
        self.monitor = monitor
        self.age: timedelta | None = HOUR
        self.rows = 7
        monitor.answer = lambda dataset, slot: self._measured(slot.at)

    def hours(self, amount: int, age: float | None = 1) -> None:
        """Goes on for some hours; None is a warehouse that does not answer."""
        self.age = None if age is None else age * HOUR
        for _ in range(amount):
            self.monitor.clock.forward(HOUR)
            [run] = self.monitor.start(["s.orders"])
            run.result()

    @property
    def incidents(self) -> list[Incident]:
        return self.monitor.history.incidents()

    def burning(self) -> list[str]:
        """The sentences of budgets that burn."""
        keys = [symptom for each in self.incidents if each.is_open for symptom in each.broken]
        return [symptom.sentence for symptom in keys if symptom.key.family is Family.BUDGET]

    def _measured(self, at) -> Measured:
        if self.age is None:
            raise Unreachable("s", "connection refused")
        grid = Grid(
            (Metric("row_count"), Metric("freshness")),
            (None,),
            np.array([[float(self.rows)], [self.age.total_seconds()]]),
        )
        columns = (Column("at", "timestamp(6)", "TIMESTAMP"),)
        return Measured(columns, EventTime("at", "contract"), None, (grid,), (), (), None, True, 0.1, at)


@pytest.fixture
def walk(tmp_path) -> Iterator[Walk]:
    (tmp_path / "contracts").mkdir()
    (tmp_path / "contracts" / "orders.yaml").write_text(CONTRACT)
    monitor = canned(tmp_path, Clock(START), "orders", config='[schedule]\ndefault = "0 * * * *"\nattempts = 1\n')
    yield Walk(monitor)
    monitor.close()


def test_a_budget_says_nothing_beside_the_incident_that_burns_it(walk):
    walk.hours(10)
    walk.hours(12, age=3)
    [incident] = walk.incidents
    assert (incident.lead.key.family, walk.burning()) == (Family.DATA, [])
    walk.hours(2)
    [incident] = walk.incidents
    assert not incident.is_open  # the budget does not keep it open


def test_a_level_that_is_missed_again_and_again_burns_its_budget_until_it_is_well_for_long_enough(walk):
    walk.hours(10)
    walk.hours(1, age=3)
    walk.hours(3)
    assert [each.is_open for each in walk.incidents] == [False]
    walk.hours(1, age=3)
    [incident] = walk.incidents
    assert incident.is_open
    assert walk.burning() == ["orders-fresh was missed for 1 h of the last 3 d, 1.4 times what its error budget allows"]
    walk.hours(6)
    assert len(walk.burning()) == 1  # the last miss is in the last six hours
    walk.hours(4)
    assert [each.is_open for each in walk.incidents] == [False]


def test_a_warehouse_that_does_not_answer_is_one_incident_of_the_source_and_burns_no_budget(walk):
    walk.hours(10)
    walk.hours(5, age=None)
    [incident] = walk.incidents
    assert incident.lead.key.family is Family.SOURCE
    assert walk.burning() == []
    walk.hours(3)
    assert [each.is_open for each in walk.incidents if each.lead.key.family is Family.SOURCE] == [False]
    assert not [each for incident in walk.incidents for each in incident.symptoms if each.key.family is Family.BUDGET]


def test_an_outage_does_not_end_the_burning_of_a_budget(walk):
    walk.hours(10)
    for age in (3, 1, 1, 1, 3):
        walk.hours(1, age=age)
    before = walk.burning()
    walk.hours(12, age=None)
    assert before
    assert walk.burning() == before


def test_the_budget_of_the_quality_is_a_part_of_the_incident_of_the_rule_that_is_broken(walk):
    walk.hours(10)
    for rows in (3, 7, 7, 7, 3):
        walk.rows = rows
        walk.hours(1)
    [incident] = walk.incidents
    keys = {(str(symptom.key.dimension), str(symptom.key.family)) for symptom in incident.symptoms}
    assert keys == {("coverage", "data"), ("coverage", "budget")}
