"""What a change of a contract means, and for whom.

A contract is a promise about data. Tightening it asks more of those who produce the data, loosening it gives less to
those who read it, so every change has two verdicts.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum, StrEnum
from typing import Any

from checks.contracts.read import Place


class Verdict(StrEnum):
    """What a change does to one side, the worst first. BREAKING: data or code that was right can be wrong now.
    COMPATIBLE: what is promised changed, and nothing that was right becomes wrong. INFORMATIONAL: nothing that is
    promised about the data changed."""

    BREAKING = "breaking"
    COMPATIBLE = "compatible"
    INFORMATIONAL = "informational"


class Effect(Enum):
    """What happened to the promise, with the verdicts for (consumers, producers).

    Consumers read data of the new contract with code that was written for the old one. Producers made data that fits
    the old contract and is now held to the new one.
    """

    TIGHTENED = (Verdict.COMPATIBLE, Verdict.BREAKING)
    LOOSENED = (Verdict.BREAKING, Verdict.COMPATIBLE)
    CHANGED = (Verdict.BREAKING, Verdict.BREAKING)
    HARMLESS = (Verdict.COMPATIBLE, Verdict.COMPATIBLE)
    NOTED = (Verdict.INFORMATIONAL, Verdict.INFORMATIONAL)

    @property
    def consumer(self) -> Verdict:
        return self.value[0]

    @property
    def producer(self) -> Verdict:
        return self.value[1]

    @property
    def softened(self) -> Effect:
        """The same where breaking the promise fails nothing, as for rules that only warn."""
        return Effect.NOTED if self is Effect.NOTED else Effect.HARMLESS

    @property
    def word(self) -> str:
        return self.name.lower()


def effect_of(*, tightened: bool, loosened: bool) -> Effect:
    """The effect of what is tightened in one respect and loosened in another."""
    if tightened and loosened:
        return Effect.CHANGED
    return Effect.TIGHTENED if tightened else Effect.LOOSENED if loosened else Effect.HARMLESS


def of_flag(*, before: bool, after: bool) -> Effect:
    """The effect of a demand that is made or dropped."""
    return effect_of(tightened=after and not before, loosened=before and not after)


def together(*effects: Effect) -> Effect:
    """One effect that says what several say."""
    if all(effect is Effect.NOTED for effect in effects):
        return Effect.NOTED
    return effect_of(
        tightened=any(effect.producer is Verdict.BREAKING for effect in effects),
        loosened=any(effect.consumer is Verdict.BREAKING for effect in effects),
    )


@dataclass(frozen=True, slots=True)
class Change:
    """One difference between two versions of a contract.

    `path` addresses elements by name, `kind` is a short stable word such as column.removed, `old` and `new` are the
    values (None: absent) without secrets, `reason` says why the verdicts are what they are. `place` is where it is in
    the new document, or what contained it there.
    """

    path: str
    kind: str
    consumer: Verdict
    producer: Verdict
    old: Any
    new: Any
    reason: str
    place: Place

    @property
    def worst(self) -> Verdict:
        return worst((self.consumer, self.producer))


def worst(verdicts: Iterable[Verdict]) -> Verdict:
    """The worst of the verdicts; of none, informational."""
    found = set(verdicts)
    return next((verdict for verdict in Verdict if verdict in found), Verdict.INFORMATIONAL)
