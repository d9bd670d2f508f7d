"""What contracts in the wild write differently from the standard's newest schema, brought to its form, and noted.

Older versions and other tools write `rule` for `metric` and short or other words for dimensions; an operator beside a
Vitals rule reads better than one inside of it. Each is understood, and told how the standard has it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from checks.contracts.document import Node, Notes, properties_below, shown
from checks.contracts.older import METRICS, bring_forward
from checks.contracts.read import Place, YamlError, parse
from checks.records import Dimension, Operator

DIMENSIONS = {
    **{str(dimension): dimension for dimension in Dimension},
    "tm": Dimension.TIMELINESS,
    "freshness": Dimension.TIMELINESS,
    "latency": Dimension.TIMELINESS,
    "recency": Dimension.TIMELINESS,
    "currency": Dimension.TIMELINESS,
    "cv": Dimension.COVERAGE,
    "volume": Dimension.COVERAGE,
    "cp": Dimension.COMPLETENESS,
    "uq": Dimension.UNIQUENESS,
    "cf": Dimension.CONFORMITY,
    "validity": Dimension.CONFORMITY,
    "schema": Dimension.CONFORMITY,
    "cs": Dimension.CONSISTENCY,
    "integrity": Dimension.CONSISTENCY,
    "ac": Dimension.ACCURACY,
    "correctness": Dimension.ACCURACY,
}


def bring_to_standard(root: Node, notes: Notes) -> frozenset[Place]:
    """Changes the rules of the document in place. Returns the rules of ODCS 3.0 that only their authors understand."""
    set_aside = bring_forward(root, _rules(root), notes)
    for rule in _rules(root):
        _metric(rule, notes)
        _dimension(rule, notes)
        _condition(rule, notes)
        if is_vitals(rule):
            _implementation(rule, notes)
    return set_aside


def is_vitals(rule: Node) -> bool:
    """Whether the rule is a custom one for Vitals itself."""
    return rule.text("type") == "custom" and (rule.text("engine") or "").lower() == "vitals"


def _rules(root: Node) -> Iterator[Node]:
    for table in root.items("schema"):
        yield from table.items("quality")
        for each in properties_below(table):
            yield from each.items("quality")


def _metric(rule: Node, notes: Notes) -> None:
    old = rule.text("rule")
    if old in METRICS and "metric" not in rule.value and rule.text("type") in (None, "library"):
        rule.value["metric"] = old
        notes.warning(rule.at("rule"), "`rule` is deprecated since ODCS 3.1; write `metric`")


def _dimension(rule: Node, notes: Notes) -> None:
    word = rule.text("dimension")
    known = DIMENSIONS.get((word or "").lower())
    if word and known and word != known:
        rule.value["dimension"] = str(known)
        notes.info(rule.at("dimension"), f"{shown(word)} is read as {known}, the standard's word")


def _condition(rule: Node, notes: Notes) -> None:
    """A query that is a condition needs no operator here, and one in the standard."""
    if rule.text("type") == "sql" and rule.text("query") and not any(operator in rule.value for operator in Operator):
        rule.value[str(Operator.BE)] = True
        said = "has no operator, so the query must answer true; the standard asks for one: write mustBe: true"
        notes.info(rule.at("query"), said)


def _implementation(rule: Node, notes: Notes) -> None:
    written: Any = rule.value.get("implementation")
    if isinstance(written, str):
        try:
            written = parse(written.encode()).data
        except YamlError as error:
            notes.error(rule.at("implementation"), f"{error}; the check is not made")
            return
    if not isinstance(written, dict):
        return
    beside = {str(operator): rule.value.pop(operator) for operator in Operator if operator in rule.value}
    if beside:
        names = ", ".join(beside)
        notes.info(
            rule.at(names), f"the standard has no operator beside a custom rule; move {names} into implementation"
        )
    rule.value["implementation"] = {**beside, **written}
