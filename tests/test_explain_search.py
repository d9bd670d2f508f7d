"""The pure parts of an explanation: what is compared, what is found in sums, what is said, what changed beside it."""

from __future__ import annotations

from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from checks.explain import Beside, Explanation, Segment
from checks.explain.beside import beside
from checks.explain.reference import comparable
from checks.explain.search import Cells, moves_with_time, search, vanished
from checks.explain.sentences import sentence
from checks.explain.subject import Subject
from checks.explain.sums import Kind, scan
from checks.records import Grain, Metric

DAY = datetime(2026, 3, 15)  # noqa: DTZ001 buckets are naive


def back(days: float) -> datetime:
    return DAY - timedelta(days=days)


# -- what is compared --------------------------------------------------------------------------------------------------


def test_the_same_weekday_of_the_weeks_before_is_compared():
    rows = {back(day): 100.0 for day in range(90)}
    assert comparable(DAY, Grain.DAY, rows) == tuple(back(7 * week) for week in range(1, 6))


def test_without_weeks_the_days_before_are_compared():
    rows = {back(day): 100.0 for day in range(10)}
    assert comparable(DAY, Grain.DAY, rows) == tuple(back(day) for day in range(1, 6))


def test_the_same_hour_is_compared():
    rows = {back(hour / 24): 100.0 for hour in range(24 * 40)}
    assert comparable(DAY, Grain.HOUR, rows) == tuple(back(7 * week) for week in range(1, 6))
    few = {bucket: rows[bucket] for bucket in rows if bucket > back(5)}
    assert comparable(DAY, Grain.HOUR, few) == tuple(back(day) for day in range(1, 5))


def test_empty_and_odd_buckets_are_no_example_of_what_is_usual():
    rows = {back(day): 100.0 for day in range(90)} | {back(7): 0.0, back(14): 20.0, back(21): 900.0}
    assert comparable(DAY, Grain.DAY, rows) == tuple(back(7 * week) for week in range(4, 9))


def test_of_large_buckets_fewer_are_read_again():
    rows = {back(day): 3e6 for day in range(90)}
    assert comparable(DAY, Grain.DAY, rows) == (back(7), back(14))


def test_nothing_before_is_nothing_to_compare():
    assert comparable(DAY, Grain.DAY, {DAY: 5.0}) == ()


# -- what is found -----------------------------------------------------------------------------------------------------


def cells(*rows: tuple[int, int, list[float]]) -> Cells:
    """Cells of two columns: a code of each, and the rows in the judged and the earlier buckets."""
    sums = np.zeros((4, len(rows), len(rows[0][2])))
    sums[0] = [row[2] for row in rows]
    codes = np.array([row[:2] for row in rows])
    return Cells(("a", "b"), (("a1", "a2"), ("b1", "b2")), codes, sums)


def found(*rows: tuple[int, int, list[float]]) -> list[tuple[Any, float]]:
    return [(cause.values, round(cause.share, 2)) for cause in search(Kind.COUNT, cells(*rows)).causes]


def test_a_value_that_vanished_is_a_cause_and_what_it_implies_is_none():
    """b1 has most of a1's rows and so has lost many; beside a1 that is no news."""
    past = [100.0] * 4
    assert found((1, 1, [0, *past]), (1, 2, [0, 20, 20, 20, 20]), (2, 1, [101, *past]), (2, 2, [99, *past])) == [
        ((("a", "a1"),), 1.0)
    ]


def test_a_pair_is_a_cause_where_neither_of_its_values_is():
    past = [100.0] * 4
    assert found((1, 1, [0, *past]), (1, 2, [100, *past]), (2, 1, [101, *past]), (2, 2, [99, *past])) == [
        ((("a", "a1"), ("b", "b1")), 1.0)
    ]


def test_two_causes_that_meet_are_two_and_not_three():
    past = [100.0] * 4
    told = found(
        (1, 1, [2, *past]), (1, 2, [15, *past]), (2, 1, [14, *past]), (2, 2, [100, *past]), (0, 0, [400.0] * 5)
    )
    assert sorted(values for values, _ in told) == [(("a", "a1"),), (("b", "b1"),)]
    assert sum(share for _, share in told) == pytest.approx(1)


@pytest.mark.parametrize("factor", [0.0, 0.3, 0.8, 1.0, 3.0])
def test_a_change_of_everything_has_no_cause(factor):
    past = [100.0, 104.0, 96.0, 101.0]
    assert found(*((a, b, [100 * factor, *past]) for a in (1, 2) for b in (1, 2))) == []


