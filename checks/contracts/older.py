"""What ODCS 3.0 wrote differently from the newest schema, which is the only one that contracts are checked with.

Version 3.0 had no closed list of rules and let every object carry fields of its own, so that neither is a mistake
there: both are told as warnings. `exclusiveMaximum: true` beside a `maximum` is today's `exclusiveMaximum: 100`.
"""

from __future__ import annotations

from collections.abc import Iterator

from checks.contracts.document import Node, Notes, properties_below, shown
from checks.contracts.read import Place
from checks.contracts.sentences import meant

METRICS = ("nullValues", "missingValues", "invalidValues", "duplicateValues", "rowCount")
_WORDS = {"duplicatecount": "duplicateValues", "rowcount": "rowCount"}  # in the text of 3.0


def is_old(root: Node) -> bool:
    """Whether the contract says that it is written in ODCS 3.0."""
    return (root.text("apiVersion") or "").startswith("v3.0")


def bring_forward(root: Node, rules: Iterator[Node], notes: Notes) -> frozenset[Place]:
    """Changes a contract of ODCS 3.0 in place. Returns the rules that have no meaning beyond their name."""
    if not is_old(root):
        return frozenset()
    for table in root.items("schema"):
        for each in properties_below(table):
            _bounds(each, notes)
    return frozenset(rule.place for rule in rules if _has_own_word(rule, notes))


def _has_own_word(rule: Node, notes: Notes) -> bool:
    word = rule.text("rule")
    if not word or "metric" in rule.value or rule.text("type") not in (None, "library"):
        return False
    if word in METRICS:
        return False
    known = _WORDS.get(word.lower())
    if known:
        rule.value["rule"] = known
        return False
    told = f"{shown(word)} is no rule that the standard describes, so it is not executed{meant(word, METRICS)}"
    notes.warning(rule.at("rule"), f"{told}; write metric ({', '.join(METRICS)}) and an operator")
    return True


def _bounds(node: Node, notes: Notes) -> None:
    options = node.child("logicalTypeOptions")
    for bound in ("maximum", "minimum"):
        flag = f"exclusive{bound.capitalize()}"
        if options is None or not isinstance(options.value.get(flag), bool):
            continue
        if options.value.pop(flag) and bound in options.value:
            options.value[flag] = options.value.pop(bound)
            notes.info(options.at(flag), f"is read as {flag}: {shown(options.value[flag])}, as since ODCS 3.1")
