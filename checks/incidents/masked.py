"""Incidents for readers of today: they were written when they opened, and what was classified since is not told any
more. Pure.

All texts name a value in one way, 'carrier = UA'. From there on a text is cut off, whatever the value has in it. What
people have written stays as it is.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache

from checks.drill import hidden_columns
from checks.records import Dataset, EventKind, Incident, IncidentEvent
from checks.refusal import MASK


@dataclass(frozen=True)
class Hidden:
    """The columns (lower case) whose values nobody is shown, by dataset."""

    columns: Mapping[str, frozenset[str]]

    @classmethod
    def of(cls, datasets: Mapping[str, Dataset]) -> Hidden:
        return cls(hidden_columns(datasets))

    @cached_property
    def everywhere(self) -> frozenset[str]:
        """Those of any dataset."""
        return frozenset[str]().union(*self.columns.values())

    def about(self, incident: Incident) -> frozenset[str]:
        """Of a dataset that is there no more all is hidden that is hidden somewhere."""
        known = (self.columns.get(name) for name in incident.datasets)
        return frozenset[str]().union(*(self.everywhere if own is None else own for own in known))


def masked(incident: Incident, hidden: Hidden) -> Incident:
    """The incident without values of columns that are hidden now."""
    own = hidden.about(incident)
    if not own:
        return incident
    return replace(
        incident,
        title=cut(incident.title, own),
        cause=incident.cause and cut(incident.cause, own),
        symptoms=tuple(replace(each, sentence=cut(each.sentence, own)) for each in incident.symptoms),
    )


def masked_evidence(event: IncidentEvent, incident: Incident, hidden: Hidden) -> IncidentEvent:
    """The same for an event with evidence; of what is told about other datasets all is hidden that is hidden
    somewhere."""
    own, everywhere = hidden.about(incident), hidden.everywhere
    if event.kind is not EventKind.EVIDENCE or not everywhere:
        return event
    told = [
        each | {"sentence": cut(each["sentence"], everywhere if each["kind"] == "upstream" else own)}
        for each in event.about["evidence"]
    ]
    return replace(event, about={**event.about, "evidence": told})


def masked_sentence(sentence: str, incident: Incident, hidden: Hidden) -> str:
    """The same for a sentence about the incident."""
    return cut(sentence, hidden.about(incident))


def cut(text: str, columns: frozenset[str]) -> str:
    """The text up to the first value of one of the columns."""
    found = _naming(columns).search(text) if columns else None
    return f"{text[: found.end()]}{MASK}" if found else text


@lru_cache(maxsize=64)
def _naming(columns: frozenset[str]) -> re.Pattern[str]:
    names = "|".join(re.escape(name) for name in sorted(columns, key=len, reverse=True))
    return re.compile(rf"(?<!\w)(?:{names}) = ", re.IGNORECASE)
