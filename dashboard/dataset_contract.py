"""The contract of one dataset beside the facts; where there is none, a draft of one from what is measured."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import streamlit as st

from checks.contracts import Level
from checks.records import Dataset, DatasetHealth
from dashboard import asking, contract_frames, errors, load, nav, parts, promise_frames, words


def draw(dataset: Dataset, state: DatasetHealth) -> None:
    if dataset.contract_file:
        _beside(dataset, state)
    else:
        _none(dataset)


# -- with a contract ---------------------------------------------------------------------------------------------------


def _beside(dataset: Dataset, state: DatasetHealth) -> None:
    document, findings = next(
        ((each, found) for each, found in load.contracts() if each["file"] == dataset.contract_file), ({}, ())
    )
    st.markdown(f"**{words.plain(promise_frames.headline(dataset, state))}**")
    _facts(dataset, document)
    if dataset.checks:
        _promises(dataset, state)
    observed = load.schemas(dataset.name)
    unnamed = promise_frames.unnamed(dataset, observed[-1][1]) if observed else []
    if unnamed:
        said = f"In the table and not in the contract: {', '.join(unnamed)}."
        st.caption(words.plain(said))
    silent = [finding for finding in findings if finding.level is not Level.INFO]
    if silent:
        st.caption(
            f"{words.count(len(silent), 'line')} of the file {'is' if len(silent) == 1 else 'are'} not executed."
        )
        st.dataframe(contract_frames.findings_table(silent), hide_index=True, key="silent", row_height=parts.ROW_HEIGHT)


def _facts(dataset: Dataset, document: Mapping[str, Any]) -> None:
    parts.facts(
        {
            "contract": words.plain(dataset.contract or words.NOTHING),
            "version": words.plain(document.get("version") or words.NOTHING),
            "status": words.plain(document.get("status") or words.NOTHING),
            "owner": words.plain(dataset.owner or "nobody named"),
            "file": words.plain(dataset.contract_file or words.NOTHING),
        }
    )
    if dataset.contract:
        label = "versions and coverage of the contract"
        st.page_link(nav.page("contracts"), label=label, query_params={"id": dataset.contract}, icon="")


def _promises(dataset: Dataset, state: DatasetHealth) -> None:
    frame = promise_frames.promises(dataset, state, hourly=load.hourly(dataset.name))
    text = st.column_config.TextColumn
    st.dataframe(
        parts.styled(frame, ["Status"], quiet=["Status"]),
        column_config={
            "Status": text(width=120),
            "Of": text(width=130),
            "What": text(width=250),
            "Promised": text(width=200),
            "Measured": text(width=260),
            "Line": text(width=190, help="The id of the check that executes the line"),
        },
        height=parts.table_height(len(frame), 18),
        row_height=parts.ROW_HEIGHT,
        hide_index=True,
        key="promises-table",
        alt=f"The contract of {dataset.name} beside what was measured, broken promises first",
    )


# -- without one -------------------------------------------------------------------------------------------------------


def _none(dataset: Dataset) -> None:
    made = st.session_state.get(_key(dataset))
    parts.empty(
        "Nobody has promised anything about this dataset.",
        "A draft is made from what is measured: types, keys, nullability, formats, limits, freshness. "
        "The table is read a few times for it; values of columns that look sensitive are not in it.",
        lambda: _ask(dataset, again=made is not None),
    )
    if made is not None:
        _draft(dataset, made)


def _ask(dataset: Dataset, *, again: bool) -> None:
    label = "Draft it again" if again else "Draft a contract"
    if st.button(label, key="draft-contract", icon=":material/edit_note:", width="content"):
        with errors.shown(), st.spinner("Looking at the table …"):
            st.session_state[_key(dataset)] = asking.draft(dataset.name)
        st.rerun(scope="fragment")


def _draft(dataset: Dataset, made: dict[str, Any]) -> None:
    st.markdown("**A draft: read each line, tighten or drop it, name an owner.**")
    if made["left"]:
        parts.lines(f":small[:gray[not promised] {words.plain(each['what'])}]" for each in made["left"])
    with st.container(horizontal=True, vertical_alignment="center"):
        st.download_button(
            "Download",
            made["contract"],
            file_name=f"{dataset.name}.yaml",
            mime="application/yaml",
            icon=":material/download:",
            key="download-draft",
            on_click="ignore",
        )
        st.caption("Put it into the contracts folder, and it is executed from the next run on.", width="stretch")
    st.code(made["contract"], language="yaml", height=620)


def _key(dataset: Dataset) -> str:
    return f"draft-of-{dataset.name}"
