"""A draft of a post-mortem as Markdown: what is known is written down, what is not is asked. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta

from checks import phrases
from checks.incidents.timeline import Line, what
from checks.objectives.response import Took, response
from checks.records import EventKind, Incident, Symptom
from checks.service_levels import ResponseTimes

_SPECIAL = re.compile(r"([\\`*_{}\[\]<>#|~])")
_LISTED = 20
_NOT_FOUND = "Nothing was found that explains it."


def report(incident: Incident, lines: Sequence[Line], asked: ResponseTimes, at: datetime) -> str:
    """The draft. `lines` are the timeline, `asked` what the contract asks of detecting, telling and mending."""
    parts = [
        [
            f"# Post-mortem: {_text(incident.title)}",
            "",
            f"Incident {incident.id}, {_status(incident)}. Draft of {phrases.moment(at)}.",
        ],
        ["## What happened", "", *_what(incident)],
        ["## When", "", *_when(incident)],
        ["## Impact", "", *_impact(incident)],
        ["## Evidence", "", *_evidence(incident, lines)],
        ["## Times", "", *_times(incident, asked, at)],
        ["## Timeline", "", *_timeline(lines)],
        ["## Open questions", "", *_questions(incident)],
    ]
    return "\n\n".join("\n".join(part) for part in parts) + "\n"


def _status(incident: Incident) -> str:
    reopened = (
        f", reopened {incident.reopened} time{'' if incident.reopened == 1 else 's'}" if incident.reopened else ""
    )
    return f"severity {incident.severity}, {incident.state}{reopened}"


def _what(incident: Incident) -> Iterator[str]:
    for symptom in incident.symptoms[:_LISTED]:
        yield f"- {_text(what(symptom.key))}: {_text(symptom.sentence)}{_well(symptom)}"
    if len(incident.symptoms) > _LISTED:
        yield f"- and {len(incident.symptoms) - _LISTED:,} more"
    if incident.merged_into is not None:
        yield f"- It became a part of incident {incident.merged_into}; its story goes on there."


def _well(symptom: Symptom) -> str:
    return f" (well again {phrases.moment(symptom.recovered_at)})" if symptom.recovered_at else ""


def _when(incident: Incident) -> Iterator[str]:
    moments = (
        ("Happened", incident.happened_at, "not known: it was never seen to be well"),
        ("Noticed", incident.noticed_at, ""),
        ("Acknowledged", incident.acknowledged_at, "not yet" if incident.is_open else "never"),
        ("Resolved", incident.resolved_at, "not yet"),
    )
    for word, moment, otherwise in moments:
        how = f": {_text(incident.resolution)}" if word == "Resolved" and incident.resolution else ""
        yield f"- {word}: {phrases.moment(moment) if moment else otherwise}{how}"


def _impact(incident: Incident) -> Iterator[str]:
    yield f"- Datasets: {_listed(incident.datasets)}"
    yield f"- Owners: {_listed(incident.owners)}"
    yield f"- Consumers reached: {_listed(incident.consumers)}"


def _evidence(incident: Incident, lines: Iterable[Line]) -> Iterator[str]:
    yield f"- Likely cause: {_text(incident.cause)}" if incident.cause else f"- {_NOT_FOUND}"
    kinds = (EventKind.EVIDENCE, "schema", "contract")
    told = dict.fromkeys(line.sentence for line in lines if line.kind in kinds and line.sentence != incident.cause)
    yield from (f"- {_text(sentence)}" for sentence in told)
    yield from (f"- <{link}>" for link in incident.links)


def _times(incident: Incident, asked: ResponseTimes, at: datetime) -> Iterator[str]:
    """From when it happened to when it was noticed, and from then on until somebody had it and until it was over."""
    steps = response(incident, asked, at)
    yield f"- To detect: {_length(steps.detect)}"
    yield f"- To acknowledge: {_length(steps.acknowledge)}"
    yield f"- To mend: {_length(steps.repair)}"


def _length(step: Took) -> str:
    said = phrases.duration(step.length) if step.length is not None else "not known"
    said = said if step.is_over else f"not yet, after {said}"
    if step.limit is None:
        return said
    verdict = {True: ", kept", False: ", missed", None: ""}[step.kept]
    return f"{said} (the contract asks for {phrases.duration(step.limit)}{verdict})"


def _timeline(lines: Iterable[Line]) -> Iterator[str]:
    yield "| at (UTC) | who | what |"
    yield "| --- | --- | --- |"
    for line in lines:
        yield f"| {line.at:%Y-%m-%d %H:%M} | {_text(line.author)} | {_text(line.sentence)} |"


def _questions(incident: Incident) -> Iterator[str]:
    if incident.cause is None:
        yield "- What was the cause?"
    else:
        yield f"- What is behind it: why did this happen? ({_text(incident.cause)})"
    if incident.happened_at is None:
        yield "- When did it begin?"
    elif incident.noticed_at - incident.happened_at > timedelta(hours=1):
        yield f"- Why was it noticed {phrases.duration(incident.noticed_at - incident.happened_at)} after it began?"
    if incident.consumers:
        yield f"- Who has used wrong data meanwhile, and do they know? ({_listed(incident.consumers)})"
    if incident.reopened:
        yield "- Why did it break again?"
    yield "- What would have prevented it, and who does that by when?"


def _listed(names: Sequence[str]) -> str:
    return _text(phrases.listed(names, _LISTED)) if names else "none known"


def _text(words: str) -> str:
    """Words on one line, in which nothing is markup."""
    return _SPECIAL.sub(r"\\\1", " ".join(words.split()))
