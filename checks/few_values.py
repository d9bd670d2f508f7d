"""Which columns may have their values counted one by one, and named: few values, and nothing about people in sight.

The values become names of series in the history, so it errs on the side of silence: classified columns, columns called
like something about people or like a secret, keys, and texts that nobody would put on a chart are left out. Pure.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from checks.records import Choice, Dataset, DistributionExpected, EventTime, FewValues
from checks.sensitive import looks_like_personal_value, parts, shows_values

if TYPE_CHECKING:
    from connectors import Column

#: values of a column that is counted for the first time, and values that it may have had in all the time
FEW, MOST_EVER = 20, 40
#: columns of a table, values of all of them together, and those times the buckets that are read
MOST_COLUMNS, MOST_VALUES, MOST_CELLS = 20, 200, 200_000
#: rows below which shares say nothing
LEAST_ROWS = 100
_LONGEST = 60
_KINDS = re.compile(r"string|u?int\d")
#: what a column is called that says when a row was: its values go by the calendar
_CALENDAR = frozenset("year month day hour minute second week weekday dow quarter date time".split())  # noqa: SIM905 a list of words reads better without quotes


def may_be_named(
    dataset: Dataset,
    columns: Sequence[Column],
    event_time: EventTime | None,
    key: Choice | None,
    known: Mapping[str, tuple[str, ...]],
) -> tuple[FewValues, ...]:
    """The columns that may be counted, as far as names, types and classification tell. Those of a distribution rule are
    counted already. One that had more than MOST_EVER values is none of few."""
    apart = {event_time.column} if event_time else set()
    apart |= {names[0] for names in (dataset.key, key.columns if key else ()) if len(names) == 1}
    apart |= {check.expects.column for check in dataset.checks if isinstance(check.expects, DistributionExpected)}
    return tuple(
        FewValues(column, known.get(column.name, ()))
        for column in columns
        if column.name not in apart
        and _KINDS.match(column.type)
        and shows_values(column.name, dataset.classified)
        and not _CALENDAR & set(parts(column.name)[-1:])
        and len(known.get(column.name, ())) <= MOST_EVER
    )


def chosen(
    columns: Sequence[FewValues], distinct: Mapping[str, float], buckets: int, *, whole_table: bool
) -> Iterator[FewValues]:
    """Those to count, by how many values they have in a bucket at most; one that is counted for the first time waits
    for a run that reads the whole table, since a few days do not tell whether its values change with time."""
    left, counted = min(MOST_VALUES, MOST_CELLS // max(buckets, 1)), 0

    def order(one: FewValues) -> tuple[bool, bool, float, str]:
        count = distinct.get(one.column.name, 0)
        return not one.known, count < 2, count, one.column.name

    for one in sorted(columns, key=order):
        count = max(int(distinct.get(one.column.name, 0)), len(one.known))
        few = count <= MOST_EVER if one.known else whole_table and 1 <= count <= FEW
        if few and count <= left and counted < MOST_COLUMNS:
            left, counted = left - count, counted + 1
            yield one


def can_be_named(values: Collection[str], known: Collection[str]) -> bool:
    """Whether all that was found are values of a column with few: no long texts, none that looks personal. Each bucket
    may have few and all of them many, when the values change with time."""
    if any(len(value) > _LONGEST or looks_like_personal_value(value) for value in values):
        return False
    return len(values) <= (MOST_EVER if known else FEW)
