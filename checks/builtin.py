"""What is expected of every dataset, with or without a contract: that it has rows, and that none come from the future.

They warn, and never fail, because nobody signed them. A contract's own rule on the same thing takes their place.
"""

from __future__ import annotations

from checks.records import (
    Check,
    Dataset,
    Dimension,
    EventTime,
    NumberExpected,
    Operator,
    Severity,
    Threshold,
)

EXISTS = "dataset.exists"
#: how the reason begins where a view is there, and what it reads is not
UNREADABLE = "the view can not be read"
#: what to do about a table that is gone, and that no contract promises
GONE_REMEDY = "if it was removed on purpose, resolve its incident, or take it out in config.toml"
HAS_ROWS = "dataset.hasRows"
NO_FUTURE = "eventTime.notInFuture"


def builtin_checks(dataset: Dataset, event_time: EventTime | None) -> tuple[Check, ...]:
    """The built-in checks that the contract has no word on."""
    said = {check.expects.metric for check in dataset.checks if isinstance(check.expects, NumberExpected)}
    checks = []
    if "row_count" not in said and not any(check.empty_is_fine for check in dataset.checks):
        some = NumberExpected("row_count", Threshold(Operator.GREATER, (0.0,)))
        checks.append(_warning(dataset, HAS_ROWS, Dimension.COVERAGE, some, "the table has rows"))
    if event_time is not None and "future_rows" not in said:
        none = NumberExpected("future_rows", Threshold(Operator.BE, (0.0,)))
        checks.append(_warning(dataset, NO_FUTURE, Dimension.TIMELINESS, none, "no row is from the future"))
    return tuple(checks)


def exists_check(dataset: Dataset) -> Check:
    """The table itself: failing when the warehouse says that it is not there, and a contract or listing says it is."""
    there = NumberExpected("row_count", Threshold(Operator.GREATER_OR_EQUAL, (0.0,)))
    return Check(EXISTS, dataset.name, Dimension.CONFORMITY, there, Severity.ERROR, "the table is there")


def _warning(dataset: Dataset, name: str, dimension: Dimension, expects: NumberExpected, words: str) -> Check:
    return Check(name, dataset.name, dimension, expects, Severity.WARNING, words)
