"""What a backtest and the pages take out of the history is what a run judges: the same series, buckets and values."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import numpy as np
import pytest

from checks.facts import Facts
from checks.learned.families import VOLUME, budget
from checks.learned.grids import Watched
from checks.learned.past import bucketed, observed
from checks.learned.remembered import remembered
from checks.learned.series import fitted
from checks.records import Dataset, EventTime, Grain, Grid, Measured, Metric
from checks.run import Slot
from connectors import Column
from tests.monitors import CannedMonitor, Clock, canned, utc

NOON = utc(2026, 3, 15, 12)
COLUMNS = (Column("at", "timestamp", "TIMESTAMP"), Column("amount", "float64", "DOUBLE"))
ROWS, MEAN, CLOCK = (
    Metric(name, column, Grain.HOUR)
    for name, column in (("bucket_rows", None), ("mean", "amount"), ("mean", "day_of_month"))
)
LEVELS = [Metric("row_count"), Metric("null_rate", "email"), Metric("null_rate", "gone")]


def growing(_: Dataset, slot: Slot) -> Measured:
    """A table without an event time, 50 rows longer each day; one of its columns is dropped on the tenth day."""
    day = (slot.at - NOON).days
    metrics = LEVELS if day < 10 else LEVELS[:2]
    values = np.array([[1000.0 + 50 * day + day % 3], [0.02], [0.5]])[: len(metrics)]
    return Measured(COLUMNS, None, None, (Grid(tuple(metrics), (None,), values),), (), (), None, True, 0.1, slot.at)


def hourly(_: Dataset, slot: Slot) -> Measured:
    """A table by the hour, of which the first run reads 80 days and the others three; a column repeats the calendar."""
    noon = slot.at.replace(tzinfo=None, minute=0)
    first = noon - timedelta(days=80 if slot.at == NOON else 3)
    buckets = tuple(first + timedelta(hours=n) for n in range(round((noon - first) / timedelta(hours=1))))
    values = np.array(
        [
            [400.0 + bucket.hour + bucket.day % 5 for bucket in buckets],
            [50.0 + bucket.hour % 3 for bucket in buckets],
            [float(bucket.day) for bucket in buckets],
        ]
    )
    event_time = EventTime("at", "inferred", grain=Grain.HOUR)
    grid = Grid((ROWS, MEAN, CLOCK), buckets, values)
    return Measured(COLUMNS, event_time, None, (grid,), (), (), buckets[0], slot.at == NOON, 0.1, slot.at)


@pytest.fixture
def monitor(tmp_path) -> Iterator[CannedMonitor]:
    monitor = canned(tmp_path, Clock(NOON), "orders")
    yield monitor
    monitor.close()


def last_run(monitor: CannedMonitor, days: int) -> dict[Grain, Watched]:
    """What the last run of so many days holds against the past."""
    for day in range(days):
        monitor.clock.now = NOON + timedelta(days=day)
        before = monitor.history.before("s.orders", monitor.clock(), None)
        [dataset] = monitor.named(["s.orders"])
        facts = Facts(monitor.answer(dataset, Slot(monitor.clock(), monitor.clock())), {}, monitor.clock())
        grids = bucketed(dataset, facts, before), observed(dataset, facts, before)
        monitor.start(["s.orders"])
        monitor.wait()
    return {grid.grain: grid for grid in grids if grid is not None}


@pytest.mark.parametrize(("answer", "days", "grain"), [(growing, 16, None), (hourly, 3, Grain.HOUR)])
def test_the_history_brings_the_series_that_a_run_judges(monitor, answer, days, grain):
    monitor.answer = answer
    judged, at = last_run(monitor, days), monitor.clock()
    event_time = monitor.history.latest_evaluated(["s.orders"])["s.orders"].event_time
    before = monitor.history.before("s.orders", at, at)
    [dataset] = monitor.named(["s.orders"])
    grids = remembered(before, monitor.history, dataset, event_time, at, timedelta(0))
    found = {each.grain: each for each in grids}
    assert found.keys() == judged.keys()
    for each, own in judged.items():
        assert found[each].metrics == own.metrics
        assert found[each].buckets == own.buckets
        np.testing.assert_array_equal(found[each].values, own.values)
        assert (found[each].earlier is None) == (own.earlier is None) == (each is not Grain.HOUR)
        if found[each].earlier and own.earlier:
            assert found[each].earlier.days == own.earlier.days
            np.testing.assert_array_equal(found[each].earlier.values, own.earlier.values)
    names = {metric.column or metric.name for own in judged.values() for metric in own.metrics}
    assert names >= ({"row_change", "email"} if grain is None else {"bucket_rows", "amount"})
    assert not names & {"gone", "day_of_month"}
    if grain is not None:
        assert len(judged[grain].buckets) == 60 * 24 + 1
        earlier = judged[grain].earlier
        assert earlier is not None
        assert len(earlier.days) == 22, "the first run has read 80 days, the hours are of the last 60"


def test_what_is_believed_of_a_series_is_learned_with_the_budget_of_a_run(monitor):
    monitor.answer = growing
    judged = last_run(monitor, 16)[Grain.TABLE]
    [dataset] = monitor.named(["s.orders"])
    spent = budget(judged.metrics, dataset.detection.alerts_per_90_days)
    fit = fitted(monitor.history, dataset, Metric("row_change"), monitor.clock())
    assert fit is not None
    alerts, parts = spent[VOLUME]
    assert fit.settings.of_one_series == alerts / parts
    assert fit.learned == 14
    for column in ("gone", "nowhere"):
        assert fitted(monitor.history, dataset, Metric("null_rate", column), monitor.clock()) is None
