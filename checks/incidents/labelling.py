"""What an incident was, said once: labels on the buckets of its symptoms, which detection learns from."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import UTC, datetime

from checks.builtin import EXISTS
from checks.history import History
from checks.incidents.actions import Said
from checks.incidents.coding import key_json
from checks.incidents.draft import Draft
from checks.learned.families import family_of
from checks.records import EventKind, Family, Incident, Label, LabelKind, Metric, Symptom

#: what says that nothing is wrong; a known error stays one
_NO_TROUBLE = (LabelKind.EXPECTED, LabelKind.FALSE_ALARM, LabelKind.NEW_REGIME)


def label(
    draft: Draft, incident: Incident, said: Said, history: History, at: datetime, vanished: Collection[str] = ()
) -> None:
    """Labels the buckets. Where the label says that it is no trouble, what only learned checks had shown leaves an open
    incident, and so does that one of the `vanished` tables is gone, which nobody has promised. A contract is not met by
    saying that it was expected: what it shows stays."""
    kind = LabelKind(said.about["label"])
    labels = [
        history.add_label(each) for symptom in incident.symptoms for each in _labels(symptom, kind, said, history, at)
    ]
    about = {"label": kind, "note": said.about["note"], "labels": [each.id for each in labels]}
    incident = draft.add(incident, at, said.kind, about, said.author)
    if not incident.is_open or kind not in _NO_TROUBLE:
        return
    for symptom in incident.broken:
        if _is_unpromised(symptom, vanished):
            incident = draft.add(incident, at, EventKind.LEFT, {"key": key_json(symptom.key)}, said.author)
    if not incident.broken:
        word = kind.replace("_", " ")
        resolution = f"{word}: {said.about['note']}" if said.about["note"] else f"labelled as {word}"
        draft.add(incident, at, EventKind.RESOLVED, {"resolution": resolution}, said.author)


def _is_unpromised(symptom: Symptom, vanished: Collection[str]) -> bool:
    if symptom.checks[:1] == (EXISTS,):
        return symptom.key.subject in vanished
    return bool(symptom.checks) and all(check.startswith("learned.") for check in symptom.checks)


def _labels(symptom: Symptom, kind: LabelKind, said: Said, history: History, at: datetime) -> Iterator[Label]:
    """One for each series that left its band there; where none did, one for all series of the dataset."""
    if symptom.key.family is not Family.DATA:
        return
    first, last = _buckets(symptom)
    alerts = history.alerts(symptom.key.subject, first, last)
    its = {
        finding.metric
        for alert in alerts
        for finding in alert.findings
        if family_of(finding.metric).check in symptom.checks
    }
    whole: list[Metric | None] = [None]
    for metric in sorted(its) or whole:
        name, column = (metric.name, metric.column) if metric else (None, None)
        end = first if kind is LabelKind.NEW_REGIME else last
        yield Label(0, symptom.key.subject, kind, first, end, said.author, at, name, column, note=said.about["note"])


def _buckets(symptom: Symptom) -> tuple[datetime, datetime]:
    """The first and the last bucket that were broken; of the table as a whole the days on which that was seen."""
    if symptom.bucket is None:
        days = (moment.astimezone(UTC).replace(tzinfo=None) for moment in (symptom.noticed_at, symptom.seen_at))
        first, last = (day.replace(hour=0, minute=0, second=0, microsecond=0) for day in days)
        return first, last
    return symptom.first_bucket or symptom.bucket, symptom.bucket
