"""What each event does to an incident in each state, read off the table in the docstring, and what else it changes."""

from __future__ import annotations

import pytest

from checks.incidents.coding import key_json, symptom_json
from checks.incidents.transitions import NotPossible, folded, step
from checks.records import Dimension, EventKind, Incident, IncidentSeverity, IncidentState
from tests.incidents import DAY, HOUR, NINE, event, incident, key, source_key, symptom


def table() -> dict[tuple[EventKind, IncidentState | None], IncidentState | None]:
    """The table of the docstring: the state after each event in each state, None where it is not possible."""
    lines = [line.split() for line in (step.__doc__ or "").splitlines()]
    rows = [words for words in lines if words and words[0] in list(EventKind)]
    states = (None, *IncidentState)
    return {
        (EventKind(kind), before): None if word == "." else IncidentState(word)
        for kind, *words in rows
        for before, word in zip(states, words, strict=False)
    }


def test_the_table_has_a_row_for_every_event():
    assert {kind for kind, _ in table()} == set(EventKind)
    assert len(table()) == len(EventKind) * 5


@pytest.mark.parametrize(("kind", "before"), table(), ids=str)
def test_every_event_in_every_state_does_what_the_table_says(kind, before):
    then: Incident | None = None if before is None else incident(before)
    expected = table()[kind, before]
    if expected is None:
        with pytest.raises(NotPossible):
            step(then, event(kind))
    else:
        assert step(then, event(kind)).state is expected


@pytest.mark.parametrize(
    ("state", "kind", "sentence"),
    [
        ("acknowledged", "acknowledged", "incident 7 can not be acknowledged: it is acknowledged already"),
        (
            "resolved",
            "acknowledged",
            "incident 7 can not be acknowledged: it is resolved, and opens again when a run finds it broken",
        ),
        (
            "monitoring",
            "monitored",
            "incident 7 can not be monitored: it is monitored already, resolves when healthy and opens again when not",
        ),
        ("open", "reopened", "incident 7 can not be reopened: it is open"),
    ],
)
def test_what_is_not_possible_is_said_with_what_is(state, kind, sentence):
    with pytest.raises(NotPossible) as error:
        step(incident(IncidentState(state)), event(EventKind(kind)))
    assert str(error.value) == sentence


def test_what_was_merged_is_worked_on_in_the_other_incident():
    merged = step(incident(), event(EventKind.MERGED, into=3))
    assert (merged.merged_into, merged.state, merged.broken) == (3, IncidentState.RESOLVED, ())
    with pytest.raises(NotPossible, match=r"^incident 7 can not be muted: it is part of incident 3; do it there$"):
        step(merged, event(EventKind.MUTED))


def test_the_first_symptom_leads_and_says_when_it_happened():
    opened = event(EventKind.OPENED, symptoms=[symptom_json(symptom(happened_at=NINE - DAY))], owners=["Orders"])
    assert step(None, opened) == incident(
        noticed_at=NINE + HOUR, happened_at=NINE - DAY, symptoms=(symptom(happened_at=NINE - DAY),), owners=("Orders",)
    )


def test_a_symptom_joins_behind_the_others_and_comes_back_to_its_place():
    other = symptom(key("lake.daily"))
    both = step(incident(), event(EventKind.ATTACHED, symptom=symptom_json(other), severity="high"))
    assert both.symptoms == (symptom(), other)
    assert both.severity is IncidentSeverity.HIGH
    gone = step(both, event(EventKind.RECOVERED))
    assert [each.recovered_at for each in gone.symptoms] == [NINE + HOUR, None]
    again = step(gone, event(EventKind.ATTACHED))
    assert [(each.key, each.is_broken) for each in again.symptoms] == [(key(), True), (other.key, True)]


def test_healthy_runs_are_counted_in_the_symptom():
    assert step(incident(), event(EventKind.OBSERVED)).lead.seen_at == NINE + HOUR
    told = {"key": key_json(key()), "well_runs": 1}
    seen = event(EventKind.OBSERVED)
    once = step(incident(), type(seen)(7, 2, NINE + HOUR, EventKind.OBSERVED, "Vitals", told))
    assert (once.lead.well_runs, once.lead.seen_at, once.lead.is_broken) == (1, NINE, True)


def test_nothing_of_a_resolved_incident_counts_as_broken_and_what_breaks_again_comes_back_alone():
    two = step(incident(), event(EventKind.ATTACHED, symptom=symptom_json(symptom(key("lake.daily")))))
    resolved = step(two, event(EventKind.RESOLVED, at=NINE + DAY))
    assert (resolved.resolved_at, resolved.resolution, resolved.broken) == (NINE + DAY, "mended", ())
    again = step(resolved, event(EventKind.REOPENED))
    assert [each.key for each in again.broken] == [key()]
    assert (again.reopened, again.resolved_at, again.resolution) == (1, None, None)


def test_the_first_acknowledgement_counts():
    first = step(incident(), event(EventKind.ACKNOWLEDGED, at=NINE + HOUR))
    claimed = step(first, event(EventKind.MONITORED, at=NINE + 2 * HOUR))
    assert (claimed.monitoring_since, claimed.acknowledged_at) == (NINE + 2 * HOUR, NINE + HOUR)
    back = step(claimed, event(EventKind.ACKNOWLEDGED, at=NINE + 3 * HOUR))
    assert (back.monitoring_since, back.acknowledged_at) == (None, NINE + HOUR)


def test_what_people_say_is_kept():
    told = incident()
    for said in (EventKind.ASSIGNED, EventKind.MUTED, EventKind.LINKED, EventKind.LINKED):
        told = step(told, event(said))
    assert (told.assignee, told.muted_until, told.links) == ("noor", NINE + DAY, ("https://example.org/17",))
    assert told.is_muted(NINE + HOUR) and not told.is_muted(NINE + DAY)
    assert step(told, event(EventKind.UNMUTED)).muted_until is None
    assert step(told, event(EventKind.ASSIGNED, assignee=None)).assignee is None
    assert step(told, event(EventKind.EVIDENCE, cause="carrier = UA", title="t")).cause == "carrier = UA"


def test_what_it_shows_in_is_sorted_and_a_source_has_no_dimension():
    shown = incident(symptoms=(symptom(key("lake.z", Dimension.TIMELINESS)), symptom(), symptom(source_key())))
    assert shown.datasets == ("lake", "lake.orders", "lake.z")
    assert shown.dimensions == (Dimension.COVERAGE, Dimension.TIMELINESS)


def test_a_story_is_folded_from_its_first_event_on():
    story = [event(EventKind.OPENED, 1), event(EventKind.ACKNOWLEDGED, 2), event(EventKind.RESOLVED, 3)]
    assert folded(story).state is IncidentState.RESOLVED
    with pytest.raises(ValueError, match="begins with the event that opens"):
        folded([])
