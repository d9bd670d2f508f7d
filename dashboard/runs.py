"""The Runs page: what is running, what is next, what ran, and what it asked the warehouse."""

from __future__ import annotations

from datetime import datetime

import pandas as pd
import streamlit as st

from checks.records import Outcome
from dashboard import errors, frames, load, parts, sentences, tables, url, words

LIMIT = 500
NEXT = 5


def page() -> None:
    _view()


@st.fragment(run_every=load.PACE)
def _view() -> None:
    at = load.now()
    with errors.shown():
        names = [state.name for state in load.healths()]
        past = load.runs(None, LIMIT)
        _headline(past, names, at)
        if not names:
            parts.empty("There are no datasets yet.", "The Sources page says what is connected and what is left out.")
            return
        _now_and_next(at)
        _past(past, names, at)
        parts.footer(at)


def _headline(past: pd.DataFrame, names: list[str], at: datetime) -> None:
    recent = past[past["started_at"] >= pd.Timestamp(at) - pd.Timedelta(days=1)]
    outcomes = [str(one) for one in recent["outcome"]]
    with st.container(horizontal=True, vertical_alignment="center"):
        st.title(sentences.runs_headline(outcomes), anchor=False, width="content")
        st.space("stretch")
        asked = st.query_params.get("dataset")
        if asked in names:
            parts.run_now([asked], "Run this dataset now", key="run-filtered")
        else:
            parts.run_now(names, f"Run all {len(names)} now" if len(names) > 1 else "Run now", key="run-all")


def _now_and_next(at: datetime) -> None:
    running, upcoming = load.running(), load.next_runs()
    left, right = st.columns(2)
    with left:
        st.subheader("Running now", anchor=False)
        oldest = sorted(running.items(), key=lambda one: one[1])[:NEXT]
        parts.lines(
            f"… {words.plain(name)}, for {words.duration((at - started).total_seconds())}" for name, started in oldest
        )
        if not running:
            st.caption("Nothing is running.")
        elif len(running) > NEXT:
            st.caption(f"and {words.count(len(running) - NEXT, 'more dataset')}")
    with right:
        st.subheader("Next", anchor=False)
        soonest = sorted(upcoming.items(), key=lambda one: one[1])[:NEXT]
        parts.lines(f"{words.plain(name)}, {words.exactly(slot, at)}" for name, slot in soonest)
        if not upcoming:
            st.caption("Nothing is scheduled.")
        elif len(upcoming) > NEXT:
            st.caption(f"and {words.count(len(upcoming) - NEXT, 'more dataset')}")


# -- past runs ---------------------------------------------------------------------------------------------------------


def _past(past: pd.DataFrame, names: list[str], at: datetime) -> None:
    st.subheader("Past runs", anchor=False)
    if past.empty:
        parts.empty("Nothing has run yet.", "The first runs start by themselves; or press the button above.")
        return
    dataset, outcomes = _filters(names)
    if dataset:
        past = load.runs(dataset, LIMIT)
    shown = past[past["outcome"].astype(str).isin(outcomes)] if outcomes else past
    if shown.empty:
        parts.empty("No run fits these filters.", "Clear one of the filters above.")
        return
    shown = shown.reset_index(drop=True)
    frame = frames.runs_table(shown, at)
    frame = frame if frame["What went wrong"].any() else frame.drop(columns="What went wrong")
    chosen = _table(frame, len(past))
    if chosen is not None and chosen < len(shown):
        _one(shown.iloc[chosen], at)


def _filters(names: list[str]) -> tuple[str | None, list[str]]:
    with st.container(horizontal=True, vertical_alignment="center"):
        dataset = st.selectbox(
            "Dataset",
            names,
            index=None,
            key=url.seed("dataset", None, names),
            on_change=url.keep,
            args=("dataset",),
            placeholder="any dataset",
            label_visibility="collapsed",
            width=280,
        )
        options = [outcome.value for outcome in Outcome]
        outcomes = st.pills(
            "Outcome",
            options,
            selection_mode="multi",
            format_func=words.outcome,
            key=url.seed_many("outcome", options),
            on_change=url.keep,
            args=("outcome",),
            label_visibility="collapsed",
        )
    return dataset, outcomes


def _table(frame: pd.DataFrame, found: int) -> int | None:
    column = st.column_config
    cell = tables.clicked(
        parts.styled(frame, ["Outcome"], quiet=["Outcome"]),
        "runs-table",
        "Past runs, newest first",
        {
            "Outcome": column.TextColumn(width=110),
            "Dataset": column.TextColumn(width=180),
            "Attempts": column.NumberColumn(width=80),
            "Queries": column.NumberColumn(width=80),
            "Started": column.TextColumn(width=112),
            "Measurements": column.NumberColumn(width=110, format="localized"),
            "What went wrong": column.TextColumn(width=230),
        },
    )
    cut = f" These are the newest {found:,}." if found >= LIMIT else ""
    st.caption(f"{words.count(len(frame), 'run')}. Click one to see its queries.{cut}")
    return cell[0] if cell is not None else None


def _one(run: pd.Series, at: datetime) -> None:
    slot = frames.aware(run["slot"])
    if slot is None:
        return
    with st.container(border=True):
        st.markdown(
            f"**{words.plain(run['dataset'])}**, slot {words.exactly(slot, at)}: {words.outcome(str(run['outcome']))}"
        )
        if isinstance(run["error"], str) and run["error"]:
            st.error(words.plain(run["error"]), icon=":material/error:")
        parts.queries(load.queries(run["dataset"], slot))
