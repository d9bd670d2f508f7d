"""The way from other pages to incidents."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import streamlit as st

from checks.records import Incident
from dashboard import incident_sentences, nav, parts, words

#: incidents that another page names before it only counts them
MOST = 3


def draw(incidents: Sequence[Incident]) -> None:
    """A line for each of the first incidents, which leads to its story, and how many more there are."""
    for each in incidents[:MOST]:
        line(each)
    more(incidents)


def told(incidents: Sequence[Incident], at: datetime) -> None:
    """The same, and below each why it is, since when, whom it concerns, and whether somebody has it."""
    for each in incidents[:MOST]:
        with st.container(key=f"told-{each.id}", gap=None):
            _link(each, each.title)
            facts = incident_sentences.in_short(each, at)
            parts.facts({name: words.plain(value) for name, value in facts.items()})
    more(incidents)


def line(one: Incident) -> None:
    """One incident: how bad it is and what, which leads to its story."""
    _link(one, incident_sentences.banner(one))


def _link(one: Incident, text: str) -> None:
    severity = f":{parts.OF_SEVERITY[one.severity]}[{words.incident_severity(one.severity)}]"
    label = f"{severity} &nbsp; {words.plain(text)}"
    st.page_link(nav.page("incident"), label=label, icon="", query_params={"id": str(one.id)})


def more(incidents: Sequence[Incident]) -> None:
    """How many there are beside the first ones."""
    if len(incidents) > MOST:
        label = f"and {words.count(len(incidents) - MOST, 'more open incident')}"
        st.page_link(nav.page("incidents"), label=label, icon="")
