"""The Dataset page: the verdict first, then the evidence, and the raw numbers one click further."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

import streamlit as st

from checks.records import Dataset, DatasetHealth, Health, Result
from dashboard import (
    dataset_alerts,
    dataset_checks,
    dataset_columns,
    dataset_contract,
    dataset_detection,
    dataset_query,
    dataset_trends,
    errors,
    frames,
    incident_links,
    incident_sentences,
    load,
    load_incidents,
    nav,
    parts,
    sentences,
    url,
    words,
)

TABS = ("Trends", "Alerts", "Checks", "Contract", "What changed", "Columns", "Schema", "Query", "Detection")
#: reasons under the verdict before they are cut; the Checks tab has all of them
REASONS = 6


def page() -> None:
    with errors.shown():
        datasets = load.datasets()
        name = _picked(datasets)
        if name:
            _view(name)


def _picked(datasets: Mapping[str, Dataset]) -> str | None:
    asked = st.query_params.get("name")
    names = [state.name for state in frames.chosen(load.healths(), datasets, frames.Wanted())]
    if not names:
        parts.empty("There are no datasets yet.", "The Sources page says what is connected and what is left out.")
        return None
    if asked and asked not in names:
        st.warning(
            f"There is no dataset called {words.plain(asked)}. Choose one; names are source.schema.table.",
            icon=":material/search_off:",
        )
    return st.selectbox(
        "Dataset",
        names,
        index=None if asked and asked not in names else 0,
        key=url.seed("name", names[0] if not asked else None, names),
        on_change=_another,
        placeholder="choose a dataset",
        label_visibility="collapsed",
        width=320,
    )


def _another() -> None:
    """Another dataset is chosen: what was chosen about the old one leaves the URL."""
    for param in ("check", "series", "rows", "column", "bucket", "hour", "metric"):
        st.query_params.pop(param, None)
    url.keep("name")


@st.fragment(run_every=load.PACE)
def _view(name: str) -> None:
    at = load.now()
    with errors.shown():
        state, dataset = load.health(name), load.datasets().get(name)
        if state is None or dataset is None:
            st.info("This dataset is not there any more. The Sources page says what is.", icon=":material/info:")
            return
        _verdict(state, dataset, at)
        _facts(state, dataset, at)
        _tabs(state, dataset, at)
        parts.footer(at)


def _verdict(state: DatasetHealth, dataset: Dataset, at: datetime) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        st.title(words.plain(state.name), anchor=False, width="content")
        parts.badge(state.health)
        st.space("stretch")
        running = load.running().get(state.name)
        if running:
            st.caption(f"being measured since {words.ago(running, at)}", width="content")
        lineage = {"name": state.name}
        st.page_link(nav.page("lineage"), label="Lineage", icon=":material/account_tree:", query_params=lineage)
        parts.run_now([state.name], "Run now", key="run-one")
    if dataset.description:
        st.caption(words.plain(dataset.description))
    st.markdown(f"**{words.plain(sentences.verdict(state))}**")
    with st.container(key="reasons", gap="xsmall"):
        _reasons(state, dataset)


def _reasons(state: DatasetHealth, dataset: Dataset) -> None:
    """What is wrong: the open incidents, each with the checks that it shows in, then what is part of none, worst first.
    Each leads to its story or to its check."""
    bad = [result for result in sentences.worst_first(state.results) if result.status in words.BAD]
    shown, hourly = bad[:REASONS], load.hourly(dataset.name)
    incidents = load_incidents.about(state.name)
    for incident in incidents[: incident_links.MOST]:
        own = [result for result in shown if result.check in incident.checks_of(state.name)]
        shown = [result for result in shown if result not in own]
        incident_links.line(incident)
        with st.container(key=f"of-incident-{incident.id}", gap="xsmall"):
            for result in own:
                _reason(result, dataset, incident_sentences.found_by(result, incident, hourly=hourly))
    incident_links.more(incidents)
    for result in shown:
        _reason(result, dataset, words.evidence(result, hourly=hourly))
    if len(bad) > REASONS:
        st.caption(f"and {words.count(len(bad) - REASONS, 'more finding')} in the Checks tab")
    if not bad and state.health != Health.HEALTHY:
        for reason in state.reasons[1:REASONS]:
            st.markdown(f"- {words.plain(reason)}")


def _reason(result: Result, dataset: Dataset, found: str) -> None:
    params = {"name": dataset.name, "tab": "Checks", "check": result.check}
    if result.learned:
        params = {"name": dataset.name, "tab": "Alerts"}
    what = f"**{words.plain(result.check)}** &nbsp; {words.plain(found)}"
    label = f"{parts.status_word(result.status)} &nbsp; {what} &nbsp; :gray[look into it]"
    st.page_link(nav.page("dataset"), label=label, query_params=params, icon="")


def _facts(state: DatasetHealth, dataset: Dataset, at: datetime) -> None:
    run = load.latest_measured().get(state.name)
    upcoming = load.next_runs().get(state.name)
    parts.facts(
        {
            "owner": words.plain(state.owner or "nobody named"),
            "read by": words.plain(sentences.read_by(load.known_graph().read_by(dataset.name))),
            "contract": words.plain(dataset.contract_file or dataset.contract or "none"),
            "schedule": words.plain(load.schedule(dataset)) + " (UTC)",
        },
        {
            "event time": _event_time(run),
            **load_time(run, dataset.load_time),
            "key": _key(run),
        },
        {
            "last measured": words.exactly(state.measured_at, at),
            "next run": words.exactly(upcoming, at) if upcoming else "",
            "whole table read": words.ago(_whole_table(state.name), at),
        },
    )


def _event_time(run: load.RunRow | None) -> str:
    if run is None:
        return "not known yet"
    if run.event_time is None:
        return "none found: the whole table is measured each time"
    chosen = run.event_time
    return f"{words.plain(chosen.column)} ({_origin(chosen.origin)}, days in {words.plain(chosen.zone)})"


def load_time(run: load.RunRow | None, declared: str | None) -> dict[str, str]:
    """Nothing where there is none: most tables do not say when their rows were loaded."""
    if run is None or run.event_time is None:
        return {}
    if run.load_time is not None:
        return {"load time": f"{words.plain(run.load_time.column)} ({_origin(run.load_time.origin)})"}
    why = "declared since, or no column, no moment or the event time"
    return {"load time": f"{words.plain(declared)}, which the last run has not used: {why}"} if declared else {}


def _key(run: load.RunRow | None) -> str:
    if run is None:
        return "not known yet"
    if run.key is None:
        return "none found"
    return f"{words.plain(', '.join(run.key.columns))} ({_origin(run.key.origin)})"


def _origin(origin: str) -> str:
    where = {"contract": "the contract", "config": "config.toml", "catalogue": "the catalogue", "dbt": "dbt"}
    return f"from {where[origin]}" if origin in where else origin


def _whole_table(name: str) -> datetime | None:
    past = load.runs(name, 200)
    whole = past[past["whole_table"].fillna(value=False).astype(bool) & (past["outcome"] == "finished")]
    return frames.aware(whole["started_at"].max()) if len(whole) else None


def _tabs(state: DatasetHealth, dataset: Dataset, at: datetime) -> None:
    trends, alerts, *rest = st.tabs(TABS, key="tab", bind="query-params")
    checks, contract, changed, columns, schema, query, detection = rest
    for tab, draw in (
        (trends, lambda: dataset_trends.draw(dataset, state, at)),
        (alerts, lambda: dataset_alerts.draw(dataset, state, at)),
        (checks, lambda: dataset_checks.draw(dataset, state, at)),
        (contract, lambda: dataset_contract.draw(dataset, state)),
        (changed, lambda: dataset_query.changed(dataset, state, at)),
        (columns, lambda: dataset_columns.columns(dataset, state)),
        (schema, lambda: dataset_columns.schema(dataset, at)),
        (query, lambda: dataset_query.ask(dataset)),
        (detection, lambda: dataset_detection.draw(dataset)),
    ):
        if tab.open:
            with tab, errors.shown():
                draw()
