"""The Contracts page: who promises what, how much of it is executed, what is kept, and what versions changed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import streamlit as st

from dashboard import contract_frames, errors, load, nav, parts, tables, url, words

TABS = ("Coverage", "Service levels", "Versions")
HINT = """Put an ODCS file into the contracts folder, or start from the draft of a table (its page makes one too):

```sh
python -m checks contract import shop.public.orders --output contracts/orders.yaml
```"""


def page() -> None:
    _view()


@st.fragment(run_every=load.PACE)
def _view() -> None:
    at = load.now()
    with errors.shown():
        with st.skeleton(height=240):
            known = contract_frames.contracts(load.contracts(), load.datasets(), load.healths())
        st.title(contract_frames.headline(known), anchor=False)
        if not known:
            parts.empty("There is no contract yet.", HINT)
        else:
            _list(known)
            _one(known, at)
        parts.footer(at)


def _list(known: Sequence[contract_frames.Contract]) -> None:
    column = st.column_config
    frame = contract_frames.table(known)
    cell = tables.clicked(
        parts.styled(frame, ["Kept"]),
        "contracts-table",
        "All contracts with what is kept and executed of them",
        {
            "Kept": column.TextColumn(width=90, help="The worst health of its datasets"),
            "Contract": column.TextColumn(width=190),
            "Owner": column.TextColumn(width=170),
            "Version": column.TextColumn(width=80),
            "Status": column.TextColumn(width=80),
            "Registered": column.TextColumn(width=90, help="The newest version in the registry"),
            "Checks": column.NumberColumn(width=70, help="What is executed of it"),
            "Not executed": column.NumberColumn(width=100, help="Lines that ask for something that is not checked"),
            "File": column.TextColumn(width=180),
        },
        most=10,
    )
    if cell is not None:
        st.query_params["id"] = known[cell[0]].id


def _one(known: Sequence[contract_frames.Contract], at: datetime) -> None:
    ids = [each.id for each in known]
    chosen = st.selectbox(
        "Contract",
        ids,
        key=url.seed("id", ids[0], ids),
        on_change=url.keep,
        args=("id", ids[0]),
        label_visibility="collapsed",
        width=320,
    )
    contract = next((each for each in known if each.id == chosen), known[0])
    with st.container(horizontal=True, vertical_alignment="center"):
        st.subheader(words.plain(contract.id), anchor=False, width="content")
        parts.badge(contract.health)
    parts.facts(
        {
            "owner": words.plain(contract.owner or "nobody named"),
            "version": words.plain(contract.version or words.NOTHING),
            "status": words.plain(contract.status or words.NOTHING),
            "file": words.plain(contract.file or "none in the contracts folder"),
            "compatibility": words.plain(contract.compatibility),
        }
    )
    _datasets(contract)
    coverage, levels, versions = st.tabs(TABS, key=url.seed("tab", TABS[0], TABS), on_change=_keep_tab)
    with coverage:
        _coverage(contract)
    with levels:
        _levels(contract)
    with versions:
        _versions(contract, at)


def _keep_tab() -> None:
    url.keep("tab", TABS[0])


def _datasets(contract: contract_frames.Contract) -> None:
    with st.container(horizontal=True):
        for name, health in contract.datasets.items():
            st.page_link(
                nav.page("dataset"),
                label=parts.coloured(health, f"{words.HEALTH_ICON[health]} {words.plain(name)}"),
                query_params={"name": name, "tab": "Checks"},
                icon="",
            )
    if not contract.datasets:
        st.caption("No source has its tables, so nothing of it is executed." if contract.file else "")


def _coverage(contract: contract_frames.Contract) -> None:
    st.markdown(contract_frames.coverage(contract))
    if contract.findings:
        st.dataframe(
            contract_frames.findings_table(contract.findings),
            column_config={
                "Line": st.column_config.NumberColumn(width=60),
                "What is said": st.column_config.TextColumn(width=520),
                "Where": st.column_config.TextColumn(width=300),
            },
            hide_index=True,
            key="contract-findings",
            row_height=parts.ROW_HEIGHT,
        )
    if contract.results:
        st.caption("What is executed, worst first.")
        st.dataframe(
            parts.styled(contract_frames.results_table(contract), ["Status"]),
            hide_index=True,
            key="contract-results",
            row_height=parts.ROW_HEIGHT,
            height=parts.table_height(len(contract.results), 12),
        )


def _levels(contract: contract_frames.Contract) -> None:
    frame = contract_frames.levels_table(contract)
    if frame.empty:
        parts.empty(
            "It promises no service level.", "Add slaProperties, for example freshness with a value and a unit."
        )
        return
    st.dataframe(
        parts.styled(frame, ["Status"]),
        hide_index=True,
        key="contract-levels",
        row_height=parts.ROW_HEIGHT,
    )
    st.caption("As of the newest run of each dataset.")
    st.page_link(
        nav.page("objectives"),
        label="How much of the time they are met, and their error budgets",
        query_params={"contract": contract.id},
        icon=":material/speed:",
    )


def _versions(contract: contract_frames.Contract, at: datetime) -> None:
    steps = load.contract_steps(contract.id)
    if not contract.registered:
        parts.empty(
            "No version is registered yet.", "`python -m checks contract register` keeps this one and guards the next."
        )
        return
    for step in reversed(steps):
        when = words.exactly(step.at, at) if step.at else "in the contracts folder, not registered"
        st.markdown(f"**{words.plain(step.version)}** &nbsp; :small[{when}]")
        lines = contract_frames.change_lines(step)
        st.markdown("\n".join(f"- {line}" for line in lines) if lines else ":gray[the first version]")
