"""Contracts compared with the warehouses as they are: columns that are missing, have another type, or that no contract
mentions. Asks the catalogue of the warehouse only, and reads no rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from checks import phrases
from checks.facts import Facts
from checks.judge import judge
from checks.records import ColumnExpected, Dataset, Measured, Status
from connectors import Column


@dataclass(frozen=True, slots=True)
class Compared:
    """What a dataset and its contract say differently. `wrong` are sentences about columns that the contract has, and
    `extra` the columns that only the warehouse has."""

    dataset: str
    contract_file: str
    wrong: tuple[str, ...]
    extra: tuple[str, ...]

    def __str__(self) -> str:
        more = f"; not in the contract: {phrases.listed(self.extra)}" if self.extra else ""
        return f"all columns are as the contract says{more}"


def compared(dataset: Dataset, columns: Sequence[Column], at: datetime) -> Compared:
    """The contract of a dataset beside the columns that its table has."""
    facts = Facts(Measured(tuple(columns), None, None, (), (), (), None, True, 0.0, at), {}, at)
    about_columns = [check for check in dataset.checks if isinstance(check.expects, ColumnExpected)]
    results = [result for check in about_columns for result in judge(check, facts)]
    wrong = [result.reason or result.check for result in results if result.status is not Status.PASS]
    known = {check.expects.column for check in about_columns if isinstance(check.expects, ColumnExpected)}
    extra = [column.name for column in columns if known and column.name not in known]
    return Compared(dataset.name, dataset.contract_file or "", tuple(wrong), tuple(extra))
