"""The learned alerts of one dataset: what left its band, why, and what people said of it."""

from __future__ import annotations

from datetime import datetime, timedelta

import pandas as pd
import streamlit as st

from checks.learned.events import Event, events
from checks.learned.families import FOLLOWING, VOLUME, family_of
from checks.learned.words import sentence
from checks.records import Dataset, DatasetHealth, Grain, LabelKind, Metric, Status
from dashboard import (
    incident_frames,
    incident_links,
    labelling,
    load,
    load_incidents,
    nav,
    panels,
    parts,
    sentences,
    words,
)

BACK = 90
SHOWN, MORE = 20, 4
HALF_WAY = 0.5
_UNFOUND = (LabelKind.MISSED_ALARM, LabelKind.EXPECTED, LabelKind.NEW_REGIME)


def draw(dataset: Dataset, state: DatasetHealth, at: datetime) -> None:
    labels = load.labels(dataset.name)
    found = events(load.alerts(dataset.name, BACK), labels)
    if not found:
        parts.empty(f"No learned alert in the last {BACK} days.", _nothing(dataset, state))
    why = load.explanations(dataset.name, BACK)
    for event in found[:SHOWN]:
        _event(event, event.why(why), at)
    if len(found) > SHOWN:
        st.caption(f"and {words.count(len(found) - SHOWN, 'older alert')}")
    shown = {label.id for event in found[:SHOWN] for label in event.labels}
    others = [label for label in labels if label.id not in shown]
    if others:
        st.subheader("Other labels", anchor=False)
        labelling.said(others, "other")
    with st.expander("Label what was not found, or is still to come", icon=":material/label:"):
        yesterday = panels.naive_moment(at).replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(days=1)
        labelling.form(labelling.About(dataset.name, yesterday, yesterday, kinds=_UNFOUND), "unfound")


def _nothing(dataset: Dataset, state: DatasetHealth) -> str:
    """Why there is none: all is calm, or it is still learning, or it is switched off."""
    learned = [result for result in state.results if result.learned]
    if not dataset.detection.on:
        return "Learned checks are switched off for this dataset in config.toml."
    if not learned:
        return "Nothing is learned yet: it begins with the first run."
    young = sum(result.status is Status.LEARNING for result in learned)
    if young == len(learned):
        return "Everything is still learning; the Checks tab says how far it is."
    rest = f", {words.count(young, 'kind of series', 'kinds of series')} still learning" if young else ""
    return f"All series stayed inside their bands{rest}. The Trends tab shows the bands."


def _rows_band(event: Event) -> pd.DataFrame:
    """The band of the rows in the bucket that tells of an event."""
    bands = load.bands(event.dataset, Metric("bucket_rows", grain=event.grain), BACK)
    return bands[bands["bucket"] == event.led]


def rows_of(event: Event, band: pd.DataFrame) -> str | None:
    """'57 rows, usually about 69 rows, which is still inside the band': where the number of rows went half of the way
    to its edge or further, it may well be what moved the rest. None for what does not follow from that."""
    if not len(band) or family_of(event.leading.metric) not in FOLLOWING or abs(band["score"].iloc[0]) < HALF_WAY:
        return None
    if any(family_of(one.metric) is VOLUME for one in event.findings):
        return None  # it is told by itself
    value, usual = (words.count(round(band[name].iloc[0]), "row") for name in ("value", "expected"))
    return f"{value}, usually about {usual}, which is still inside the band"


def _event(event: Event, why: str | None, at: datetime) -> None:
    with st.container(border=True):
        sign = ":orange[▲]" if event.is_open else ":gray[✓]"
        st.markdown(f"{sign} **{words.plain(sentence(event.leading, event.led, event.grain))}**")
        if why:
            st.markdown(f"Why: {words.plain(why)}")
        others = [one for one in event.findings if one.metric != event.leading.metric]
        told = [f"with it: {words.plain(line)}" for line in (rows_of(event, _rows_band(event)),) if line]
        told += [f"with it: {words.plain(sentence(one, event.last, Grain.TABLE))}" for one in others[:MORE]]
        if len(others) > MORE:
            told.append(f"and {words.count(len(others) - MORE, 'more series', 'more series')}")
        parts.lines(f":small[{line}]" for line in told)
        parts.facts(
            {
                "when": words.plain(sentences.lasted(event)),
                "noticed": words.exactly(event.noticed_at, at),
                "dimension": event.dimension.value,
            }
        )
        labelling.said(event.labels, f"{event.grain}-{event.last:%Y%m%d%H}")
        incident = incident_frames.of_event(event, load_incidents.of(event.dataset, BACK))
        incident_links.draw([incident] if incident else [])
        _actions(event)


def _actions(event: Event) -> None:
    key = f"{event.grain}-{event.last:%Y%m%d%H}"
    about = labelling.About(event.dataset, event.first, event.last, [one.metric for one in event.findings])
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        with st.popover("Say what it was", icon=":material/label:", key=f"say-{key}"):
            labelling.form(about, key)
        nav.tab_button("see its trend", "Trends", f"trend-{key}", series=panels.token(event.leading.metric))
        if event.grain is not Grain.TABLE:
            question = {"bucket": f"{event.led:%Y-%m-%d}", "hour": f"{event.led:%H:00}"}
            question["metric"] = panels.token(event.leading.metric)
            label = f"what changed that {event.grain}"
            nav.tab_button(label, "What changed", f"day-{key}", **question)
