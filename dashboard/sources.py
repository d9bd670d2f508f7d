"""The Sources page: what is connected, what answered when, what is not monitored, and how people are told."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import streamlit as st

from checks.catalogue import SourceState
from checks.records import DatasetHealth
from connectors import Emptied
from dashboard import errors, frames, incident_links, load, load_incidents, nav, notifications, parts, sentences, words

#: names of tables that are listed before the list is cut
LISTED = 200


def page() -> None:
    _view()


@st.fragment(run_every=load.PACE)
def _view() -> None:
    at = load.now()
    with errors.shown():
        with st.skeleton(height=240):
            states, healths = load.sources(), load.healths()
        st.title(sentences.sources_headline([state.error is None for state in states]), anchor=False)
        if not states:
            parts.empty("No source is configured.", parts.CONFIG_HINT)
        for state in states:
            _source(state, [one for one in healths if one.name.startswith(f"{state.name}.")], at)
        notifications.section(at)
        parts.footer(at)


def _source(state: SourceState, healths: Sequence[DatasetHealth], at: datetime) -> None:
    with st.container(border=True, key=f"source-{state.name}"):
        with st.container(horizontal=True, vertical_alignment="center"):
            st.subheader(words.plain(state.name), anchor=False, width="content")
            _answered(state)
            st.caption(words.plain(state.backend), width="content")
            st.space("stretch")
            _counts(state.name, healths)
        parts.facts(
            {
                "address": words.plain(state.url_shown),
                "answered": words.exactly(state.answered_at, at),
                "tables and views": words.number(state.tables),
                "monitored": words.number(state.monitored),
                "not monitored": words.number(len(state.unmonitored)),
            }
        )
        incident_links.draw(load_incidents.by_subject().get(state.name, ()))
        if state.error:
            st.error(words.plain(state.error), icon=":material/cloud_off:")
        if state.vanished:
            st.warning(f"Not there any more: {_names(state.vanished)}.", icon=":material/search_off:")
        _unmonitored(state)


def _answered(state: SourceState) -> None:
    if state.error and Emptied.what in state.error:
        st.badge("? has no table any more", color="red")
    elif state.error:
        st.badge("? did not answer", color="red")
    elif state.answered_at is None:
        st.badge("… not asked yet", color="gray")
    else:
        st.badge("✓ answers", color="green")


def _counts(name: str, healths: Sequence[DatasetHealth]) -> None:
    """How its datasets are; each number leads to them."""
    for health, amount in frames.counted(healths).items():
        if amount:
            st.page_link(
                nav.page("overview"),
                label=parts.coloured(health, f"{words.HEALTH_ICON[health]} {amount} {health.value}"),
                query_params={"source": name, "health": health.value},
                icon="",
            )


def _unmonitored(state: SourceState) -> None:
    if not state.unmonitored:
        return
    label = f"{words.count(len(state.unmonitored), 'table')} not monitored"
    with st.expander(label, icon=":material/visibility_off:"):
        st.caption("Left out by `include` or `exclude` of this source in config.toml.")
        st.markdown(_names(state.unmonitored))


def _names(tables: Sequence[str]) -> str:
    told = ", ".join(words.plain(name) for name in tables[:LISTED])
    left = len(tables) - LISTED
    return told if left <= 0 else f"{told} and {words.count(left, 'more table')}"
