"""Custom rules for Vitals: each with a table that satisfies it, one that breaks it and one that can not be measured."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from checks.facts import Facts
from checks.judge import judge
from checks.records import (
    AggregateExpected,
    Check,
    Dimension,
    DistributionExpected,
    Grain,
    Metric,
    NumberExpected,
    Operator,
    Problem,
    SequenceExpected,
    SequenceKind,
    Status,
    Threshold,
)
from connectors import Answer, Unreachable
from tests.judging import FRIDAY, NAN, ROWS, SATURDAY, facts, one, said
from tests.judging import check as judged
from tests.measuring import NONE, check, measured
from tests.nasty import AT
from tests.ruling import errors, found, read, vitals
from tests.warehouses import DuckDBFile, Warehouse

on = pytest.mark.parametrize
NOON = AT.replace(tzinfo=None)
INCREASING, STRICT, GAP_FREE = SequenceKind
ANY = Threshold(Operator.GREATER_OR_EQUAL, (0.0,))


def days(*ago: float) -> pa.Array:
    return pa.array([NOON - timedelta(days=each) for each in ago], pa.timestamp("us"))


def of(kind: str, *values: float) -> Threshold:
    return Threshold(Operator(kind), values)


def made(tmp_path: Path, implementation: dict[str, Any], **more: Any) -> Check:
    checks, findings = read(tmp_path, [], n=[vitals(implementation, **more)])
    assert not errors(findings)
    [made] = checks.values()
    return made


def statuses(warehouse: Warehouse, table: pa.Table, made: Check, **declared: Any) -> list[str]:
    return [str(result.status) for result in found(warehouse, table, made, **declared)]


# -- aggregates --------------------------------------------------------------------------------------------------------

AMOUNTS = pa.table({"n": [1.5, 2.5, None, 4.0], "at": days(3, 2, 2, 1)})


@on(
    ("function", "value"),
    [("sum", 8), ("min", 1.5), ("max", 4), ("mean", 8 / 3), ("count", 3), ("distinct", 3), ("stddev", 1.2583)],
)
@on("event_time", [None, "at"])
def test_an_aggregate_is_within_its_bounds_or_not(warehouse: Warehouse, tmp_path: Path, function, value, event_time):
    body = {"aggregate": {"function": function}}
    fits = made(tmp_path, body | {"mustBeBetween": [value - 0.001, value + 0.001]})
    breaks = made(tmp_path, body | {"mustBeGreaterThan": value + 0.001})
    name = warehouse.load("t", AMOUNTS)
    with warehouse.open() as source:
        run = measured(source, name, AT, [fits], event_time=event_time)
        again = measured(source, name, AT, [breaks], event_time=event_time)
    assert not run.problems
    assert one(fits, Facts(run, {}, AT)).status is Status.PASS
    assert one(breaks, Facts(again, {}, AT)).status is Status.FAIL


@on(("body", "value"), [({"function": "median"}, 2.5), ({"function": "quantile", "quantile": 0.75}, 3.25)])
@on("event_time", [None, "at"])
def test_quantiles_are_measured_where_the_warehouse_has_them(
    warehouse: Warehouse, tmp_path: Path, body: dict[str, Any], value: float, event_time: str | None
):
    rule = made(tmp_path, {"aggregate": body, "mustBe": value})
    [result] = found(warehouse, AMOUNTS, rule, event_time=event_time)
    if warehouse.kind == "sqlite":
        assert (result.status, "'Quantile' operation is not defined" in (result.reason or "")) == (Status.ERROR, True)
    else:
        assert (result.status, result.value) == (Status.PASS, value)


@on("function", ["sum", "median", "count"])
def test_an_aggregate_of_each_day(warehouse: Warehouse, tmp_path: Path, function: str):
    if function == "median":
        warehouse.needs("quantiles")
    bucket = {"customProperties": [{"property": "vitals.scope", "value": "bucket"}]}
    rule = made(tmp_path, {"aggregate": {"function": function}, "mustBeLessThan": 3}, **bucket)
    told = found(warehouse, AMOUNTS, rule, event_time="at")
    values = {"sum": [1.5, 2.5, 4], "median": [1.5, 2.5, 4], "count": [1, 1, 1]}[function]
    assert [result.value for result in told] == values
    assert [str(result.status) for result in told] == ["pass", "pass", "pass" if function == "count" else "fail"]


def test_an_aggregate_that_has_no_sense_is_an_error_and_no_failure(warehouse: Warehouse):
    warehouse.needs("types")
    rule = check("rule", AggregateExpected("sum", "word", ANY))
    [result] = found(warehouse, pa.table({"word": ["a", "b"]}), rule)
    assert (result.status, "go together" in (result.reason or "")) == (Status.ERROR, True)


def test_the_sum_of_nothing_is_no_data(warehouse: Warehouse):
    rule = check("rule", AggregateExpected("sum", "n", ANY))
    [result] = found(warehouse, pa.table({"n": pa.array([None, None], pa.float64())}), rule)
    if warehouse.kind == "csv":  # a column without values is text there
        assert result.status is Status.ERROR
    else:
        assert (result.status, result.reason) == (Status.NO_DATA, "n has no values")


def test_aggregates_of_the_table_join_the_one_scan(tmp_path: Path):
    warehouse = DuckDBFile(tmp_path)
    rules = [check(str(i), AggregateExpected(name, "n", ANY)) for i, name in enumerate(("sum", "count"))]
    rules.append(check("shares", DistributionExpected("n", ((1.5, 0.5), (4, 0.5)), 0.1)))
    name = warehouse.load("t", AMOUNTS)
    with warehouse.open() as source:
        run = measured(source, name, AT, rules, event_time="at")
    assert [query.purpose for query in run.queries] == ["fused"]


SUM, COUNT = Metric("sum", "price", check="c"), Metric("value_count", "seats", check="c")
QUANTILE = Metric("quantile", "price", check="c")


@on(
    ("expects", "levels", "told"),
    [
        (
            AggregateExpected("sum", "price", of("mustBeLessThan", 1000)),
            {ROWS: 9, SUM: 1234.5},
            ("fail", "1,234.5", "less than 1,000", "the sum of price is 1,234.5, expected less than 1,000"),
        ),
        (
            AggregateExpected("count", "seats", of("mustBe", 9)),
            {ROWS: 9, COUNT: 5},
            ("fail", "5 of 9 rows", "exactly 9", "5 of 9 rows with a value of seats, expected exactly 9"),
        ),
        (
            AggregateExpected("quantile", "price", of("mustBeLessThan", 2), 0.5),
            {ROWS: 9, QUANTILE: 3},
            ("fail", "3", "less than 2", "the median of price is 3, expected less than 2"),
        ),
        (
            AggregateExpected("quantile", "price", of("mustBeLessThan", 2), 0.95),
            {ROWS: 9, QUANTILE: 3},
            ("fail", "3", "less than 2", "the 95 % quantile of price is 3, expected less than 2"),
        ),
        (AggregateExpected("sum", "price", ANY), {ROWS: 0}, ("no_data", "no data", None, "the table has no rows")),
    ],
)
def test_an_aggregate_is_told_naturally(expects, levels, told):
    assert said(one(judged(expects), facts(levels))) == told


# -- sequences ---------------------------------------------------------------------------------------------------------


@on(
    ("values", "kind", "breaks"),
    [
        ([1, 2, 2, 5], INCREASING, 0),
        ([1, 3, 2, 5], INCREASING, 1),
        ([1, 2, 2, 5], STRICT, 1),
        ([1, 2, 4, 5], STRICT, 0),
        ([1, None, 0, 5], INCREASING, 1),
        ([3, 2, 4, 5], GAP_FREE, 0),
        ([1, 2, 2, 6], GAP_FREE, 3),
        ([None, 7, None, 7], GAP_FREE, 0),
    ],
)
def test_a_sequence_is_kept_or_broken(warehouse: Warehouse, values: list, kind: SequenceKind, breaks: int):
    table = pa.table({"n": pa.array(values, pa.int64()), "at": days(4, 3, 2, 1)})
    [result] = found(warehouse, table, check("rule", SequenceExpected("n", kind, NONE)), event_time="at")
    assert (result.status, result.value) == (Status.FAIL if breaks else Status.PASS, breaks)


@on(("kind", "breaks"), [(INCREASING, 1), (STRICT, 2), (GAP_FREE, 2)])
def test_a_sequence_of_its_own_in_each_group_and_in_a_given_order(
    warehouse: Warehouse, kind: SequenceKind, breaks: int
):
    table = pa.table(
        {"n": [1, 2, 9, 8, 5, 5, 12], "grp": ["a", "a", "b", "b", None, None, "b"], "place": [1, 2, 1, 2, 1, 2, 3]}
    )
    order = None if kind is GAP_FREE else "place"
    [result] = found(warehouse, table, check("rule", SequenceExpected("n", kind, NONE, order, ("grp",))))
    assert (result.value, result.status) == (breaks, Status.FAIL)


@on(("kind", "breaks"), [(INCREASING, 0), (STRICT, 1)])
def test_rows_of_the_same_moment_are_in_the_order_of_their_values(warehouse: Warehouse, kind, breaks):
    table = pa.table({"n": [4, 1, 3, 3], "at": days(1, 2, 1, 1)})
    [result] = found(warehouse, table, check("rule", SequenceExpected("n", kind, NONE)), event_time="at")
    assert result.value == breaks


@on(
    ("column", "kind", "says"),
    [("n", INCREASING, "no event time to order the rows by"), ("word", GAP_FREE, "only whole numbers")],
)
def test_a_sequence_that_can_not_be_measured_is_an_error(warehouse: Warehouse, column: str, kind, says: str):
    [result] = found(warehouse, pa.table({"n": [1], "word": ["x"]}), check("r", SequenceExpected(column, kind, NONE)))
    assert (result.status, says in (result.reason or "")) == (Status.ERROR, True)


def test_a_sequence_of_nothing_is_no_data(warehouse: Warehouse):
    table = pa.table({"n": pa.array([], pa.int64()), "grp": pa.array([], pa.string())})
    for within in ((), ("grp",)):
        rule = check("r", SequenceExpected("n", GAP_FREE, NONE, within=within))
        name = warehouse.load("t" + "".join(within), table)
        with warehouse.open() as source:
            run = measured(source, name, AT, [rule])
        if warehouse.kind == "csv":  # a column without values is text there
            assert one(rule, Facts(run, {}, AT)).status in (Status.ERROR, Status.NO_DATA)
        else:
            assert one(rule, Facts(run, {}, AT)).status is Status.NO_DATA


def test_a_replayed_sequence_leaves_out_what_came_later(warehouse: Warehouse):
    table = pa.table({"n": [1, 2, 1], "at": days(3, 2, 0)})
    rule = check("rule", SequenceExpected("n", INCREASING, NONE))
    name = warehouse.load("t", table)
    with warehouse.open() as source:
        run = measured(source, name, AT - timedelta(days=1), [rule], replay=True, event_time="at")
    assert one(rule, Facts(run, {}, AT)).status is Status.PASS


BREAKS = Metric("sequence_breaks", "seats", check="c")


@on(
    ("kind", "value", "told"),
    [
        (INCREASING, 2, "2 rows in which seats is below that of the row before, expected none"),
        (STRICT, 1, "1 row in which seats is not above that of the row before, expected none"),
        (GAP_FREE, 1, "1 number missing from seats, expected none"),
        (GAP_FREE, 1200, "1,200 numbers missing from seats, expected none"),
    ],
)
def test_a_broken_sequence_is_told_naturally(kind: SequenceKind, value: float, told: str):
    result = one(judged(SequenceExpected("seats", kind, NONE)), facts({ROWS: 9, BREAKS: value}))
    assert (result.status, result.reason, result.expected) == (Status.FAIL, told, "none")
    assert one(judged(SequenceExpected("seats", kind, NONE)), facts({ROWS: 9, BREAKS: 0})).reason is None


# -- distributions -----------------------------------------------------------------------------------------------------

WORDS = pa.table({"n": ["A"] * 6 + ["B"] * 3 + ["C"] + [None] * 5})


@on(
    ("shares", "tolerance", "status", "observed"),
    [
        ({"A": 0.6, "B": 0.3}, 0, "pass", None),
        ({"A": 0.65, "B": 0.3}, 0.05, "pass", "60 % of the values are A"),
        ({"A": 0.8, "B": 0.2}, 0.1, "fail", "60 % of the values are A"),
        ({"A": 0.6, "D": 0.2}, 0.1, "fail", "0 % of the values are D"),
        ({"B": 0.3}, 0.01, "pass", None),
        ({"A": 0.6, "B": 0.4}, 0.1, "pass", None),
    ],
)
def test_the_shares_of_categories(warehouse: Warehouse, tmp_path: Path, shares, tolerance, status, observed):
    rule = made(tmp_path, {"distribution": {"shares": shares, "tolerance": tolerance}})
    [result] = found(warehouse, WORDS, rule)
    assert str(result.status) == status, result
    assert observed is None or result.observed == observed


def test_shares_of_numbers(warehouse: Warehouse, tmp_path: Path):
    rule = made(tmp_path, {"distribution": {"shares": {"1": 0.5, "2": 0.5}, "tolerance": 0.05}})
    assert statuses(warehouse, pa.table({"n": [1, 1, 2, 2]}), rule) == ["pass"]


def test_the_shares_of_each_day(warehouse: Warehouse):
    table = pa.table({"n": ["A", "B", "A", "A", None], "at": days(3, 3, 2, 2, 1)})
    rule = check("r", DistributionExpected("n", (("A", 0.5), ("B", 0.5)), 0.1, per_bucket=True))
    told = found(warehouse, table, rule, event_time="at")
    assert [str(result.status) for result in told] == ["pass", "fail", "no_data"]
    assert told[1].reason == "100 % of the values of n are A on 2026-03-13, expected between 40 % and 60 %"


def test_shares_of_no_values_and_of_no_column(warehouse: Warehouse):
    rule = check("r", DistributionExpected("n", (("A", 1.0),), 0.1))
    assert statuses(warehouse, pa.table({"n": pa.array([None], pa.string())}), rule) == ["no_data"]
    [missing] = judge(rule, facts({ROWS: 9}))
    assert (missing.status, missing.reason) == (
        Status.ERROR,
        "column 'n' is not in the table, so nothing was measured",
    )


def test_shares_that_could_not_be_counted_are_an_error():
    counts = Metric("category_count", "carrier", check="c=AA")
    rule = judged(DistributionExpected("carrier", (("AA", 0.5),), 0.1))
    problem = Problem((counts,), "query_failed", "no such function")
    assert said(one(rule, facts({ROWS: 9}, problems=(problem,)))) == ("error", None, None, "no such function")
    assert one(rule, facts({ROWS: 9})).status is Status.ERROR


# -- an unreachable source never fails a rule --------------------------------------------------------------------------


@on(
    "expects",
    [
        AggregateExpected("sum", "n", ANY),
        SequenceExpected("n", GAP_FREE, NONE),
        DistributionExpected("n", ((1, 1.0),), 0),
    ],
    ids=lambda expects: type(expects).__name__,
)
def test_a_warehouse_that_is_gone_ends_the_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, expects):
    warehouse = DuckDBFile(tmp_path)
    name = warehouse.load("t", pa.table({"n": [1, 2]}))
    with warehouse.open() as source:

        def gone(sql: str, **more: Any) -> Answer:
            raise Unreachable("shop", "connection reset")

        monkeypatch.setattr(source, "fetch", gone)
        with pytest.raises(Unreachable):
            measured(source, name, AT, [check("rule", expects)])


# -- in a contract -----------------------------------------------------------------------------------------------------


@on(
    ("implementation", "expected"),
    [
        ({"aggregate": {"function": "sum"}, "mustBe": 0}, AggregateExpected("sum", "n", NONE)),
        (
            {"aggregate": {"function": "MEDIAN", "column": "grp"}, "mustBe": 0},
            AggregateExpected("quantile", "grp", NONE, 0.5),
        ),
        ({"aggregate": {"function": "mean"}, "mustBe": 0}, NumberExpected("mean", NONE, "n")),
        ({"aggregate": {"function": "distinct"}, "mustBe": 0}, NumberExpected("distinct_count", NONE, "n")),
        ({"sequence": {"kind": "gap-free"}}, SequenceExpected("n", GAP_FREE, NONE)),
        (
            {"sequence": {"kind": "strictly increasing", "orderBy": "at", "within": ["grp"]}, "mustBeLessThan": 5},
            SequenceExpected("n", STRICT, of("mustBeLessThan", 5), "at", ("grp",)),
        ),
        (
            {"distribution": {"shares": {"A": 0.6, "B": 0.4}, "tolerance": 0.05}},
            DistributionExpected("n", (("A", 0.6), ("B", 0.4)), 0.05),
        ),
    ],
)  # fmt: skip
def test_what_a_rule_becomes(tmp_path: Path, implementation: dict[str, Any], expected: object):
    assert made(tmp_path, implementation).expects == expected


@on(
    ("implementation", "place", "says"),
    [
        ({}, "", "needs exactly one of metric, aggregate"),
        ({"metric": "mean", "aggregate": {"function": "sum"}, "mustBe": 1}, "", "has metric and aggregate"),
        ({"metric": "mean", "mustBe": 1, "limit": 2}, ".limit", '"limit" is not a field of implementation'),
        ({"aggregate": "sum", "mustBe": 1}, ".aggregate", "aggregate must be a mapping of function, column"),
        ({"aggregate": {"function": "sum", "colum": "n"}, "mustBe": 1}, ".aggregate.colum", 'did you mean "column"?'),
        ({"aggregate": {"function": "total"}, "mustBe": 1}, ".aggregate.function", '"total" is not one of sum'),
        ({"aggregate": {"function": "sum", "column": 3}, "mustBe": 1}, ".aggregate.column", "3 is not the name of a"),
        ({"aggregate": {"function": "sum", "column": "m"}, "mustBe": 1}, ".aggregate.column", '"m" is not a property'),
        ({"aggregate": {"function": "sum"}}, "", "needs exactly one operator and has 0"),
        ({"aggregate": {"function": "sum", "quantile": 0.5}, "mustBe": 1}, ".aggregate.quantile", "means nothing with"),
        (
            {"aggregate": {"function": "quantile"}, "mustBe": 1},
            ".aggregate.quantile",
            "null is not a number from 0 to 1",
        ),
        ({"aggregate": {"function": "quantile", "quantile": 95}, "mustBe": 1}, ".aggregate.quantile", "95 is not a"),
        ({"sequence": {"kind": "rising"}}, ".sequence.kind", '"rising" is not one of increasing, strictly'),
        ({"sequence": {"kind": "gap-free", "orderBy": "at"}}, ".sequence.orderBy", "is ordered by itself"),
        ({"sequence": {"kind": "increasing", "orderBy": "x"}}, ".sequence.orderBy", '"x" is not a property'),
        ({"sequence": {"kind": "increasing", "within": [1]}}, ".sequence.within", "a property or a list of properties"),
        ({"sequence": {"kind": "increasing", "within": ["x"]}}, ".sequence.within", '"x" is not a property'),
        ({"distribution": {"tolerance": 0.1}}, ".distribution.shares", "needs shares, a mapping of each value"),
        ({"distribution": {"shares": {"A": 0.5}}}, ".distribution.tolerance", "null is not a number from 0 to 1"),
        ({"distribution": {"shares": {"A": 50}, "tolerance": 0}}, ".distribution.shares.A", "50 is not a number from"),
        ({"distribution": {"shares": {"A": 0.7, "B": 0.4}, "tolerance": 0}}, ".distribution.shares", "1.1 together"),
        (
            {"distribution": {"shares": {"A": 1}, "tolerance": 0}, "mustBe": 0},
            ".mustBe",
            '"mustBe" is not a field of implem',
        ),
        ({"reconcile": {"with": "x"}, "mustBe": 0}, ".mustBe", '"mustBe" is not a field of implem'),
    ],
)
def test_a_mistake_is_an_error_at_its_place_and_makes_no_check(tmp_path: Path, implementation, place: str, says: str):
    checks, findings = read(tmp_path, [], n=[vitals(implementation)])
    assert not checks
    [told] = errors(findings)
    assert told.startswith(f"schema[0].properties[0].quality[0].implementation{place}: "), told
    assert says in told and told.endswith("the check is not made")


def test_a_rule_of_the_table_needs_its_column(tmp_path: Path):
    _, findings = read(tmp_path, [vitals({"aggregate": {"function": "sum"}, "mustBe": 1})])
    assert "needs column, the name of a property" in errors(findings)[0]


def test_any_number_of_rules_on_one_element(tmp_path: Path):
    counts = [{"metric": "rowCount", "mustBeGreaterThan": 1}, {"metric": "rowCount", "mustBeLessThan": 9}]
    sums = [vitals({"aggregate": {"function": "sum"}, "mustBeGreaterThan": each}) for each in range(3)]
    checks, findings = read(tmp_path, counts, n=sums)
    assert not errors(findings)
    assert list(checks) == ["n.sum", "n.sum#2", "n.sum#3", "rowCount", "rowCount#2"]


def test_two_row_counts_are_two_checks_of_one_number(warehouse: Warehouse, tmp_path: Path):
    counts = [{"metric": "rowCount", "mustBeGreaterThan": 1}, {"metric": "rowCount", "mustBeLessThan": 2}]
    checks, _ = read(tmp_path, counts)
    name = warehouse.load("t", pa.table({"n": [1, 2, 3]}))
    with warehouse.open() as source:
        run = measured(source, name, AT, list(checks.values()))
    assert [str(one(each, Facts(run, {}, AT)).status) for each in checks.values()] == ["pass", "fail"]


def test_what_a_rule_says_of_itself_is_carried(tmp_path: Path):
    more = {"severity": "Minor", "dimension": "accuracy", "businessImpact": "billing", "description": "d", "id": "mine"}
    rule = made(tmp_path, {"sequence": {"kind": "gap-free"}}, **more)
    assert (rule.id, rule.severity, rule.dimension) == ("mine", "warning", Dimension.ACCURACY)
    assert (rule.business_impact, rule.description) == ("billing", "d")


def test_shares_of_closed_days_leave_out_the_one_that_is_filling():
    expects = DistributionExpected("carrier", (("AA", 1.0),), 0.1, per_bucket=True)
    counts = Metric("category_count", "carrier", check="c=AA")
    nulls, rows = Metric("null_count", "carrier"), Metric("bucket_rows")
    told = judge(
        judged(expects),
        facts({ROWS: 9}, days={counts: [2, 4, 4], nulls: [0, 0, NAN], rows: [4, 4, 4]}, grain=Grain.DAY),
    )
    assert [(result.bucket, str(result.status)) for result in told] == [(FRIDAY, "fail"), (SATURDAY, "pass")]
    assert isinstance(told[0].bucket, datetime)
