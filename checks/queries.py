"""Sending queries and keeping account of them: text, seconds, rows; and what failed, as Problems."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from contextlib import contextmanager
from datetime import datetime
from time import perf_counter

from checks.records import Metric, Problem, QueryRecord
from connectors import Answer, QueryFailed, Source, SourceError, TableName, Unreachable


class QueryLog:
    """The queries of one run on one source, in the order they were sent."""

    def __init__(self, source: Source, table: TableName) -> None:
        self.source = source
        self.table = table
        self.records: list[QueryRecord] = []
        self.problems: list[Problem] = []

    def fetch(self, purpose: str, sql: str, limit: int | None = None) -> Answer:
        """Sends one query, reads at most `limit` rows. Raises SourceError; the query is on the account either way."""
        return self.fetch_from(self.source, purpose, sql, limit)

    def fetch_from(self, source: Source, purpose: str, sql: str, limit: int | None = None) -> Answer:
        """The same on another source, for reconciliations."""
        started = perf_counter()
        try:
            answer = source.fetch(sql, limit=limit, table=self.table if source is self.source else None)
        except SourceError:
            self.records.append(QueryRecord(purpose, sql, perf_counter() - started, 0))
            raise
        self.records.append(QueryRecord(purpose, sql, answer.seconds, len(answer.rows), answer.touched))
        return answer

    def source_now(self, at: datetime) -> datetime:
        """The warehouse's clock where it has one of its own, else `at`."""
        return self.source.now() if self.source.has_clock else at

    @contextmanager
    def costing(self, metrics: Sequence[Metric]) -> Generator[None]:
        """A failure inside costs these metrics and nothing else, unless the run as a whole has no sense any more: its
        own warehouse is gone, or somebody stopped it."""
        try:
            yield
        except SourceError as error:
            if stops_the_run(error) and error.source == self.source.name:
                raise
            self.failed(metrics, error)

    def failed(self, metrics: Sequence[Metric], error: SourceError) -> None:
        """Notes metrics that could not be had."""
        self.problems.append(Problem(tuple(metrics), error.kind, error.sentence))

    def not_numbers(self, metric: Metric, cause: str) -> None:
        """Notes a metric whose answer can not be read."""
        remedy = "look at the column's smallest and largest values in the warehouse"
        self.failed([metric], QueryFailed(self.source.name, cause, dataset=str(self.table), remedy=remedy))


@contextmanager
def writing(source: str, table: TableName) -> Generator[None]:
    """What ibis can not write as a query becomes QueryFailed: a check may ask for the sum of a text, or name a column
    that the other table does not have."""
    from ibis.common.annotations import ValidationError
    from ibis.common.exceptions import IbisError

    try:
        yield
    except (IbisError, ValidationError, AttributeError, TypeError, ValueError) as error:
        remedy = "correct the declaration: its function, pattern or columns do not go together with the column's type"
        first_line = str(error).partition("\n")[0]  # ibis prints whole expressions after it
        cause = f"this can not be written as a query ({type(error).__name__}: {first_line})"
        raise QueryFailed(source, cause, dataset=str(table), remedy=remedy) from error


def stops_the_run(error: SourceError) -> bool:
    """Whether asking on is pointless."""
    return isinstance(error, Unreachable) or (isinstance(error, QueryFailed) and error.cause == "cancelled")


def may_be_one_expression(error: SourceError) -> bool:
    """Whether a smaller query may succeed where this one failed."""
    return isinstance(error, QueryFailed) and not stops_the_run(error)
