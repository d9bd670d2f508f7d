"""The Service levels page: what is left of each error budget, how fast it goes, and how one of them went."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import streamlit as st
from streamlit.elements.lib.column_config_utils import ColumnConfigMappingInput

from checks import phrases
from checks.objectives import words as said
from checks.objectives.course import daily, left_over_time
from checks.objectives.document import objective_document
from checks.objectives.status import DAYS, Standing, Told
from dashboard import (
    charts,
    charts_objectives,
    errors,
    load,
    load_objectives,
    nav,
    objective_frames,
    parts,
    response_frames,
    sentences,
    url,
    words,
)

HINT = """Promise something in a contract, and it is an objective; nothing else is to be declared:

```yaml
slaProperties:
  - {property: freshness, value: 2, unit: h, element: orders.ordered_at}
```"""
_BACK = 90
_OF_STANDING: dict[Standing, parts.Colour] = {
    Standing.SPENT: "red",
    Standing.BURNING: "orange",
    Standing.MISSED: "orange",
    Standing.KEPT: "green",
}


def page() -> None:
    _view()


@st.fragment(run_every=load.PACE)
def _view() -> None:
    at = load.now()
    with errors.shown():
        with st.skeleton(height=300):
            known = load_objectives.objectives()
        st.title(words.plain(sentences.objectives_headline(known)), anchor=False)
        if known:
            fitting = _filters(known)
            _list(fitting)
            _one(fitting, at)
            _responses()
        else:
            parts.empty("No contract promises a service level or sets a rule of severity error yet.", HINT)
        parts.footer(at)


def _filters(known: Sequence[Told]) -> list[Told]:
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        contract = url.one_of(
            "contract", sorted({each.objective.contract for each in known if each.objective.contract})
        )
        owner = url.one_of("owner", sorted({each.objective.owner for each in known if each.objective.owner}))
    return objective_frames.chosen(known, contract, owner)


def _list(fitting: Sequence[Told]) -> None:
    if not fitting:
        parts.empty("No service level fits these filters.", "Choose any contract and any owner above.")
        return
    frame = objective_frames.table(fitting)
    event = st.dataframe(
        parts.styled(frame, ["Budget", "Now"], quiet=["Now"]),
        column_config=_columns(),
        height=parts.table_height(len(frame), 12),
        row_height=parts.ROW_HEIGHT,
        placeholder=words.NOTHING,
        hide_index=True,
        key="objectives-table",
        on_select="rerun",
        selection_mode="single-cell",
        alt="All service levels with what is left of their error budgets, worst first",
    )
    st.caption(
        "Click a row to see how it went. Percentages are of the measured time; the rest counts neither way. "
        "✕ spent · ▲ burns too fast, or missed now · ? not measured for a day yet · ✓ kept"
    )
    cells = event["selection"]["cells"]
    if cells and cells[0][0] < len(fitting):
        st.query_params["dataset"], st.query_params["level"] = objective_frames.name_of(fitting[cells[0][0]])


def _columns() -> ColumnConfigMappingInput:
    column = st.column_config
    attained = {f"{days} d": column.TextColumn(width=116, help=f"Met in the last {days} days") for days in DAYS}
    return attained | {
        "Budget": column.TextColumn(width=84, help="The error budget of 30 days"),
        "Dataset": column.TextColumn(width=120),
        "Service level": column.TextColumn(width=110),
        "Now": column.TextColumn(width=80),
        "Left": column.ProgressColumn(
            width=100, min_value=0, max_value=100, format="%.0f %%", color="gray", help="Of the error budget of 30 days"
        ),
        "Of the budget": column.TextColumn(width=256),
        "Aim": column.TextColumn(width=52, help="Percent of the time in which it is to be met"),
        "Burn": column.TextColumn(width=240, help="How fast the budget goes, where that is too fast"),
        "Owner": column.TextColumn(width=128),
    }


# -- one of them -------------------------------------------------------------------------------------------------------


def _one(fitting: Sequence[Told], at: datetime) -> None:
    asked = st.query_params.get("dataset"), st.query_params.get("level")
    one = next((each for each in fitting if objective_frames.name_of(each) == asked), next(iter(fitting), None))
    if one is None:
        return
    objective, document = one.objective, objective_document(one)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.subheader(words.plain(f"{objective.level} of {objective.dataset}"), anchor=False, width="content")
        st.badge(objective_frames.standing(one), color=_OF_STANDING.get(one.standing, "gray"))
        st.space("stretch")
        params = {"name": objective.dataset, "tab": "Checks"}
        st.page_link(nav.page("dataset"), label="Open the dataset", query_params=params, icon="")
        if objective.contract:
            levels = {"id": objective.contract, "tab": "Service levels"}
            st.page_link(nav.page("contracts"), label="Open the contract", query_params=levels, icon="")
    st.markdown(f"**{words.plain(sentences.objective(document))}**")
    parts.facts(
        {
            "aim": f"{phrases.percent(objective.target)} of 30 days",
            "now": objective_frames.now(one),
            "owner": words.plain(objective.owner or "nobody named"),
        }
    )
    for sentence in (objective.description, said.since(document)):
        if sentence:
            st.caption(words.plain(f"{sentence[:1].upper()}{sentence[1:].rstrip('.')}."))
    _course(one, at)
    for record in load_objectives.responses()["contracts"]:
        if record["contract"] == objective.contract:
            st.caption(words.plain(sentences.contract_response(record)))
    if one.burns:
        st.dataframe(
            parts.styled(objective_frames.burn_table(one), ["State"], quiet=["State"]),
            hide_index=True,
            key="objective-burn",
            row_height=parts.ROW_HEIGHT,
            alt="How fast the error budget goes over several windows",
        )
        st.caption("A burn rate of 1 spends the budget in exactly 30 days. Both windows must burn for an alert.")


def _course(one: Told, at: datetime) -> None:
    kept = load_objectives.objective(*objective_frames.name_of(one))
    if kept is None or not one.attained[-1].measured:
        parts.empty(
            "Nothing is known of it yet.", "It is measured with its dataset; the first run tells the first state."
        )
        return
    left = left_over_time(kept.line, one.objective.target, at)
    figure = charts_objectives.course(daily(kept.line, _BACK, at), left, one.budget.allowed, parts.palette())
    st.plotly_chart(figure, config=charts.CONFIG, key="objective-course")


# -- how soon people respond -------------------------------------------------------------------------------------------


def _responses() -> None:
    response = load_objectives.responses()
    st.subheader("How soon people respond", anchor=False)
    st.markdown(f"**{words.plain(sentences.responses(response))}**")
    if not response["all"]["incidents"]:
        return
    column = st.column_config
    promised = {
        f"{step}: promised": column.TextColumn("against the contract", width=136)
        for step in ("To detect", "To acknowledge", "To mend")
    }
    st.dataframe(
        parts.styled(response_frames.table(response), list(promised)),
        column_config=promised
        | {
            "Of": column.TextColumn(width=200),
            "Incidents": column.NumberColumn(width=76),
            "A week": column.TextColumn(width=64),
            "Open": column.NumberColumn(width=56),
            "To detect": column.TextColumn(width=190, help="From when it happened until a run noticed it (MTTD)"),
            "To acknowledge": column.TextColumn(width=190, help="From then on until somebody had it (MTTA)"),
            "To mend": column.TextColumn(width=190, help="From when it was noticed until it was resolved (MTTR)"),
        },
        hide_index=True,
        key="responses-table",
        row_height=parts.ROW_HEIGHT,
        alt="Incidents of all, of each team and of each contract, with the mean times to detect, acknowledge and mend",
    )
    st.caption(
        "Means of what is over. They are compared with timeToDetect, timeToNotify and timeToRepair of the contract. "
        "What began before the first run says nothing of detecting."
    )
    if response["noisiest"]:
        st.markdown("**Checks with the most incidents**")
        noisy = response_frames.noisiest(response)
        st.dataframe(noisy, hide_index=True, key="noisiest-table", row_height=parts.ROW_HEIGHT)
