"""One column of the table to one property of the contract, each promise with its evidence."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, field
from typing import Any

from checks import phrases, sensitive, suspects
from checks.contracts.importing.draft import Column as Property
from checks.contracts.inferring.evidence import Evidence, counted
from checks.contracts.inferring.limits import limits
from checks.records import Dataset
from checks.sensitive import hidden_of
from connectors import Column

_LOGICAL = (
    (("string", "uuid", "inet", "macaddr"), "string"),
    (("date",), "date"),
    (("timestamp",), "timestamp"),
    (("time",), "time"),
    (("boolean",), "boolean"),
    (("int", "uint"), "integer"),
    (("float",), "number"),
    (("struct", "map"), "object"),
    (("array",), "array"),
)
_LONGEST_TYPE = 100
#: fewer rows are no reason to promise that a column has no NULL and no value twice
FEWEST_ROWS = 10
_MOST_NULLS = 0.5
_ENOUGH_FOR_A_SHARE = 1000


@dataclass
class Drafted:
    """A property with its rules. `beside` says how each of its lines is known, by the keys that lead to it."""

    property: Property
    classification: str | None = None
    rules: list[dict[str, Any]] = field(default_factory=list)
    beside: dict[tuple[str | int, ...], str] = field(default_factory=dict)


def drafted(evidence: Evidence, dataset: Dataset, column: Column, key: tuple[str, ...]) -> Drafted:
    """What can be promised of a column; `key` is the primary key of the table."""
    made = Drafted(Property(column.name, logical_type(column), _physical_type(column)))
    _classify(made, evidence, dataset, column)
    if evidence.rows:
        _presence(made, evidence, column)
        _uniqueness(made, evidence, column, key)
    if column.type == "uuid":
        made.property.options["format"] = "uuid"
    if evidence.is_telling:
        _values(made, evidence, dataset, column)
    return made


def logical_type(column: Column) -> str | None:
    """The logical type of the standard for an observed column; None where it has no word for it."""
    if re.fullmatch(r"decimal(\(\d+, ?\d+\))?", column.type):
        return "integer" if column.type.endswith((", 0)", ",0)")) else "number"
    if column.type.startswith("interval"):
        return None
    return next((word for families, word in _LOGICAL if column.type.startswith(families)), None)


def _physical_type(column: Column) -> str | None:
    """The warehouse's own word; of an ENUM without its values, which may be sensitive, and of long ones nothing."""
    native = "ENUM" if column.native.upper().startswith("ENUM(") else column.native
    return native if 0 < len(native) <= _LONGEST_TYPE else None


# -- people ------------------------------------------------------------------------------------------------------------


def _classify(made: Drafted, evidence: Evidence, dataset: Dataset, column: Column) -> None:
    """What a contract says already stays. What looks personal is proposed as confidential: samples mask it then."""
    said = dataset.classified.get(column.name)
    format_ = evidence.survey.personal.get(column.name)
    if said:
        made.classification, why = said, f"as {dataset.contract_file or 'the contract'} says"
    elif format_:
        made.classification, why = "confidential", f"has values of the format {format_}; none of them is written here"
    elif sensitive.looks_personal(column.name):
        made.classification, why = "confidential", "by its name; none of its values is written here"
    else:
        return
    made.beside["classification",] = why


# -- presence and keys -------------------------------------------------------------------------------------------------


def _presence(made: Drafted, evidence: Evidence, column: Column) -> None:
    nulls = evidence.level("null_count", column.name)
    if nulls is None:
        return
    earlier = {day: count for day, count in evidence.series("null_count", column.name).items() if count}
    if nulls == evidence.rows:
        made.beside["name",] = f"nothing but NULL {evidence.over}"
    elif nulls:
        made.beside["name",] = f"NULL in {evidence.share(nulls)}"
        _few_nulls(made, evidence, column.name, nulls)
    elif earlier:
        days = evidence.series("null_count", column.name)
        made.beside["name",] = f"0 nulls {evidence.over}, but there were some in {len(earlier)} of {len(days)} buckets"
    elif evidence.rows >= FEWEST_ROWS or not column.nullable:
        made.property.required = True
        by_catalogue = "; NOT NULL in the catalogue" if not column.nullable else ""
        made.beside["required",] = f"0 nulls {evidence.over}{by_catalogue}"


