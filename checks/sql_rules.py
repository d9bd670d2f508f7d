"""SQL rules: a query of the contract's, its placeholders filled in, guarded, and asked for one number or boolean.

{object} and {table} stand for the dataset's table, {property} and {column} for the column of the property that the rule
is under; the older ${...} is read too. Names are quoted as the source's dialect does it, so a placeholder may stand in
quotes or without.
"""

from __future__ import annotations

import re

from checks.queries import QueryLog
from checks.records import Check, Metric, Plan, SqlExpected
from checks.refusal import Refused
from checks.scalars import NotANumber, number
from connectors import Answer, QueryFailed, Source

OF_TABLE = ("object", "table")
OF_COLUMN = ("property", "column")
_PLACEHOLDER = re.compile(r"""(["`]?)\$?\{\s*(\w+)\s*\}\1""")
_A_FILE = re.compile(r".*[/\\].*|.*\.(csv|tsv|parquet|json|jsonl|ndjson|db|duckdb|xlsx|gz|zst)", re.IGNORECASE)


def placeholders(query: str) -> list[str]:
    """The words in {braces} of a query, in lower case, each once."""
    return list(dict.fromkeys(found.group(2).lower() for found in _PLACEHOLDER.finditer(query)))


def statement(
    expects: SqlExpected, qualified: tuple[str | None, str | None, str], dialect: str, *, column: str | None = None
) -> str:
    """The rule's query over a table (catalogue, schema, name), guarded. Raises Refused unless it is one SELECT that
    only reads tables."""
    from sqlglot import exp  # takes a third of a second to import

    from checks.guard import verified

    catalogue, schema, name = qualified
    table = exp.table_(name, db=schema, catalog=catalogue, quoted=True).sql(dialect=dialect)
    names = dict.fromkeys(OF_TABLE, table)
    if column is not None:
        names |= dict.fromkeys(OF_COLUMN, exp.to_identifier(column, quoted=True).sql(dialect=dialect))
    query = _filled(expects.query, names).strip().rstrip("; \n\t")
    parsed = verified(query, dialect)
    for node in parsed.find_all(exp.Table):
        if not node.args.get("db") and _A_FILE.fullmatch(node.name) and node.name != name:
            raise Refused(f"'{node.name}' is a file; a rule may read tables only")
    return query


def _filled(query: str, names: dict[str, str]) -> str:
    return _PLACEHOLDER.sub(lambda found: names.get(found.group(2).lower(), found.group()), query)


def ask(log: QueryLog, plan: Plan, check: Check) -> dict[Metric, float]:
    """The answer of an SQL rule; nothing, and a problem on the account, where there is none that can be judged."""
    metric = Metric("sql_value", check.column, check=check.id)
    if not isinstance(check.expects, SqlExpected):
        return {}
    with log.costing([metric]):
        if plan.up_to is not None:
            cause = "an SQL rule asks the table as it is now, and can not be replayed"
            raise QueryFailed(log.source.name, cause, dataset=str(log.table), remedy="run it as of now")
        answer = log.fetch(f"SQL rule '{check.id}'", _written(log, check.expects), limit=1)
        return {metric: _only(log.source, answer, str(log.table))}
    return {}


def _written(log: QueryLog, expects: SqlExpected) -> str:
    source = log.source
    try:
        return statement(expects, source.qualified(log.table), source.dialect, column=expects.column)
    except Refused as error:
        remedy = "correct the query in the contract"
        raise QueryFailed(source.name, str(error), dataset=str(log.table), remedy=remedy) from error


def _only(source: Source, answer: Answer, dataset: str) -> float:
    """The one number of an answer. Raises QueryFailed where it is no such thing; values are not told."""
    rows, columns = len(answer.rows), len(answer.columns)
    value = answer.rows[0][0] if rows and columns else None
    if answer.truncated or columns != 1:
        shape = f"{columns:,} columns" if columns != 1 else "more than one row"
        cause = f"the query of the rule answers {shape}, not one number or boolean"
    elif value is None:
        cause = "the query of the rule answers NULL" if rows else "the query of the rule answers no row"
    elif isinstance(value, str):
        cause = "the query of the rule answers text, not one number or boolean"
    else:
        return _number(source, value, dataset)
    remedy = "let it select one number, such as count(*), or one condition"
    raise QueryFailed(source.name, cause, dataset=dataset, remedy=remedy)


def _number(source: Source, value: object, dataset: str) -> float:
    try:
        return number(value)
    except NotANumber as error:
        cause = f"the answer of the rule's query is no number: {error}"
        raise QueryFailed(source.name, cause, dataset=dataset, remedy="let it select one number") from error