def test_a_segment_that_always_strays_is_no_surprise():
    calm, wild = [100.0] * 4, [10.0, 190.0, 20.0, 180.0]
    assert found((1, 1, [30.0, *wild]), (2, 1, [99, *calm]), (2, 2, [101, *calm]), (0, 0, [400.0] * 5)) == []


def test_what_vanished_on_a_busy_day_is_found():
    past = [80.0, 100.0, 120.0, 100.0]
    told = found((1, 1, [0, *past]), (0, 0, [1020, *(9 * rows for rows in past)]))
    assert told[0][0] == (("a", "a1"),)


def test_a_rate_that_rose_by_the_same_part_everywhere_has_no_cause():
    """40 % of the rows of each value lost something, whatever they had lost before."""
    sums = np.zeros((4, 2, 4))
    sums[0] = sums[1] = 1000
    sums[2] = [[406, 10, 9, 11], [430, 50, 52, 48]]
    assert scan(Kind.RATE, sums, sums.sum(axis=1, keepdims=True)).gain.max() < 3


def test_a_column_that_follows_the_calendar_is_told_from_one_that_does_not():
    day_of_month = np.eye(4) * 100
    month = np.array([[95.0, 0, 0, 0], [5, 100, 100, 100]])
    assert moves_with_time(day_of_month)
    assert moves_with_time(month)
    assert not moves_with_time(np.array([[0.0, 50, 55, 45], [100, 50, 45, 55]]))
    assert not moves_with_time(np.array([[900.0, 0, 0, 0], [100, 100, 100, 100]]))  # a new value beside the old ones


# -- what is said ------------------------------------------------------------------------------------------------------


def segment(share: float, before: float, after: float, **values: str | None) -> Segment:
    return Segment(tuple(values.items()), share, before, after, before, after, -9.0)


def said(
    *segments: Segment,
    before: float = 938,
    after: float = 780,
    normal: bool = True,
    as_usual: bool = False,
    subject: Any = None,
) -> str:
    one = Explanation(
        "demo.flights", "bucket_rows", None, DAY, before, after, "", segments, searched=("carrier", "origin")
    )
    outcome = SimpleNamespace(normal=normal, of_mix=False, as_usual=as_usual)
    return sentence(one, subject or Subject("bucket_rows", "bucket_rows", Kind.COUNT), outcome, Grain.DAY)


def hours_of(now: dict[int, float], usual: float = 3.0) -> dict[str, tuple[list[int], np.ndarray]]:
    """Rows by hour: in the bucket, and in four earlier ones, which all had `usual` rows in each hour."""
    rows = np.array([[now.get(hour, usual), *[usual] * 4] for hour in range(24)])
    return {"hour": (list(range(24)), np.stack([rows] * 3))}


def test_hours_that_are_missing_together_are_the_cause_although_each_alone_might_be_chance():
    found = vanished(hours_of(dict.fromkeys(range(18, 24), 0.0)))
    assert found is not None and found.normal
    assert [cause.values for cause in found.causes] == [(("hour", hour),) for hour in range(18, 24)]
    assert sum(cause.share for cause in found.causes) == pytest.approx(1)
    assert all(np.isfinite(cause.surprise) for cause in found.causes)
    assert said(*[segment(1 / 6, 3, 0, hour=str(hour)) for hour in range(18, 24)]) == (
        "100 % of the missing rows are hour = 18, 19, 20, 21, 22 or 23; other hours are normal."
    )


@pytest.mark.parametrize(
    "hours",
    [
        hours_of({}),
        hours_of({23: 0.0}),
        hours_of(dict.fromkeys(range(18, 24), 0.0), usual=2.0),
        hours_of(dict.fromkeys(range(12, 24), 0.0)),
        hours_of(dict.fromkeys(range(18, 24), 0.0) | dict.fromkeys(range(18), 1.5)),
    ],
    ids=[
        "nothing is missing",
        "one hour",
        "too few rows",
        "too many hours for a sentence",
        "the others have fewer too",
    ],
)
def test_what_may_be_chance_or_is_not_all_of_it_is_no_cause(hours):
    assert vanished(hours) is None


def test_values_with_few_rows_that_have_none_by_chance_are_no_cause():
    """Of a table with a fifth fewer rows of all values alike, each of which has two."""
    random, named = np.random.default_rng(1), 0
    for _ in range(200):
        rows = random.poisson(2, (40, 4)).astype(float)
        rows[:, 0] = random.poisson(1.6, 40)
        named += vanished({"store": (list(range(40)), np.stack([rows] * 3))}) is not None
    assert named <= 4


