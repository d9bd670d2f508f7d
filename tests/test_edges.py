"""Bands of values do not reach where these can not go."""

from datetime import timedelta

import numpy as np

from checks.learned.before import Before
from checks.records import Grain, Label, LabelKind, Metric, Status
from tests.learning import ROWS, TODAY, learned, usual
from tests.monitors import utc

MEAN, LEAST, MOST = (Metric(name, "visib", Grain.DAY) for name in ("mean", "min", "max"))


def fog(days: int = 90, **ends: float) -> dict[Metric, np.ndarray]:
    """A mean that mostly is at its largest value, and falls far now and then for a day or two; nothing of it is
    negative. `ends` are other smallest and largest rows of all days."""
    random = np.random.default_rng(3)
    mean = np.where(random.random(days) < 0.6, 10.0, 10.0 - random.exponential(1.0, days))
    mean[-2] = 3.5
    least = np.minimum(mean, ends.get("least", 0.2))
    return {ROWS: usual(days)[ROWS], MEAN: mean, LEAST: least, MOST: np.full(days, ends.get("most", 10.0))}


def with_mean(days: dict[Metric, np.ndarray], value: float, **ends: float) -> dict[Metric, np.ndarray]:
    """The same with another newest day."""
    last = {MEAN: value, LEAST: ends.get("least", 0.2), MOST: ends.get("most", 10.0)}
    return days | {metric: np.append(days[metric][:-1], number) for metric, number in last.items()}


def band(days: dict[Metric, np.ndarray], metric: Metric = MEAN, at: int = -1) -> tuple[float, float, float]:
    """What was expected on the newest day."""
    [bands] = learned(days)[1].bands
    row = bands.metrics.index(metric)
    return bands.lower[row, at], bands.expected[row, at], bands.upper[row, at]


def test_a_band_ends_at_the_largest_value_that_a_column_has():
    lower, expected, upper = band(with_mean(fog(), 10.0))
    assert 0.0 <= lower < expected < upper == 10.0


def test_a_mean_that_often_is_at_its_edge_may_go_back_there_after_odd_days():
    results, _ = learned(with_mean(fog(), 10.0))
    assert results["learned.values"].status is Status.PASS


def test_a_mean_beyond_all_that_rows_ever_were_is_told():
    results, _ = learned(with_mean(fog(), 10.4, most=12.0))
    assert results["learned.values"].status is Status.WARN
    assert "expected between" in results["learned.values"].reason


def test_where_rows_are_negative_a_mean_may_be_too():
    delays = Metric("mean", "delay", Grain.DAY)
    random = np.random.default_rng(4)
    mean = np.abs(3.0 + 2.0 * random.standard_normal(90))
    ends = {Metric("min", "delay", Grain.DAY): mean - 20.0, Metric("max", "delay", Grain.DAY): mean + 40.0 + mean}
    rows = {ROWS: usual(90)[ROWS], delays: mean}
    assert band(rows | ends, delays)[0] < 0.0
    positive = {Metric("min", "delay", Grain.DAY): np.zeros(90), Metric("max", "delay", Grain.DAY): mean + 40.0 + mean}
    assert band(rows | positive, delays)[0] == 0.0


def test_an_edge_of_rows_is_believed_at_once_and_that_of_other_values_after_four_weeks():
    days = {metric: line[:16] for metric, line in fog().items()}
    assert band(days)[2] == 10.0
    lengths = Metric("mean_length", "code", Grain.DAY)
    line = np.tile([1.0, 60.0, 2.0, 90.0], 10)
    young, older = ({ROWS: usual(days)[ROWS], lengths: line[:days]} for days in (28, 40))
    assert band(young, lengths)[0] < 0.0
    assert band(older, lengths)[0] == 0.0


def test_edges_of_before_a_new_regime_are_forgotten():
    days = fog(120)
    kilometres = {metric: np.where(np.arange(120) < 85, line, 16.0 + (line - 10.0)) for metric, line in days.items()}
    begins = TODAY - timedelta(days=35)
    label = Label(1, "s.orders", LabelKind.NEW_REGIME, begins, begins, "ada", utc(2026, 3, 15, 12))
    [bands] = learned(kilometres | {ROWS: days[ROWS]}, Before(labels=(label,)))[1].bands
    assert bands.upper[bands.metrics.index(MEAN), -1] == 16.0


def test_what_often_is_the_same_without_being_at_an_edge_keeps_a_band_on_both_sides():
    lengths = Metric("mean_length", "email", Grain.DAY)
    random = np.random.default_rng(5)
    line = np.where(random.random(90) < 0.5, 24.0, 24.0 + 0.1 * random.standard_normal(90))
    for usual_end in (np.minimum(line, 24.0), np.maximum(line, 24.0)):
        lower, _, upper = band({ROWS: usual(90)[ROWS], lengths: usual_end}, lengths)
        assert 20.0 < lower < upper < 28.0
