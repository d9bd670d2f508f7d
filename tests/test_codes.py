"""Numbers whose mean says nothing: by what their column is called and by what it holds."""

import numpy as np
import pytest

from checks.learned.codes import sort_of
from checks.records import Check, Dimension, Grain, Metric, NumberExpected, Operator, Status, Threshold
from tests.learning import ROWS, learned, usual

Ends = tuple[float, float]


def about(column: str, *days: Ends) -> str | None:
    least, most = np.array(days, dtype=float).T
    sort = sort_of(column, least, most)
    return sort.about if sort else None


@pytest.mark.parametrize(
    ("column", "ends", "expected"),
    [
        ("hour", (0, 23), "hours of the day"),
        ("pickupHour", (4, 19), "hours of the day"),
        ("MONTH", (3, 3), "months"),
        ("day_of_week", (0, 6), "days of the week"),
        ("DayOfYear", (200, 200), "days of the year"),
        ("sched_dep_time", (500, 2359), "times of day"),
        ("flight", (1, 8500), "codes"),
        ("zip", (501, 99950), "codes"),
        ("customer_id", (1, 1), "codes"),
        ("air_time", (20, 691), None),  # minutes; no time of day has 91 of them
        ("hours", (0, 23), None),  # hours that somebody worked
        ("hour", (0.5, 23), None),
        ("hour", (-1, 23), None),
        ("code", (0.25, 17), None),
        ("wait_time", (1, 45), None),
        ("amount", (1, 12), None),
    ],
)
def test_a_column_is_told_by_its_name_and_its_values(column: str, ends: Ends, expected: str | None):
    assert about(column, *[ends] * 10) == expected


def test_a_day_with_other_values_is_one_of_amounts_and_the_days_after_it_are_not():
    days = [(0.0, 23.0)] * 20 + [(0.0, 27.0)]
    assert about("hour", *days) is None
    assert about("hour", *days, (0.0, 23.0)) == "hours of the day"
    assert about("hour", *[(0.0, 23.0)] * 5, *[(0.0, 400.0)] * 5, (0.0, 23.0)) is None


def test_nothing_measured_is_no_reason():
    assert sort_of("hour", np.array([]), np.array([])) is None
    assert about("hour", (np.nan, np.nan)) is None
    assert about("hour", (0, 23), (np.nan, np.nan)) == "hours of the day"


def of_hours(days: int = 80, **last: float) -> dict[Metric, np.ndarray]:
    """The hours of the rows of a calm dataset, with other numbers on the newest day."""
    random = np.random.default_rng(9)
    numbers = {"mean": 11.5 + 0.02 * random.standard_normal(days), "min": np.zeros(days), "max": np.full(days, 23.0)}
    for name, value in last.items():
        numbers[name][-1] = value
    return {ROWS: usual()[ROWS]} | {Metric(name, "hour", Grain.DAY): line for name, line in numbers.items()}


def test_the_mean_of_hours_is_not_watched_though_it_moves():
    """Where hours are missing the rows and the different values say so."""
    assert set(learned(of_hours(mean=9.0))[0]) == {"learned.volume"}


def test_hours_that_no_day_has_are_told_by_their_mean():
    results, _ = learned(of_hours(mean=14.0, max=30.0))
    assert results["learned.values"].status is Status.WARN
    assert results["learned.values"].column == "hour"


def test_a_mean_that_a_contract_has_a_rule_about_is_watched():
    at_least = Threshold(Operator.GREATER, (5.0,))
    rule = Check("c", "s.orders", Dimension.ACCURACY, NumberExpected("mean", at_least, "hour"))
    results, _ = learned(of_hours(mean=9.0), checks=(rule,))
    assert results["learned.values"].status is Status.WARN
