"""Incidents for readers of today: they were written when they opened, and what was classified since is not told any
more. Pure.

All texts name a value in one way, 'carrier = UA'. From there on a text is cut off, whatever the value has in it. What
people have written stays as it is.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import replace
from functools import lru_cache

from checks.records import EventKind, Incident, IncidentEvent
from checks.refusal import MASK

#: columns (lower case) whose values nobody is shown, by dataset (`checks.drill.hidden_columns`)
Hidden = Mapping[str, frozenset[str]]


def masked(incident: Incident, hidden: Hidden) -> Incident:
    """The incident without values of columns that are hidden now."""
    own = _of(incident, hidden)
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
    own, everywhere = _of(incident, hidden), _everywhere(hidden)
    if event.kind is not EventKind.EVIDENCE or not everywhere:
        return event
    told = [
        each | {"sentence": cut(each["sentence"], everywhere if each["kind"] == "upstream" else own)}
        for each in event.about["evidence"]
    ]
    return replace(event, about={**event.about, "evidence": told})


def masked_sentence(sentence: str, incident: Incident, hidden: Hidden) -> str:
    """The same for a sentence about the incident."""
    return cut(sentence, _of(incident, hidden))


def cut(text: str, columns: frozenset[str]) -> str:
    """The text up to the first value of one of the columns."""
    found = _naming(columns).search(text) if columns else None
    return f"{text[: found.end()]}{MASK}" if found else text


def _of(incident: Incident, hidden: Hidden) -> frozenset[str]:
    """Of a dataset that is there no more all is hidden that is hidden somewhere."""
    return _joined([hidden.get(name, _everywhere(hidden)) for name in incident.datasets])


def _everywhere(hidden: Hidden) -> frozenset[str]:
    return _joined(hidden.values())


def _joined(sets: Collection[frozenset[str]]) -> frozenset[str]:
    return frozenset[str]().union(*sets)


@lru_cache(maxsize=64)
def _naming(columns: frozenset[str]) -> re.Pattern[str]:
    names = "|".join(re.escape(name) for name in sorted(columns, key=len, reverse=True))
    return re.compile(rf"(?<!\w)(?:{names}) = ", re.IGNORECASE)
