"""The Anomalies page: what left its band, over all datasets, and what was said of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import streamlit as st

from checks.learned.events import Event, events
from checks.learned.words import label_words, sentence
from checks.records import Incident
from dashboard import (
    entries,
    errors,
    incident_frames,
    load,
    load_incidents,
    parts,
    sentences,
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
            _listed([Told(event, event.why(why), incident_frames.of_event(event, lived)) for event in shown], at)
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


def _listed(shown: Sequence[Told], at: datetime) -> None:
    st.caption(f"{words.count(len(shown), 'alert')}, newest first. Each leads to where one says what it was.")
    entries.draw([entry(told, at) for told in shown], "anomalies")


def entry(told: Told, at: datetime) -> entries.Entry:
    """What the list says of an alert."""
    event = told.event
    sign = ":orange[▲]" if event.is_open else ":gray[–]"
    beside = len(event.findings) - 1
    facts = {
        "dataset": event.dataset,
        "when": sentences.lasted(event),
        "noticed": words.ago(event.noticed_at, at),
        "with it": words.count(beside, "more series", "more series") if beside else "",
        "label": "; ".join(label_words(label) for label in event.labels),
    }
    return entries.Entry(
        "dataset",
        {"name": event.dataset, "tab": "Alerts"},
        f"{sign} &nbsp; **{words.plain(sentence(event.leading, event.led, event.grain))}**",
        {name: words.plain(value) for name, value in facts.items()},
        [f":gray[why] {words.plain(told.why)}"] if told.why else (),
        told.incident,
    )
