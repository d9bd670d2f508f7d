"""What labels make of the bands of later values, for any pattern of labelled days."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from types import MappingProxyType

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as some

from checks.learned.judging import Judged, judged
from checks.learned.past import grid
from checks.learned.spending import spending
from checks.records import Grain, Label, LabelKind, Metric, category_count
from tests.examples import examples
from tests.learning import MEAN, NULLS, ROWS, TODAY, calm
from tests.monitors import utc

DAYS = 70
BUCKETS = tuple(TODAY - timedelta(days=number) for number in range(DAYS, 0, -1))
DISTINCT = Metric("distinct_count", "shop", Grain.DAY)
LENGTHS = tuple(Metric(name, "code", Grain.DAY) for name in ("min_length", "max_length"))
BAND = ("expected", "lower", "upper")


def of_shop(value: str) -> Metric:
    return replace(category_count("shop", value), grain=Grain.DAY)


def a_quarter(seed: int) -> dict[Metric, np.ndarray]:
    """Every family: rows, nulls, means, values of a column, how many there are, lengths. Shop C has not opened yet."""
    chance = np.random.default_rng(seed)
    rows = calm(seed, DAYS, 1000).round()
    part = (rows * 0.3 * np.exp(0.02 * chance.normal(size=DAYS))).round()
    return {
        ROWS: rows,
        NULLS: calm(seed + 1, DAYS, 0.02),
        MEAN: calm(seed + 2, DAYS, 50),
        of_shop("A"): part,
        of_shop("B"): rows - part,
        of_shop("C"): np.zeros(DAYS),
        DISTINCT: np.full(DAYS, 3.0),
        **dict.fromkeys(LENGTHS, np.full(DAYS, 8.0)),
    }


#: what an incident makes of the values of a day
ODD = MappingProxyType(
    {ROWS: 300.0, NULLS: 0.4, MEAN: 70.0, of_shop("A"): 0.0, of_shop("C"): 40.0, DISTINCT: 1.0}
    | dict.fromkeys(LENGTHS, 9.0)
)


def verdicts(series: dict[Metric, np.ndarray], labels: list[Label]) -> Judged:
    lines = {metric: dict(zip(BUCKETS, line.tolist(), strict=True)) for metric, line in series.items()}
    watched = grid(Grain.DAY, lines, BUCKETS)
    return judged(watched, spending([watched], 1.0)[0], None, labels)


def unmeasured(series: dict[Metric, np.ndarray], days: list[int]) -> Judged:
    """The same series with nothing known of these days, but how many rows are behind their rates."""
    lines = {metric: dict(zip(BUCKETS, line.tolist(), strict=True)) for metric, line in series.items()}
    watched = grid(Grain.DAY, lines, BUCKETS)
    watched.values[:, days] = np.nan
    return judged(watched, spending([watched], 1.0)[0], None, [])


def labelled(kind: LabelKind, days: list[int], metric: Metric | None = None) -> list[Label]:
    name = metric.name if metric else None
    return [Label(at, "s.orders", kind, BUCKETS[at], BUCKETS[at], "ada", utc(2026, 3, 15), name) for at in days]


def with_odd(series: dict[Metric, np.ndarray], days: list[int]) -> dict[Metric, np.ndarray]:
    changed = {metric: line.copy() for metric, line in series.items()}
    for metric, value in ODD.items():
        changed[metric][days] = value
    return changed


PATTERNS = some.lists(some.integers(15, DAYS - 2), max_size=25, unique=True).map(sorted)


@settings(max_examples=examples(12), deadline=None)
@given(
    seed=some.integers(0, 1000),
    odd=PATTERNS,
    said=some.lists(
        some.sampled_from([LabelKind.EXPECTED, LabelKind.KNOWN_ERROR, LabelKind.MISSED_ALARM]), min_size=25, max_size=25
    ),
)
def test_what_was_expected_or_wrong_leaves_no_trace_however_many_days_it_was(seed, odd, said):
    """The other days, odd ones among them that nobody labelled, are judged as if the labelled had not been measured."""
    also = [at for at in odd if at % 5 == 0]  # odd days of which nobody said anything
    days = [at for at in odd if at % 5]
    series = with_odd(a_quarter(seed), odd)
    labels = [label for at, kind in zip(days, said, strict=False) for label in labelled(kind, [at])]
    one, other = verdicts(series, labels), unmeasured(series, days)
    rest = np.setdiff1d(np.arange(DAYS), days)
    for name in (*BAND, "score"):
        np.testing.assert_array_equal(getattr(one.bands, name)[:, rest], getattr(other.bands, name)[:, rest], name)
    np.testing.assert_array_equal(one.state[:, rest], other.state[:, rest])
    assert not set(one.state[0, also]) & {"unmeasured"}


@settings(max_examples=examples(12), deadline=None)
@given(seed=some.integers(0, 1000), odd=PATTERNS, size=some.floats(0.4, 0.95))
def test_a_false_alarm_moves_nothing_but_the_edge_on_its_side_and_never_beyond_what_was_labelled(seed, odd, size):
    series = a_quarter(seed)
    series[ROWS][odd] = (series[ROWS][odd] * size).round()
    one = verdicts(series, labelled(LabelKind.FALSE_ALARM, odd, ROWS))
    other = unmeasured(series, odd)
    rest, bands, without = np.setdiff1d(np.arange(DAYS), odd), one.bands, other.bands
    for name in ("expected", "upper"):
        np.testing.assert_array_equal(getattr(bands, name)[0, rest], getattr(without, name)[0, rest], name)
    assert (bands.lower[0, rest] <= without.lower[0, rest])[np.isfinite(without.lower[0, rest])].all()
    wider = [at for at in rest if bands.lower[0, at] < without.lower[0, at]]
    assert all(sum(before < at for before in odd) >= 2 for at in wider)  # one alone moves nothing


def lower_edge(falls: list[float], kind: LabelKind) -> float:
    """Of the newest day, as a part of what is expected, after falls to these parts that were labelled."""
    series = a_quarter(1)
    days = [20 + 3 * number for number in range(len(falls))]
    series[ROWS][days] = np.multiply(1000, falls)
    bands = verdicts(series, labelled(kind, days, ROWS)).bands
    return float(bands.lower[0, -1] / bands.expected[0, -1])


def test_needless_alarms_widen_the_band_as_the_budget_demands_and_others_do_not():
    expected, needless = LabelKind.EXPECTED, LabelKind.FALSE_ALARM
    slight = 0.8  # just outside
    assert slight < lower_edge([slight], needless) == lower_edge([slight], expected)
    assert slight - 0.01 < lower_edge([slight] * 4, needless) < lower_edge([slight] * 4, expected) - 0.01
    assert lower_edge([0.4] * 4, needless) > 0.5  # such a loss is told however often it was labelled


def test_a_new_value_that_was_expected_once_is_new_the_next_time_and_usual_where_its_regime_began():
    series = a_quarter(3)
    series[of_shop("C")][-3:] = [30, 0, 30]

    def state(*labels: Label) -> list[str]:
        found = verdicts(series, list(labels))
        return list(found.state[found.watched.metrics.index(of_shop("C")), [-3, -1]])

    assert state() == ["anomaly", "unwatched"]
    assert state(*labelled(LabelKind.EXPECTED, [DAYS - 3])) == ["anomaly", "anomaly"]
    assert state(*labelled(LabelKind.FALSE_ALARM, [DAYS - 3])) == ["anomaly", "unwatched"]
    assert state(*labelled(LabelKind.NEW_REGIME, [DAYS - 3])) == ["unwatched", "unwatched"]