def _few_nulls(made: Drafted, evidence: Evidence, name: str, nulls: float) -> None:
    """A warning where there are half as many NULLs again, in whole per cent; none where most of a bucket is NULL."""
    share = nulls / evidence.rows
    if evidence.rows < _ENOUGH_FOR_A_SHARE or share > _MOST_NULLS:
        return
    worst = max(evidence.series("null_rate", name).values(), default=None)
    if worst is not None and worst > _MOST_NULLS:
        return  # what the newest days do not have yet, or what days have had together
    rule = {"metric": "nullValues", "unit": "percent", "mustBeLessOrEqualTo": math.ceil(150 * share)}
    of_days = f", at most {phrases.percent(100 * worst)} in one bucket" if worst is not None else ""
    made.beside["quality", len(made.rules), "mustBeLessOrEqualTo"] = f"{phrases.percent(100 * share)} now{of_days}"
    made.rules.append({**rule, "severity": "warning"})


def _uniqueness(made: Drafted, evidence: Evidence, column: Column, key: tuple[str, ...]) -> None:
    name = column.name
    different = evidence.level("distinct_count", name)
    if name in key:
        made.property.key, made.property.required = key.index(name) + 1, True
        together = f"no ({', '.join(key)}) twice" if len(key) > 1 else "no value twice"
        made.beside["primaryKey",] = f"{together} {evidence.over}"
    elif evidence.duplicates(name) == 0 and evidence.is_telling and (suspects.is_text(column) or _tells_apart(column)):
        made.property.unique = True
        made.beside["unique",] = f"no value twice {evidence.over}"
    elif different and ("name",) not in made.beside and evidence.is_telling:
        made.beside["name",] = f"about {counted(different, 'different value')}"


def _tells_apart(column: Column) -> bool:
    return column.type == "uuid" or suspects.identifies(column.name)


# -- values ------------------------------------------------------------------------------------------------------------


def _values(made: Drafted, evidence: Evidence, dataset: Dataset, column: Column) -> None:
    present = evidence.present(column.name)
    if suspects.is_text(column) and present >= suspects.FEW:
        _format(made, evidence, column.name, present)
        _enum(made, evidence, column.name, present)
        _lengths(made, evidence, column.name)
    hidden = made.classification is not None or column.name.lower() in hidden_of(dataset.classified)
    found = limits(evidence, column, classified=hidden)
    for option, value, why in (("minimum", found.low, found.why_low), ("maximum", found.high, found.why_high)):
        if value is not None and made.property.key is None:
            made.property.options[option] = int(value) if value == int(value) else value
            made.beside["logicalTypeOptions", option] = why


def _format(made: Drafted, evidence: Evidence, name: str, present: float) -> None:
    """A named format that all values have."""
    for (column, format_), without in evidence.survey.invalid.items():
        if column == name and without == 0:
            made.property.options["format"] = format_
            made.beside["logicalTypeOptions", "format"] = f"all {counted(present, 'value')} have it"
            return


def _lengths(made: Drafted, evidence: Evidence, name: str) -> None:
    """A length that all values have is a promise; that none was longer than another is an accident."""
    shortest, longest = evidence.level("min_length", name), evidence.level("max_length", name)
    said = made.property.allowed or "format" in made.property.options
    if shortest and shortest == longest and not said:
        made.property.options |= {"minLength": int(shortest), "maxLength": int(shortest)}
        made.beside["logicalTypeOptions", "minLength"] = f"all values have {counted(shortest, 'character')}"


def _enum(made: Drafted, evidence: Evidence, name: str, present: float) -> None:
    """The values of a column of few values, unless the column is classified, or one of them is so rare that it may
    stand for one person, or is no text that can be read in a file."""
    values = evidence.survey.values.get(name, ())
    texts = [str(value) for value, _ in values]
    few = 0 < len(values) <= suspects.MOST_VALUES and len(values) * 20 <= present
    if not few or made.classification or min(times for _, times in values) < suspects.RARE:
        return
    if not all(text.isprintable() for text in texts):
        return
    made.property.allowed = sorted(texts)
    rarest = phrases.number(min(times for _, times in values))
    made.beside["enum",] = f"{counted(len(values), 'value')} {evidence.over}; the rarest {rarest} times"
