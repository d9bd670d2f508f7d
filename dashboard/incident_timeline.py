"""The story of an incident, line by line. Newest first: what has just happened is what a reader comes for; the
post-mortem tells it from the beginning."""

from __future__ import annotations

from datetime import UTC
from functools import partial
from itertools import groupby

import streamlit as st

from checks.incidents.timeline import Line
from checks.records import VITALS, EventKind
from dashboard import load_incidents, parts, words

SHOWN, MOST = 30, 500
_ALL = "incident-all-lines"
_SIGNS: dict[str, str] = {
    EventKind.OPENED: "emergency",
    EventKind.ATTACHED: "add_circle",
    EventKind.WORSENED: "trending_up",
    EventKind.OBSERVED: "radio_button_unchecked",
    EventKind.RECOVERED: "healing",
    EventKind.LEFT: "remove_circle",
    EventKind.RESOLVED: "check_circle",
    EventKind.REOPENED: "replay",
    EventKind.MERGED: "merge",
    EventKind.ACKNOWLEDGED: "done",
    EventKind.ASSIGNED: "person",
    EventKind.MUTED: "notifications_off",
    EventKind.UNMUTED: "notifications",
    EventKind.MONITORED: "visibility",
    EventKind.REALERTED: "replay",
    EventKind.NOTED: "edit_note",
    EventKind.LINKED: "link",
    EventKind.LABELLED: "label",
    EventKind.EVIDENCE: "search",
    EventKind.NOTIFIED: "send",
    "schema": "view_column",
    "contract": "contract",
}


def draw(number: int) -> None:
    """The newest lines, and the rest when they are asked for."""
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        st.subheader("Timeline", anchor=False, width="content")
        _report(number)
    lines = load_incidents.timeline(number)
    shown = lines[-(MOST if st.session_state.get(_ALL) == number else SHOWN) :]
    for day, its in groupby(reversed(shown), key=lambda line: line.at.astimezone(UTC).date()):
        st.markdown(f":small[:gray[{day:%A %d %B %Y}]]")
        parts.lines(map(_line, its))
    rest = words.count(len(lines) - len(shown), "earlier line")
    if len(lines) > len(shown) and len(shown) < MOST:
        st.button(f"Show {rest}", key="incident-more", on_click=st.session_state.update, args=({_ALL: number},))
    elif len(lines) > len(shown):
        st.caption(f"{rest} more: `python -m checks incidents {number}` tells all.")


def _report(number: int) -> None:
    """The draft is written when it is asked for."""
    st.download_button(
        "Post-mortem",
        partial(load_incidents.report, number),
        f"incident-{number}.md",
        "text/markdown",
        icon=":material/download:",
        help="A draft as Markdown: what, when, impact, evidence, times, timeline, open questions",
        on_click="ignore",
        key="incident-report",
    )


def _line(line: Line) -> str:
    """When, a sign for what kind of line it is, who where a person has done it, and what."""
    sign = f":material/{_SIGNS.get(line.kind, 'circle')}:"
    who = "" if line.author == VITALS else f"**{words.plain(line.author)}**: "
    return f":gray[{line.at.astimezone(UTC):%H:%M} {sign}] &nbsp; {who}{words.plain(line.sentence)}"
