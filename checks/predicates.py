"""What can be asked of the values of single rows: the vocabulary. How each is written as SQL is `meets.py`'s matter.

`fault` finishes '3 of 100 values ...': it says what the values are that do not meet the predicate.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from enum import StrEnum
from typing import Any

_MOST_LISTED = 8


class Relation(StrEnum):
    """How a value stands to a limit."""

    AT_LEAST = "at least"
    ABOVE = "above"
    AT_MOST = "at most"
    BELOW = "below"

    @property
    def opposite(self) -> Relation:
        """How a value stands that does not meet this."""
        pairs = {Relation.AT_LEAST: Relation.BELOW, Relation.ABOVE: Relation.AT_MOST}
        return (pairs | {other: one for one, other in pairs.items()})[self]


@dataclass(frozen=True, slots=True)
class OneOf:
    """The value is one of these, compared as text where one of them is text."""

    values: tuple[Any, ...]

    @property
    def fault(self) -> str:
        return f"not one of {_listed(self.values)}" if len(self.values) > 1 else f"not {_listed(self.values)}"


@dataclass(frozen=True, slots=True)
class Matches:
    """The value as text has a part that matches a regular expression (ECMA-262)."""

    pattern: str

    @property
    def fault(self) -> str:
        return f"not matching {self.pattern}"


@dataclass(frozen=True, slots=True)
class Limit:
    """The value is on one side of a number or moment. NaN and infinite numbers are on neither side. A moment and a
    column of which one has a time zone and the other has none meet in `zone`."""

    relation: Relation
    value: float | datetime | date | time
    zone: str = "UTC"

    @property
    def fault(self) -> str:
        return f"{self.relation.opposite} {_shown(self.value)}" if _is_number(self.value) else self._of_time

    @property
    def _of_time(self) -> str:
        words = {"at least": "before", "above": "not after", "at most": "after", "below": "not before"}
        return f"{words[self.relation]} {_shown(self.value)}"


@dataclass(frozen=True, slots=True)
class MultipleOf:
    """The value divided by this is a whole number; of floating-point numbers to nine digits."""

    number: float

    @property
    def fault(self) -> str:
        return f"not a multiple of {_shown(self.number)}"


@dataclass(frozen=True, slots=True)
class Length:
    """The text has at least or at most so many characters."""

    relation: Relation
    characters: int

    @property
    def fault(self) -> str:
        word = "shorter" if self.relation is Relation.AT_LEAST else "longer"
        return f"{word} than {_counted(self.characters, 'character')}"


@dataclass(frozen=True, slots=True)
class NotInFuture:
    """The moment is not later than that of the run and the leeway after it; one without a zone is read in `zone`."""

    zone: str = "UTC"

    @property
    def fault(self) -> str:
        return "in the future"


@dataclass(frozen=True, slots=True)
class Checksum:
    """The text matches a pattern, which lets capitals and digits through, and its check digits are right: ISO 7064,
    MOD 97-10, the first four characters last (IBAN)."""

    pattern: str

    @property
    def fault(self) -> str:
        return "with wrong check digits"


@dataclass(frozen=True, slots=True)
class Formatted:
    """The value has a format of the library (`formats.py`)."""

    name: str
    fault: str


@dataclass(frozen=True, slots=True)
class Items:
    """The list has at least or at most so many items."""

    relation: Relation
    number: int

    @property
    def fault(self) -> str:
        return f"with {_fewer_or_more(self.relation)} than {_counted(self.number, 'item')}"


@dataclass(frozen=True, slots=True)
class UniqueItems:
    """No item of the list is there twice."""

    @property
    def fault(self) -> str:
        return "with an item that is there twice"


@dataclass(frozen=True, slots=True)
class Properties:
    """The object has at least or at most so many properties."""

    relation: Relation
    number: int

    @property
    def fault(self) -> str:
        word = "property" if self.number == 1 else "properties"
        return f"with {_fewer_or_more(self.relation)} than {self.number:,} {word}"


@dataclass(frozen=True, slots=True)
class Keys:
    """The object has all these properties."""

    names: tuple[str, ...]

    @property
    def fault(self) -> str:
        return f"without {' or '.join(self.names)}"


@dataclass(frozen=True, slots=True)
class Typed:
    """The value, which is JSON, is of the type that stands for this logical type of ODCS."""

    logical_type: str

    @property
    def fault(self) -> str:
        return f"that are no {self.logical_type}"


Predicate = (
    OneOf
    | Matches
    | Limit
    | MultipleOf
    | Length
    | NotInFuture
    | Checksum
    | Formatted
    | Items
    | UniqueItems
    | Properties
    | Keys
    | Typed
)


def fault_of(predicates: Sequence[Predicate]) -> str:
    """What is wrong with values that do not meet all of them: 'not one of A, B or not matching ^A'."""
    return " or ".join(predicate.fault for predicate in predicates)


def _is_number(value: object) -> bool:
    return isinstance(value, int | float)


def _shown(value: Any) -> str:
    if isinstance(value, datetime):
        return value.isoformat(sep=" ")
    return repr(value) if isinstance(value, float) else str(value)


def _listed(values: Sequence[Any]) -> str:
    words = [str(value).lower() if isinstance(value, bool) else str(value) or "''" for value in values[:_MOST_LISTED]]
    more = len(values) - len(words)
    return ", ".join(words) + (f" or {more} more" if more else "")


def _fewer_or_more(relation: Relation) -> str:
    return "fewer" if relation is Relation.AT_LEAST else "more"


def _counted(amount: int, thing: str) -> str:
    return f"{amount:,} {thing}{'' if amount == 1 else 's'}"
