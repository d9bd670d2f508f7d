"""One incident as a story: what broke, since when, why, whom it reaches, what was done, and what can be."""

from __future__ import annotations

from datetime import datetime
from urllib.parse import quote

import streamlit as st

from checks.records import Family, Incident, Symptom
from dashboard import (
    entries,
    errors,
    incident_actions,
    incident_charts,
    incident_frames,
    incident_sentences,
    incident_timeline,
    load,
    load_incidents,
    nav,
    parts,
    words,
)


def page() -> None:
    """The incident whose number is in the URL, or that there is none."""
    asked = st.query_params.get("id", "")
    st.page_link(nav.page("incidents"), label="All incidents", icon=":material/arrow_back:")
    with errors.shown():
        number = int(asked) if asked.isdecimal() and len(asked) < 10 else None
        if number is None or load_incidents.incident(number) is None:
            which = f"There is no incident {words.plain(asked)}." if asked else "No incident is chosen."
            parts.empty(which, "The list of all incidents has those there are.")
            parts.footer(load.now())
            return
        _view(number)


@st.fragment(run_every=load.PACE)
def _view(number: int) -> None:
    at = load.now()
    with errors.shown():
        incident = load_incidents.incident(number)
        if incident is None:
            return
        _head(incident, at)
        _why(incident)
        incident_actions.draw(incident, at)
        _where(incident, at)
        incident_charts.draw(incident, at)
        incident_timeline.draw(incident.id)
        parts.footer(at)


def _head(incident: Incident, at: datetime) -> None:
    st.title(words.plain(incident.title), anchor=False)
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.badge(incident_sentences.state(incident, at), color="gray" if incident.is_open else "green")
        st.badge(words.incident_severity(incident.severity), color=parts.OF_SEVERITY[incident.severity])
        st.caption(f"incident {incident.id}", width="content")
    st.markdown(f"**{words.plain(incident_sentences.standing(incident, at))}**")
    if incident.merged_into is not None:
        into = {"id": str(incident.merged_into)}
        st.page_link(nav.page("incident"), label=f"Open incident {incident.merged_into}", query_params=into, icon="")
    parts.facts(
        {"began": incident_sentences.since(incident, at), "noticed": incident_sentences.noticed(incident, at)},
        {
            "owners": words.plain(", ".join(incident.owners) or "nobody named"),
            "affects": words.plain(", ".join(incident.consumers) or "nobody named"),
            "assigned to": words.plain(incident.assignee or "nobody"),
        },
        {"links": ", ".join(_link(url) for url in incident.links)},
    )


def _link(url: str) -> str:
    """An address that somebody put there: it was read as http or https, and its text is the address."""
    return f"[{words.plain(url)}]({quote(url, safe=':/?#@!$&*+,;=%~')})"


def _why(incident: Incident) -> None:
    st.subheader("Why", anchor=False)
    others = [sentence for sentence in load_incidents.evidence(incident.id) if sentence != incident.cause]
    if incident.cause:
        st.markdown(f"**{words.plain(incident.cause)}**")
    else:
        st.markdown(f"**{words.plain(incident_sentences.no_cause(bool(others)))}**")
    if others:
        st.markdown("\n".join(f"- {words.plain(sentence[:1].upper() + sentence[1:])}" for sentence in others))


def _where(incident: Incident, at: datetime) -> None:
    st.subheader("Where it shows, and whom it reaches", anchor=False)
    entries.draw([_symptom(one, at) for one in incident.symptoms], "symptoms")
    if incident.lead.key.family is Family.SOURCE:
        source = incident.lead.key.subject
        silent = sorted(name for name, dataset in load.datasets().items() if dataset.source == source)
        st.markdown(words.plain(incident_sentences.unmeasured(silent, incident.consumers)))
    else:
        st.markdown(words.plain(incident_sentences.reach(_reached(incident), incident.consumers)))
        name = {"name": incident.lead.key.subject}
        st.page_link(
            nav.page("lineage"), label="See it on the lineage", icon=":material/account_tree:", query_params=name
        )


def _symptom(one: Symptom, at: datetime) -> entries.Entry:
    subject = one.key.subject
    ink = "gray" if one.recovered_at or one.well_runs else "red"
    facts = {name: words.plain(value) for name, value in incident_frames.symptom_facts(one, at).items()}
    label = f":{ink}[{incident_sentences.recovered(one, at)}] &nbsp; {words.plain(one.sentence)}"
    page, params = ("dataset", {"name": subject}) if subject in load.datasets() else ("sources", {})
    return entries.Entry(page, params, label, facts)


def _reached(incident: Incident) -> list[str]:
    """The datasets that are made from those in which it shows, those aside."""
    graph = load.known_graph()
    found = {name for one in incident.datasets if one in graph.nodes for name in graph.blast_radius(one).datasets}
    return sorted(found - set(incident.datasets))
