"""The contract of one dataset beside the facts, as tables for its page. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import pandas as pd

from checks.promises import about, asked
from checks.records import Check, ColumnExpected, Dataset, DatasetHealth, Result, Status
from connectors import Column
from dashboard import words

NOT_MEASURED = "– not measured yet"


def promises(dataset: Dataset, state: DatasetHealth, *, hourly: bool = False) -> pd.DataFrame:
    """One row for each promise of the contract that is executed: what is broken first, then in the contract's order.
    `hourly` where the buckets of the dataset are hours."""
    found = [(check, _worst(check, state.results)) for check in dataset.checks]
    found.sort(key=lambda pair: _urgency(pair[1]))
    return pd.DataFrame([_row(check, result, hourly=hourly) for check, result in found])


def headline(dataset: Dataset, state: DatasetHealth) -> str:
    """'2 of 48 promises are broken, 46 are kept.'"""
    if not dataset.checks:
        return "The contract promises nothing that can be checked."
    statuses = Counter(_kind(_worst(check, state.results)) for check in dataset.checks)
    total = words.count(len(dataset.checks), "promise")
    if statuses["kept"] == len(dataset.checks):
        return "The one promise is kept." if len(dataset.checks) == 1 else f"All {total} are kept."
    told = [f"{statuses[kind]} {'is' if statuses[kind] == 1 else 'are'} {kind}" for kind in _KINDS if statuses[kind]]
    return f"Of {total} {', '.join(told)}."


def unnamed(dataset: Dataset, columns: Sequence[Column]) -> list[str]:
    """Columns of the table that a contract with columns does not name."""
    named = {check.column for check in dataset.checks if isinstance(check.expects, ColumnExpected)}
    return [column.name for column in columns if column.name not in named] if named else []


_KINDS = ("broken", "not certain", "kept")


def _kind(result: Result | None) -> str:
    if result is not None and result.status in (Status.FAIL, Status.WARN, Status.NO_DATA):
        return "broken"
    return "kept" if result is not None and result.status is Status.PASS else "not certain"


def _worst(check: Check, results: Sequence[Result]) -> Result | None:
    """Of several days the one that is worst, and of those the newest."""
    own = [result for result in results if result.check == check.id]
    own.sort(key=lambda one: one.bucket.isoformat() if one.bucket else "", reverse=True)
    return min(own, key=lambda one: words.STATUS_ORDER.index(one.status), default=None)


def _urgency(result: Result | None) -> int:
    """Everything that passes is alike, so that it stays in the contract's order."""
    return words.STATUS_ORDER.index(result.status) if result else len(words.STATUS_ORDER) - 2


def _row(check: Check, result: Result | None, *, hourly: bool) -> dict[str, str]:
    measured = (result.observed or result.reason) if result else None
    if measured and result and result.bucket:
        measured += f" ({words.bucket(result.bucket, hourly)})"
    return {
        "Status": words.status(result.status) if result else NOT_MEASURED,
        "Of": check.column or "the table",
        "What": about(check),
        "Promised": (result.expected if result else None) or asked(check),
        "Measured": measured or words.NOTHING,
        "Line": check.id,
    }
