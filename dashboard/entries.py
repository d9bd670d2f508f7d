"""Lists in which each entry is a link with what is known below it: read whole on any screen, reached by Tab, opened by
Enter. In a table sentences are cut, and an arrow key that moves to a cell is a click on it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import streamlit as st

from checks.records import Incident
from dashboard import incident_links, nav, parts, tables

#: entries on one page of a list
PAGE = 25


@dataclass(frozen=True, slots=True)
class Entry:
    """The page that an entry leads to, what it says of itself (as Markdown), and the incident that it is part of."""

    page: str
    params: Mapping[str, str]
    label: str
    facts: Mapping[str, str]
    lines: Sequence[str] = ()
    incident: Incident | None = None


def draw(entries: Sequence[Entry], key: str) -> None:
    """The entries, PAGE at a time; `key` tells the lists of a page apart."""
    above, shown = tables.paged(entries, key, PAGE)
    with above:
        for number, entry in enumerate(shown):
            with st.container(key=f"entry-{key}-{number}", gap=None):
                _entry(entry)


def _entry(entry: Entry) -> None:
    st.page_link(nav.page(entry.page), label=entry.label, icon="", query_params=entry.params)
    told = [parts.pairs(entry.facts), *(f":small[{line}]" for line in entry.lines)]
    parts.lines(line for line in told if line)
    if entry.incident:
        incident_links.line(entry.incident)
