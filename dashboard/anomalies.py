"""The Anomalies page: what left its band, over all datasets, and what was said of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import pandas as pd
import streamlit as st

from checks.learned.events import Event, events
from checks.learned.words import label_words, sentence
from checks.records import Incident
from dashboard import (
    errors,
    incident_frames,
    incident_sentences,
    load,
    load_incidents,
    nav,
    parts,
    sentences,
    tables,
    url,
    words,
)

RANGES = {"7 days": 7, "30 days": 30, "90 days": 90}
DEFAULT = "30 days"
SAID = {"open": "not labelled", "labelled": "labelled"}


def page() -> None:
    _view()


@st.fragment(run_every=load.PACE)
def _view() -> None:
    at = load.now()
    with errors.shown():
        names = sorted(state.name for state in load.healths())
        days = RANGES[_chosen_range()]
        found = events(load.alerts(None, days), load.labels())
        st.title(sentences.alerts_headline(found, days), anchor=False)
        if not names:
            parts.empty("There are no datasets yet.", "The Sources page says what is connected and what is left out.")
            return
        shown = _filtered(found)
        if shown:
            why, lived = load.explanations(None, days), load_incidents.incidents(days)
            _table([Told(event, event.why(why), incident_frames.of_event(event, lived)) for event in shown], at)
        else:
            _nothing(found, days)
        parts.footer(at)


def _chosen_range() -> str:
    """The range of the URL: it decides the headline, which stands above the widget that changes it."""
    asked = st.query_params.get("range")
    return asked if asked in RANGES else DEFAULT


def _filtered(found: Sequence[Event]) -> list[Event]:
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.segmented_control(
            "Range",
            list(RANGES),
            key=url.seed("range", DEFAULT, list(RANGES)),
            on_change=url.keep,
            args=("range", DEFAULT),
            required=True,
            label_visibility="collapsed",
        )
        said = st.pills(
            "Labels",
            list(SAID),
            format_func=SAID.__getitem__,
            key=url.seed("labels", None, list(SAID)),
            on_change=url.keep,
            args=("labels",),
            label_visibility="collapsed",
        )
        dataset = url.one_of("dataset", sorted({event.dataset for event in found}))
        dimension = url.one_of("dimension", sorted({event.dimension.value for event in found}))
    return [
        event
        for event in found
        if (not said or event.is_open == (said == "open"))
        and dataset in (None, event.dataset)
        and dimension in (None, event.dimension.value)
    ]


def _nothing(found: Sequence[Event], days: int) -> None:
    if found:
        parts.empty("No alert fits these filters.", "Clear one of them above.")
        return
    learning = sum(any(one.learned and one.status == "learning" for one in state.results) for state in load.healths())
    young = (
        f" {words.count(learning, 'dataset has', 'datasets have')} series that are still learning." if learning else ""
    )
    parts.empty(
        f"Nothing left its band in the last {days} days.",
        f"Every series is judged by its own past, within a budget of alerts.{young} Choose a longer range above.",
    )


@dataclass(frozen=True, slots=True)
class Told:
    """An alert with what is known of it: the rows behind it, and the incident that it is part of."""

    event: Event
    why: str | None
    incident: Incident | None


def _table(shown: Sequence[Told], at: datetime) -> None:
    column = st.column_config
    cell = tables.clicked(
        parts.styled(_frame(shown, at), ["", "Incident"]),
        "anomalies-table",
        "What left its band, newest first",
        {
            "": column.TextColumn(width=30),
            "What": column.TextColumn(width=440),
            "Dataset": column.TextColumn(width=130),
            "When": column.TextColumn(width=204),
            "Why": column.TextColumn(width=260, help="The rows behind it, asked when the alert opened"),
            "Incident": column.TextColumn(width=70, help="Click it to read its story"),
            "Series": column.NumberColumn(width=60, help="How many series left their band with it"),
            "Label": column.TextColumn(width=120),
            "Noticed": column.TextColumn(width=90),
        },
        most=22,
    )
    st.caption(f"{words.count(len(shown), 'alert')}, newest first. Click one to see why, and to say what it was.")
    if cell is not None:
        told = shown[cell[0]]
        if cell[1] == "Incident" and told.incident:
            nav.open_incident(told.incident.id)
        nav.open_dataset(told.event.dataset, tab="Alerts")


def _frame(shown: Sequence[Told], at: datetime) -> pd.DataFrame:
    found = [told.event for told in shown]
    return pd.DataFrame(
        {
            "": ["▲" if event.is_open else "–" for event in found],
            "Incident": [incident_sentences.cell([told.incident]) if told.incident else "" for told in shown],
            "What": [sentence(event.leading, event.led, event.grain) for event in found],
            "Dataset": [event.dataset for event in found],
            "When": [sentences.lasted(event) for event in found],
            "Why": [told.why or "" for told in shown],
            "Series": [len(event.findings) for event in found],
            "Label": ["; ".join(label_words(label) for label in event.labels) for event in found],
            "Noticed": [words.ago(event.noticed_at, at) for event in found],
        }
    )
