"""The series that an incident shows in, with what was expected of them and the time that it has lasted."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta

import streamlit as st

from checks.records import Incident
from dashboard import charts, dataset_trends, incident_panels, load, panels, parts, words

MOST = 4


def draw(incident: Incident, at: datetime) -> None:
    """Nothing where no series is about it: a source that does not answer, a column of another type."""
    back = incident_panels.back_to(incident, at)
    found = list(_panels(incident, back, at))
    drawable = [one for one in found if dataset_trends.is_trend(one, back)]
    for one in found:
        if one not in drawable and len(one.points):
            st.markdown(words.plain(dataset_trends.so_far(one)))
    if not drawable:
        return
    end = panels.naive_moment(at)
    span = (end - timedelta(days=back), end + timedelta(days=back / 30))
    figure = charts.trends(drawable, dataset_trends.runs_of(incident.lead.key.subject), span, parts.palette())
    st.plotly_chart(figure, config=charts.CONFIG, key="incident-charts", alt=f"What incident {incident.id} shows in")
    st.caption(
        "The strip is the time of the incident; ✕ and ▲ mark failing and warning buckets; the shaded band is what was "
        "expected before the value was known; dashed lines are limits."
    )


def _panels(incident: Incident, back: int, at: datetime) -> Iterator[charts.Panel]:
    datasets = load.datasets()
    many = len(incident.datasets) > 1
    drawn = 0
    for symptom in incident.symptoms:
        dataset = datasets.get(symptom.key.subject)
        if dataset is None:
            continue
        for metric in incident_panels.series_of(symptom, dataset, load.series(dataset.name)):
            if drawn == MOST:
                return
            drawn += 1
            panel = dataset_trends.panel_of(dataset, metric, back, at)
            yield replace(panel, name=f"{dataset.name}: {panel.name}") if many else panel
