"""The Incidents page: what is open and how bad, and what was resolved lately."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import streamlit as st

from checks.records import Incident, IncidentSeverity, IncidentState
from dashboard import (
    entries,
    errors,
    incident_frames,
    incident_sentences,
    load,
    load_incidents,
    parts,
    url,
    words,
)

RANGES = {"7 days": 7, "30 days": 30, "90 days": 90, "1 year": 365}
DEFAULT = "30 days"


def page() -> None:
    _list()


@st.fragment(run_every=load.PACE)
def _list() -> None:
    at = load.now()
    with errors.shown():
        found = load_incidents.incidents(RANGES[_chosen_range()])
        st.title(words.plain(incident_sentences.headline(found)), anchor=False)
        wanted = _filters(found)
        shown = incident_frames.in_order([one for one in found if wanted.fits(one)])
        if shown:
            _listed(shown, at)
        else:
            _nothing(found)
        parts.footer(at)


def _chosen_range() -> str:
    """The range of the URL: it is needed before the widget that changes it."""
    asked = st.query_params.get("range")
    return asked if asked in RANGES else DEFAULT


def _filters(found: Sequence[Incident]) -> incident_frames.Wanted:
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        counted = {state: sum(one.state is state for one in found) for state in IncidentState}
        states = st.pills(
            "State",
            [state.value for state in IncidentState],
            selection_mode="multi",
            format_func=lambda value: _counted(IncidentState(value), counted),
            key=url.seed_many("state", [state.value for state in IncidentState]),
            on_change=url.keep,
            args=("state",),
            label_visibility="collapsed",
        )
        severities = [
            level.value for level in reversed(IncidentSeverity) if any(one.severity is level for one in found)
        ]
        severity = url.one_of("severity", severities)
        owner = url.one_of("owner", sorted({owner for one in found for owner in one.owners}))
        dataset = url.one_of("dataset", sorted({name for one in found for name in one.datasets}))
        source = url.one_of("source", sorted({name for one in found for name in incident_frames.sources(one)}))
        st.selectbox(
            "Resolved in the last",
            list(RANGES),
            key=url.seed("range", DEFAULT, list(RANGES)),
            on_change=url.keep,
            args=("range", DEFAULT),
            format_func=lambda name: f"resolved: {name}",
            label_visibility="collapsed",
            width=150,
        )
    return incident_frames.Wanted(tuple(states), severity, owner, dataset, source)


def _counted(state: IncidentState, counts: dict[IncidentState, int]) -> str:
    return f"{words.INCIDENT_ICON[state]} {counts[state]} {state.value}"


def _nothing(found: Sequence[Incident]) -> None:
    if found:
        parts.empty("No incident fits these filters.", "Clear one of them above, or look further back.")
        return
    healths = load.healths()
    if not healths:
        parts.empty("There are no datasets yet.", "The Sources page says what is connected and what is left out.")
        return
    parts.empty(
        "Nothing is broken, and nothing was resolved in this time.",
        "An incident opens by itself when a run finds something broken: a check that fails or warns, or a source that "
        "does not answer. Choose a longer time above to see older ones.",
    )


def _listed(shown: Sequence[Incident], at: datetime) -> None:
    st.caption(
        f"{words.count(len(shown), 'incident')}, open ones first. Each leads to its story and to the work on it."
    )
    entries.draw([_entry(one, at) for one in shown], "incidents")


def _entry(one: Incident, at: datetime) -> entries.Entry:
    severity = f":{parts.OF_SEVERITY[one.severity]}[{words.incident_severity(one.severity)}]"
    return entries.Entry(
        "incident",
        {"id": str(one.id)},
        f"{severity} &nbsp; **{words.plain(one.title)}**",
        {name: words.plain(value) for name, value in incident_frames.facts(one, at).items()},
        [f":gray[cause] {words.plain(one.cause or 'not known yet; its page says what was looked at')}"],
    )
