"""The checks of one dataset, and the way down from a failing one to the rows and the query behind it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import streamlit as st

from checks.drill import has_rows
from checks.records import Check, Dataset, DatasetHealth, Result
from dashboard import asking, frames, load, nav, panels, parts, sentences, tables, url, words

SAMPLE = 100


def draw(dataset: Dataset, state: DatasetHealth, at: datetime) -> None:
    results = sentences.worst_first(state.results)
    if not results:
        parts.empty(
            "No checks yet.",
            "Vitals measures this dataset without a contract. The Contract tab drafts one from what is measured.",
        )
        return
    _table(dataset, results, at)
    _look_into(dataset, results)


def _table(dataset: Dataset, results: Sequence[Result], at: datetime) -> None:
    frame = frames.checks_table(results, dataset, load.since(dataset.name), at)
    text = st.column_config.TextColumn
    cell = tables.clicked(
        parts.styled(frame, ["Status"]),
        "checks-table",
        f"Checks of {dataset.name}, worst first",
        {
            "Status": text(width=110),
            "Check": text(width=190),
            "Column": text(width=110),
            "Observed": text(width=230),
            "Expected": text(width=190),
            "For": text("Since", width=80, help="How long the check has had this status"),
            "Description": text(width=260),
            "Business impact": text(width=260),
        },
        most=12,
    )
    _follow_click(results[cell[0]].check if cell is not None else None)


def _follow_click(clicked: str | None) -> None:
    if clicked and st.session_state.get("check-clicked") != clicked:
        st.query_params["check"] = clicked
        st.query_params.pop("rows", None)
    st.session_state["check-clicked"] = clicked


def _look_into(dataset: Dataset, results: Sequence[Result]) -> None:
    ids = [result.check for result in results]
    with st.container(horizontal=True, vertical_alignment="bottom"):
        chosen = st.selectbox(
            "Look into a check",
            ids,
            key=url.seed("check", ids[0], ids),
            on_change=url.keep,
            args=("check",),
            width=360,
        )
        result = next((one for one in results if one.check == chosen), results[0])
        check = next((one for one in dataset.checks if one.id == result.check), None)
        wanted = check is not None and has_rows(check) and _wants_rows()
        _links(dataset, result, check)
    _explain(dataset, result, check)
    if wanted:
        _rows(dataset, result)
    _queries(dataset.name)


def _wants_rows() -> bool:
    return st.toggle(
        "Show failing rows",
        key=_rows_key(),
        on_change=_keep_rows,
        help=f"Asks the warehouse for up to {SAMPLE} rows; they are not stored.",
    )


def _links(dataset: Dataset, result: Result, check: Check | None) -> None:
    """From a check to its trend, and to what changed on the day that it found."""
    series = panels.series_of(check) if check else None
    trend = next((one for one in load.series(dataset.name) if (one.name, one.column) == series), None)
    if trend is not None:
        nav.tab_button("see its trend", "Trends", "trend-of-check", series=panels.token(trend))
    if result.bucket is not None:
        params = {"bucket": f"{result.bucket:%Y-%m-%d}", "hour": f"{result.bucket:%H:00}"}
        if result.column:
            params["column"] = result.column
        if trend is not None:
            params["metric"] = panels.token(trend)
        label = f"what changed that {'hour' if load.hourly(dataset.name) else 'day'}"
        nav.tab_button(label, "What changed", "day-of-check", **params)


def _rows_key() -> str:
    st.session_state["rows-wanted"] = st.query_params.get("rows") == "1"
    return "rows-wanted"


def _keep_rows() -> None:
    if st.session_state["rows-wanted"]:
        st.query_params["rows"] = "1"
    else:
        st.query_params.pop("rows", None)


def _explain(dataset: Dataset, result: Result, check: Check | None) -> None:
    hourly = load.hourly(dataset.name)
    found = words.plain(words.evidence(result, hourly=hourly))
    st.markdown(f"{parts.status_word(result.status)} &nbsp; {found}")
    if check and check.description:
        st.markdown(words.plain(check.description))
    parts.facts(
        {
            "dimension": result.dimension.value,
            "severity": words.severity(result.severity),
            "bucket": words.bucket(result.bucket, hourly) if result.bucket else "",
            "business impact": words.plain(check.business_impact) if check and check.business_impact else "",
            "contract": words.plain(check.contract) if check and check.contract else "",
        }
    )


def _rows(dataset: Dataset, result: Result) -> None:
    """The failing rows, asked for once for each measurement, although this view refreshes itself."""
    sample = asking.once(
        "sample",
        (dataset.name, result.check, result.measured_at),
        "Asking the warehouse for the rows …",
        lambda: asking.sample(dataset.name, result.check, SAMPLE),
    )
    if sample is not None:
        parts.rows(sample, nothing="No row fails this check now.", key="sample-rows")


def _queries(name: str) -> None:
    run = load.latest_runs().get(name)
    if run is None:
        return
    queries = load.queries(name, run.slot)
    label = f"The queries of the last run ({words.utc(run.slot)}): {words.count(len(queries), 'query', 'queries')}"
    with st.expander(label, icon=":material/code:"):
        parts.queries(queries)
