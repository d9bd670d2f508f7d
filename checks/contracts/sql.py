"""Quality rules of type sql, as written in a contract. Whether a query only reads is found out here, without a
warehouse, and again before it is sent."""

from __future__ import annotations

from typing import Any

from checks.contracts import thresholds
from checks.contracts.catalogue import backend
from checks.contracts.document import Node
from checks.contracts.subject import Subject
from checks.records import Dimension, Operator, SqlExpected, Threshold
from checks.refusal import Refused
from checks.sql_rules import OF_COLUMN, OF_TABLE, placeholders, statement

#: how sqlglot spells the dialect of a server's type; of others nothing is known before a source is there
_DIALECTS = {
    **dict.fromkeys(("postgres", "postgresql", "cloudsql"), "postgres"),
    **dict.fromkeys(("duckdb", "local", "files", "file", "demo"), "duckdb"),
    **dict.fromkeys(("sqlserver", "mssql", "synapse"), "tsql"),
    **{
        name: name
        for name in "athena bigquery clickhouse databricks mysql oracle presto redshift snowflake sqlite trino".split()  # noqa: SIM905
    },
}

Made = tuple[str, Dimension, SqlExpected]


def sql_rule(subject: Subject, node: Node, column: str | None) -> Made | None:
    """The id part, the dimension and the expectation of a rule; None, and an error noted, where it can not be asked."""
    limit = _limit(subject, node)
    query = node.text("query")
    if limit is None or query is None or not _fits(subject, node, query, column):
        return None
    truth = isinstance(_operand(node), bool)
    expects = SqlExpected(query, limit, column, truth, None if truth else node.text("unit"))
    thresholds.per_bucket(node, subject.notes, can=False)
    if not _is_guarded(subject, node, expects):
        return None
    return "sql", Dimension.CONFORMITY, expects


def _operand(node: Node) -> Any:
    return next((node.value[operator] for operator in (Operator.BE, Operator.NOT_BE) if operator in node.value), None)


def _limit(subject: Subject, node: Node) -> Threshold | None:
    operators = [operator for operator in Operator if operator in node.value]
    operand = _operand(node)
    if len(operators) == 1 and isinstance(operand, bool):
        return Threshold(operators[0], (float(operand),))
    return thresholds.threshold(node, subject.notes)


def _fits(subject: Subject, node: Node, query: str, column: str | None) -> bool:
    """Whether every placeholder stands for something here."""
    known = (*OF_TABLE, *OF_COLUMN) if column is not None else OF_TABLE
    for word in placeholders(query):
        if word in known:
            continue
        why = f"{{{word}}} stands for nothing; known: {', '.join(f'{{{name}}}' for name in known)}"
        if word in OF_COLUMN:
            why = f"{{{word}}} stands for nothing in a rule of the table; put the rule under the property"
        subject.notes.error(node.at("query"), f"{why}; the check is not made")
        return False
    return True


def _is_guarded(subject: Subject, node: Node, expects: SqlExpected) -> bool:
    table = subject.table
    for dialect in (refusals := dict.fromkeys(_dialects(subject), "")):
        try:
            statement(expects, (None, table.schema, table.name), dialect, column=expects.column)
        except Refused as error:
            refusals[dialect] = str(error)
        else:
            return True
    subject.notes.error(node.at("query"), f"{next(iter(refusals.values()))}; the check is not made")
    return False


def _dialects(subject: Subject) -> list[str]:
    """What the query may be written in: the source's dialect, else those of the contract's servers, else the likeliest.
    A query that fits one of them is fine."""
    config = subject.catalogue.config
    if config is not None and subject.source in config.sources:
        kinds = [backend(config.sources[subject.source].url.reveal())]
    else:
        kinds = [(server.text("type") or "").lower() for server in subject.document.root.items("servers")]
    known = [_DIALECTS[kind] for kind in kinds if kind in _DIALECTS]
    return list(dict.fromkeys(known)) if kinds and len(known) == len(kinds) else ["duckdb", "postgres", "snowflake"]
