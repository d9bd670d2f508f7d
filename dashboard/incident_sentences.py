"""What is said of incidents. Pure, and tested to the letter like `words`."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime

from checks import phrases
from checks.incidents.headlines import well_again
from checks.records import Family, Incident, IncidentState, Result, Symptom
from dashboard import words


def headline(incidents: Sequence[Incident]) -> str:
    """'2 incidents are open: flights lost 17 % of its rows since 25 Nov: carrier = UA'; the worst of them is named."""
    still = sorted((one for one in incidents if one.is_open), key=lambda one: (-one.severity.rank, -one.id))
    if not still:
        return "No incident is open"
    told = "1 incident is open" if len(still) == 1 else f"{words.number(len(still))} incidents are open"
    return f"{told}: {still[0].title}"


def state(incident: Incident, at: datetime) -> str:
    """'◐ acknowledged', with the word that nobody is told while it is muted."""
    told = words.incident_state(incident.state)
    return f"{told}, muted" if incident.is_open and incident.is_muted(at) else told


def began(incident: Incident) -> datetime:
    """Since when it is, as far as is known."""
    return incident.happened_at or incident.noticed_at


def lasted(incident: Incident, at: datetime) -> str:
    """How long it has lasted by now, or until it was resolved: '2 d 4 h'."""
    return words.coarse(max(0.0, ((incident.resolved_at or at) - began(incident)).total_seconds()))


def since(incident: Incident, at: datetime) -> str:
    """'2 d ago (2026-11-24 00:00 UTC)'; what was never seen to be well has no beginning that is known."""
    if incident.happened_at is None:
        return "not known: it was never seen to be well"
    return words.exactly(incident.happened_at, at)


def noticed(incident: Incident, at: datetime) -> str:
    """'1 d ago (2026-11-25 06:00 UTC), 1 d 6 h after it began'."""
    told = words.exactly(incident.noticed_at, at)
    if incident.happened_at is None or incident.noticed_at <= incident.happened_at:
        return told
    return f"{told}, {words.coarse((incident.noticed_at - incident.happened_at).total_seconds())} after it began"


def standing(incident: Incident, at: datetime) -> str:
    """Where the work on it is, in one sentence."""
    match incident.state:
        case IncidentState.OPEN:
            told = "Nobody has acknowledged it yet" if incident.acknowledged_at is None else "It is broken again"
        case IncidentState.ACKNOWLEDGED:
            told = f"Acknowledged {words.ago(incident.acknowledged_at, at)}"
        case IncidentState.MONITORING:
            claimed = words.ago(incident.monitoring_since, at)
            told = f"Said to be mended {claimed}: it resolves itself when runs are healthy, and opens again when not"
        case IncidentState.RESOLVED:
            told = _resolved(incident, at)
    if incident.is_open and incident.assignee:
        told += f"; {incident.assignee} has it"
    if incident.is_open and incident.muted_until and incident.is_muted(at):
        told += f"; nobody is told until {words.utc(incident.muted_until)}"
    return f"{told}."


def _resolved(incident: Incident, at: datetime) -> str:
    when = words.exactly(incident.resolved_at, at)
    if incident.merged_into is not None:
        return f"Became a part of incident {incident.merged_into}, {when}"
    why = incident.resolution.strip().rstrip(".") if incident.resolution else well_again(incident.lead.key)
    return f"Resolved {when} after {lasted(incident, at)}: {why}"


def recovered(symptom: Symptom, at: datetime) -> str:
    """'✕ broken', '… healthy in 1 run', '✓ over 2 h ago': it recovered, or somebody has resolved the incident."""
    if symptom.recovered_at is not None:
        return f"✓ over {words.ago(symptom.recovered_at, at)}"
    return f"… healthy in {words.count(symptom.well_runs, 'run')}" if symptom.well_runs else "✕ broken"


def about(symptom: Symptom) -> str:
    """What a symptom is about: 'coverage', 'error budget of timeliness', 'source'."""
    if symptom.key.dimension is None:
        return "runs" if symptom.key.family is Family.RUNS else "source"
    dimension = symptom.key.dimension.value
    return f"error budget of {dimension}" if symptom.key.family is Family.BUDGET else dimension


def in_short(incident: Incident, at: datetime) -> dict[str, str]:
    """What the overview says of an incident below its title."""
    now = standing(incident, at).rstrip(".")
    return {
        "why": incident.cause or "not known yet",
        "began": words.ago(incident.happened_at, at) if incident.happened_at else "not known",
        "owner": phrases.listed(incident.owners, 2) or "nobody named",
        "now": f"{now[:1].lower()}{now[1:]}",
    }


def no_cause(anything: bool) -> str:
    """What is said where no cause is known, above what was found, if `anything` was."""
    if anything:
        return "The cause is not known yet. What was found:"
    looked = "rows, runs, columns, contracts, what it is made from"
    return f"The cause is not known yet: nothing that was looked at explains it ({looked})."


def reach(datasets: Sequence[str], consumers: Sequence[str]) -> str:
    """'2 datasets are made from it: a, b. 1 consumer reads them: billing.'"""
    if not datasets and not consumers:
        return "Nothing that is known is made from it, and nobody is named who reads it."
    told = []
    if datasets:
        verb = "dataset is" if len(datasets) == 1 else "datasets are"
        told.append(f"{len(datasets)} {verb} made from it: {phrases.listed(datasets)}.")
    if consumers:
        verb = "consumer reads" if len(consumers) == 1 else "consumers read"
        told.append(f"{len(consumers)} {verb} what is affected: {phrases.listed(consumers)}.")
    return " ".join(told)


def unmeasured(datasets: Sequence[str], consumers: Sequence[str]) -> str:
    """Whom a source reaches that does not answer: 'Nothing is known meanwhile of 2 datasets: a, b. 1 consumer …'."""
    told = f"Nothing new is known meanwhile of {words.count(len(datasets), 'dataset')}: {phrases.listed(datasets)}."
    if not consumers:
        return told
    verb = "consumer reads" if len(consumers) == 1 else "consumers read"
    return f"{told} {len(consumers)} {verb} from there: {phrases.listed(consumers)}."


def banner(incident: Incident) -> str:
    """One incident in one line, beside its severity: 'flights lost 17 % of its rows since 25 Nov (acknowledged)'."""
    return f"{incident.title} ({incident.state})"


def found_by(result: Result, incident: Incident, *, hourly: bool) -> str:
    """What one of its checks found, below the title of the incident: what the title says is not said again."""
    told = result.observed or result.reason
    if not told or not _says(incident.title, told) or (result.column or "") not in incident.title:
        return words.evidence(result, hourly=hourly)
    return f"expected {result.expected}" if result.observed and result.expected else ""


def _says(title: str, told: str) -> bool:
    """Whether the title has these words, and not the end or the beginning of longer ones: '34 rows' of '334 rows'."""
    return re.search(rf"(?<![\w.,:-]){re.escape(told)}(?![\w%-]|[.,:]\w)", title) is not None


def nodes(incidents: Sequence[Incident]) -> str:
    """What the box of a dataset says of its open incidents: 'incident 7', 'incidents 7, 9'; nothing for none."""
    numbers = phrases.listed([str(one.id) for one in incidents], 3)
    return f"incident{'s' if len(incidents) > 1 else ''} {numbers}" if incidents else ""


def cell(incidents: Sequence[Incident]) -> str:
    """What a table says of the incidents of one dataset: '▅ 7', '▅ 7 +2' with two more; nothing where there is none."""
    if not incidents:
        return ""
    more = f" +{len(incidents) - 1}" if len(incidents) > 1 else ""
    return f"{words.SEVERITY_ICON[incidents[0].severity]} {incidents[0].id}{more}"