def test_beside_one_or_two_earlier_buckets_nobody_knows_whether_the_other_values_are_as_usual():
    values, sums = hours_of(dict.fromkeys(range(18, 24), 0.0))["hour"]
    assert [vanished({"hour": (values, sums[:, :, :end])}) is None for end in (2, 3, 4)] == [True, True, False]


def test_sentences_to_the_letter():
    assert said(segment(0.92, 158, 0, carrier="UA")) == (
        "92 % of the missing rows are carrier = UA (no rows, usually 158 rows); other carriers are normal."
    )
    assert said(segment(0.5, 158, 0, carrier="UA"), segment(0.4, 90, 3, carrier="DL"), normal=False) == (
        "90 % of the missing rows are carrier = UA or DL; other carriers have changed too."
    )
    assert said(segment(0.6, 158, 1, carrier="UA"), segment(0.3, 90, 3, origin="EWR", dest=None)) == (
        "60 % of the missing rows are carrier = UA (1 row, usually 158 rows), 30 % are origin = EWR and dest is NULL "
        "(3 rows, usually 90 rows); all other rows are normal."
    )
    assert said(segment(0.3, 158, 90, carrier="UA")) == (
        "No segment explains most of it; the largest part: 30 % of the missing rows are carrier = UA (90 rows, usually "
        "158 rows)."
    )
    assert said(after=930, as_usual=True) == (
        "Nothing to explain: this day has 930 rows, usually 938 rows, and no segment of carrier, origin stands out."
    )
    assert said() == (
        "No segment explains it: 780 rows instead of 938 rows, and all values of carrier, origin have changed alike."
    )


def test_sentences_about_rates_and_means():
    rate = Subject("null_count", "null_rate", Kind.RATE, "tailnum")
    assert said(segment(0.97, 0.003, 0.4, country="US"), before=0.003, after=0.1, subject=rate) == (
        "97 % of the additional rows without tailnum are country = US (40 %, usually 0.3 %); other countries are "
        "normal."
    )
    mean = Subject("mean", "mean", Kind.MEAN, "price")
    assert said(segment(0.97, 30, 12.5, class_of="b"), before=20, after=18.0, subject=mean) == (
        "97 % of the fall in the mean of price comes from class_of = b (12.5, usually 30); other values of class_of "
        "are normal."
    )


def test_a_long_value_is_cut_in_the_sentence_and_whole_in_the_record():
    long = segment(1.0, 9, 0, note="x" * 100)
    assert f"note = {'x' * 60}… (" in said(long)
    assert long.where == f"note = {'x' * 100}"


# -- beside ------------------------------------------------------------------------------------------------------------


def test_other_series_that_left_their_range_are_told_once_for_each_column():
    weeks = [back(7 * week) for week in range(1, 9)]

    def series(now: float, usual: float) -> dict[datetime, float]:
        return {DAY: now} | {week: usual * (1 + 0.01 * (i % 3)) for i, week in enumerate(weeks)}

    known = {
        Metric("bucket_rows", grain=Grain.DAY): series(500, 900),
        Metric("null_rate", "tailnum", Grain.DAY): series(0.4, 0.003),
        Metric("null_count", "tailnum", Grain.DAY): series(200, 3),
        Metric("distinct_count", "carrier", Grain.DAY): {DAY: 11.0} | dict.fromkeys(weeks, 12.0),
        Metric("mean", "delay", Grain.DAY): series(12.1, 12),
        Metric("max", "delay", Grain.DAY): series(9000, 12),
        Metric("distinct_count", "id", Grain.DAY): series(500, 900),
    }
    told = beside(known, ("bucket_rows", None), DAY, Grain.DAY)
    assert [(one.metric, one.column) for one in told] == [("null_rate", "tailnum"), ("distinct_count", "carrier")]
    assert told[1] == Beside("distinct_count", "carrier", 12.0, 11.0, told[1].surprise)
    assert told[1].surprise < -5
    again = beside(known, ("null_count", "tailnum"), DAY, Grain.DAY)
    assert [one.metric for one in again] == ["bucket_rows", "distinct_count"]


def test_a_series_without_a_past_is_not_told():
    known = {Metric("mean", "delay", Grain.DAY): {DAY: 500.0, back(7): 1.0}}
    assert beside(known, ("bucket_rows", None), DAY, Grain.DAY) == ()
