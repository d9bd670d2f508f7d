"""What events say of symptoms, as JSON and back."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from checks.records import Key, Symptom

if TYPE_CHECKING:
    from pydantic import TypeAdapter


def symptom_json(symptom: Symptom) -> dict[str, Any]:
    """A symptom as an event has it."""
    return _symptoms().dump_python(symptom, mode="json")


def symptom_of(document: Any) -> Symptom:
    """The symptom that an event speaks of."""
    return _symptoms().validate_python(document)


def key_json(key: Key) -> dict[str, Any]:
    """A key as an event has it."""
    return {"subject": key.subject, "dimension": key.dimension, "family": key.family}


def key_of(document: Any) -> Key:
    """The key that an event speaks of."""
    return _keys().validate_python(document)


@cache
def _symptoms() -> TypeAdapter[Symptom]:
    from pydantic import TypeAdapter  # here and not above: built when the first incident opens

    return TypeAdapter(Symptom)


@cache
def _keys() -> TypeAdapter[Key]:
    from pydantic import TypeAdapter

    return TypeAdapter(Key)
