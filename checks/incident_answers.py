"""What is answered about incidents, and what is done with them: the same for commands, HTTP and pages."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from checks import phrases
from checks.answers import parsed_moment
from checks.incidents import Action, ActionKind, UnknownIncident, WrongAction
from checks.incidents.document import incident_document, timeline_document
from checks.incidents.masked import Hidden, masked, masked_evidence
from checks.incidents.postmortem import report
from checks.incidents.severity import subjects_of
from checks.incidents.timeline import Line, timeline
from checks.monitor import Monitor
from checks.records import EventKind, Incident, IncidentSeverity, IncidentState
from checks.service_levels import ResponseTimes

Document = dict[str, Any]
OPEN, ALL = "open", "all"


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which incidents: in a state ('open' is all that are not resolved, 'all'), of a severity at least, of a dataset or
    source, resolved since a moment (open ones always count)."""

    state: str = OPEN
    severity: str | None = None
    dataset: str | None = None
    since: str | None = None


def incidents_document(monitor: Monitor, wanted: Wanted) -> Document:
    """{"incidents": [...]}: the worst first, then the newest. Raises WrongAction, UnknownDataset."""
    return {"incidents": [incident_document(each) for each in incidents(monitor, wanted)]}


def incidents(monitor: Monitor, wanted: Wanted) -> list[Incident]:
    """The incidents that are wanted. Raises WrongAction, UnknownDataset."""
    state = _word(wanted.state, (ALL, *IncidentState), "state")
    least = IncidentSeverity(_word(wanted.severity or IncidentSeverity.LOW, tuple(IncidentSeverity), "severity"))
    found = shown(monitor, monitor.history.incidents(open_only=state == OPEN, since=_since(wanted.since)))
    subject = _subject(monitor, wanted.dataset, found) if wanted.dataset else None
    fitting = [
        each
        for each in found
        if (state in (OPEN, ALL) or each.state == state)
        and each.severity.rank >= least.rank
        and (subject is None or subject in each.datasets)
    ]
    return sorted(fitting, key=lambda each: (not each.is_open, -each.severity.rank if each.is_open else 0, -each.id))


def one(monitor: Monitor, number: int) -> tuple[Incident, list[Line]]:
    """An incident with its timeline, oldest line first. Raises UnknownIncident."""
    found = monitor.history.incident(number)
    if found is None:
        raise UnknownIncident(number)
    [told] = shown(monitor, [found])
    return told, timeline(monitor.history, found, monitor.datasets(), monitor.clock())


def shown(monitor: Monitor, incidents: Sequence[Incident]) -> list[Incident]:
    """Incidents of the history as they may be told today."""
    hidden = Hidden.of(monitor.datasets() if incidents else {})
    return [masked(each, hidden) for each in incidents]


def evidence(monitor: Monitor, number: int) -> list[str]:
    """What was found about its cause, each sentence once, in the order in which it was found. Raises
    UnknownIncident."""
    found = monitor.history.incident(number)
    if found is None:
        raise UnknownIncident(number)
    hidden = Hidden.of(monitor.datasets())
    events = (masked_evidence(each, found, hidden) for each in monitor.history.incident_events(number))
    told = (one for each in events if each.kind is EventKind.EVIDENCE for one in each.about["evidence"])
    return list(dict.fromkeys(one["sentence"] for one in told))


def one_document(monitor: Monitor, number: int) -> Document:
    """{"incidents": [it]} with its "timeline". Raises UnknownIncident."""
    found, lines = one(monitor, number)
    return {"incidents": [incident_document(found) | {"timeline": timeline_document(lines)}]}


def act(monitor: Monitor, number: int, action: Action) -> Document:
    """Does something with an incident, and answers with it. Raises UnknownIncident, WrongAction, NotPossible."""
    monitor.desk.act(number, action, monitor.clock())
    return one_document(monitor, number)


def action_of(word: str, author: str, text: str | None = None, note: str | None = None) -> Action:
    """An action in words. Raises WrongAction."""
    return Action(ActionKind(_word(word, tuple(ActionKind), "action")), author, text, note)


def report_document(monitor: Monitor, number: int) -> Document:
    """{"id", "markdown"}: a draft of a post-mortem. Raises UnknownIncident."""
    found, lines = one(monitor, number)
    dataset = monitor.datasets().get(found.lead.key.subject)
    asked = dataset.response_times if dataset else ResponseTimes()
    return {"id": number, "markdown": report(found, lines, asked, monitor.clock())}


def exit_code(document: Document) -> int:
    """0 where none is open, 1 where one is that has to be mended, 2 where all only warn."""
    severities = [each["severity"] for each in document["incidents"] if each["state"] != IncidentState.RESOLVED]
    if not severities:
        return 0
    return 2 if all(word == IncidentSeverity.LOW for word in severities) else 1


def unwatched(monitor: Monitor) -> list[tuple[Incident, list[str]]]:
    """The open incidents of which no run can tell any more whether all in them is well, with the names that are not
    watched: tables that are gone, or were taken out of the configuration. While a source does not answer, nobody knows
    of its tables."""
    silent = {state.name for state in monitor.catalogue.sources() if state.answered_at is None or state.error}
    known = {*monitor.datasets(), *monitor.config.sources}
    found = []
    for incident in monitor.history.incidents(open_only=True):
        names = sorted({each.key.subject for each in incident.broken} - known)
        gone = [name for name in names if name.partition(".")[0] not in silent]
        if gone:
            found.append((incident, gone))
    return found


def waits(monitor: Monitor) -> list[tuple[Incident, str, bool]]:
    """What each of the other open incidents waits for, the worst first, and whether that will come by itself."""
    alone = {incident.id for incident, _ in unwatched(monitor)}
    due, at = monitor.next_runs(), monitor.clock()
    found = []
    for incident in incidents(monitor, Wanted()):
        if incident.id not in alone:
            names = {name for each in incident.broken for name in subjects_of(each, monitor.datasets())}
            slots = [due[name] for name in names if name in due]
            said = f"{_who(incident, at)}; {_run(names, slots, scheduled=monitor.ticked_at is not None)}"
            found.append((incident, said, bool(slots)))
    return found


def _who(incident: Incident, at: datetime) -> str:
    if incident.state is IncidentState.MONITORING:
        return "is said to be mended"
    if incident.state is IncidentState.OPEN and not incident.is_muted(at):
        return f"waits for somebody: `python -m checks incidents {incident.id} ack` says that you have it"
    muted = f"is muted until {phrases.moment(incident.muted_until)}" if incident.muted_until else "is acknowledged"
    return f"{incident.assignee} has it" if incident.assignee else muted


def _run(names: Collection[str], slots: Sequence[datetime], *, scheduled: bool) -> str:
    what = f"the next run of {phrases.listed(sorted(names), 3)}"
    if not slots:
        return f"no run is due that could tell whether it is over; `python -m checks run` makes {what}"
    when = f", due {phrases.moment(max(slots))}," if scheduled else ""
    return f"{what}{when} tells whether it is over"


def _subject(monitor: Monitor, name: str, among: Sequence[Incident]) -> str:
    """A source, a dataset, or what is not watched any more and has incidents still."""
    if name in monitor.config.sources or any(name in each.datasets for each in among):
        return name
    return monitor.named([name])[0].name


def _since(text: str | None) -> datetime | None:
    try:
        return parsed_moment(text) if text else None
    except ValueError as error:
        raise WrongAction(f"since: {error}") from None


def _word(word: str, known: tuple[str, ...], name: str) -> str:
    if word not in known:
        raise WrongAction(f"{name}: '{word[:60]}' is not one of {', '.join(known)}")
    return word
