"""Which incident a broken key belongs to. Pure; the first rule that finds one holds.

1. the open incident that has the key, broken or well again for a short while
2. the incident that had it and was resolved a short while ago: it opens again
3. an open incident of a dataset that this one is made from, which began before and not long ago: the nearest in time,
   of several the most upstream. A dataset that only has the keys of this one's rows takes nothing.
4. an open incident of the same dataset that began together with it: in the same bucket, or between the same runs
5. of a table that is gone: an open incident about others of its source that are gone since the same time
6. of runs that measure nothing, instead of 3 to 5: an open incident about such runs of the same source
7. a new one, which takes over what runs found below it before they came to it
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from checks.builtin import EXISTS, UNREADABLE
from checks.lineage.graph import Graph
from checks.records import Family, Incident, Key, Signal, Span, Symptom


class Why(StrEnum):
    """By which rule a key came into its incident."""

    SAME_KEY = "the same dimension of the same dataset"
    AGAIN = "broken again a short while after it was resolved"
    UPSTREAM = "made from a dataset that broke before"
    TOGETHER = "the same dataset, broken at the same time"
    GONE = "the same source, of which other tables are gone since the same time"
    UNMEASURED = "the same source, of which other datasets can not be measured either"
    NEW = "nothing else that is broken explains it"


@dataclass(frozen=True, slots=True)
class Place:
    """Where a signal belongs; without an incident it opens one. `of` is the dataset upstream that explains it."""

    why: Why
    incident: Incident | None = None
    of: str | None = None


@dataclass(frozen=True, slots=True)
class Numbers:
    """How long after its ancestor a dataset may fail and still be part of its incident (`spread`), and how long after
    it was resolved an incident opens again rather than anew, or a key that was well comes back (`reopen_within`)."""

    spread: timedelta
    reopen_within: timedelta


def place(signal: Signal, incidents: Iterable[Incident], graph: Callable[[], Graph], numbers: Numbers) -> Place:
    """Where a broken key belongs. `incidents` are the open ones and those resolved lately."""
    known = sorted(incidents, key=lambda each: each.id)
    standing = [each for each in known if each.is_open]
    for incident in standing:
        if _has_still(incident, signal, numbers.reopen_within):
            return Place(Why.SAME_KEY, incident)
    for incident in reversed(known):
        if _again(incident, signal, numbers.reopen_within):
            return Place(Why.AGAIN, incident)
    if signal.key.family is Family.RUNS:
        return _unmeasured(signal, standing)
    if signal.key.family is Family.SOURCE:
        return Place(Why.NEW)
    return _upstream(signal, standing, graph(), numbers.spread) or _beside(signal, standing)


def below(
    signal: Signal, into: Incident, incidents: Iterable[Incident], graph: Graph, spread: timedelta
) -> Iterator[Incident]:
    """The open incidents that are led by something made from the signal's dataset, and that began not before it and not
    long after: they were found first only because their datasets were measured first."""
    if (
        signal.key.family in (Family.SOURCE, Family.RUNS)
        or signal.key.subject not in graph.nodes
        or signal.began is None
    ):
        return
    downstream = graph.downstream(signal.key.subject)
    for incident in sorted(incidents, key=lambda each: each.id):
        lead = incident.lead
        is_other = incident.is_open and incident.id != into.id
        if is_other and lead.key.subject in downstream and _after(signal.began, lead.began, spread):
            yield incident


def _has(incident: Incident, key: Key) -> bool:
    return any(symptom.key == key for symptom in incident.symptoms)


def _has_still(incident: Incident, signal: Signal, within: timedelta) -> bool:
    """Whether the key is broken in it, or was until a short while ago: what was well for long breaks by itself, even
    where the rest of the incident was never mended."""
    own = (symptom for symptom in incident.symptoms if symptom.key == signal.key)
    return any(one.recovered_at is None or signal.at - one.recovered_at <= within for one in own)


def _again(incident: Incident, signal: Signal, within: timedelta) -> bool:
    if incident.resolved_at is None or incident.merged_into is not None:
        return False
    return _has(incident, signal.key) and signal.at - incident.resolved_at <= within


def _beside(signal: Signal, standing: Sequence[Incident]) -> Place:
    """With what began together with it, in the same dataset or as a table that is gone too."""
    for why, began_with in ((Why.TOGETHER, _together), (Why.GONE, _gone_with)):
        for incident in standing:
            if any(began_with(symptom, signal) for symptom in incident.symptoms):
                return Place(why, incident)
    return Place(Why.NEW)


def _unmeasured(signal: Signal, standing: Iterable[Incident]) -> Place:
    """A slow warehouse is one cause, however many of its tables time out; what data say is no part of it."""
    for incident in standing:
        runs = [symptom.key for symptom in incident.broken if symptom.key.family is Family.RUNS]
        if any(_source(key) == _source(signal.key) for key in runs):
            return Place(Why.UNMEASURED, incident)
    return Place(Why.NEW)


def _upstream(signal: Signal, standing: Iterable[Incident], graph: Graph, spread: timedelta) -> Place | None:
    if signal.key.subject not in graph.nodes or signal.began is None:
        return None
    distances = graph.upstream(signal.key.subject)
    found = [
        (
            abs(signal.began.latest - symptom.began.latest),
            -distances[symptom.key.subject],
            incident.id,
            incident,
            symptom,
        )
        for incident in standing
        for symptom in incident.broken
        if symptom.key.subject in distances and _after(symptom.began, signal.began, spread)
    ]
    if not found:
        return None
    *_, incident, symptom = min(found, key=lambda one: one[:3])
    return Place(Why.UPSTREAM, incident, symptom.key.subject)


def _after(ancestor: Span, descendant: Span, spread: timedelta) -> bool:
    """Whether the descendant may have begun after its ancestor, and not too long after."""
    may_be_before = ancestor.earliest is None or ancestor.earliest <= descendant.latest
    return may_be_before and descendant.latest - ancestor.latest <= spread


def _gone_with(symptom: Symptom, signal: Signal) -> bool:
    """Whether two tables of a source are gone since the same time: a schema was dropped, or a folder is not mounted."""
    if not (symptom.is_broken and is_gone(symptom) and is_gone(signal)) or _source(symptom.key) != _source(signal.key):
        return False
    return signal.began is not None and _overlap(symptom.began, signal.began)


def is_gone(found: Symptom | Signal) -> bool:
    """Whether it says that a table is not there."""
    return found.checks[:1] == (EXISTS,) and not found.sentence.startswith(UNREADABLE)


def _source(key: Key) -> str:
    return key.subject.partition(".")[0]


def _together(symptom: Symptom, signal: Signal) -> bool:
    """Whether both began at the same time, as far as can be told. What was never seen to be well began with what the
    same run found as a whole. A budget is spent by the trouble of its own dimension."""
    if symptom.key.subject != signal.key.subject or symptom.key == signal.key or signal.began is None:
        return False  # the same key was well for long, or it would have its incident
    if symptom.key.dimension == signal.key.dimension:
        return True
    one, other = symptom.began, signal.began
    if one.earliest is None or other.earliest is None:
        return one.latest == other.latest and symptom.bucket is None and signal.bucket is None
    return _overlap(one, other)


def _overlap(one: Span, other: Span) -> bool:
    """Whether both may have begun at the same moment; False where it is not known of one when it was well."""
    if one.earliest is None or other.earliest is None:
        return False
    return one.earliest < other.latest and other.earliest < one.latest
