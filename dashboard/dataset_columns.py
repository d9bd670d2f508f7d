"""The columns of one dataset with their statistics and small history, and how its schema changed."""

from __future__ import annotations

from datetime import datetime
from itertools import pairwise

import streamlit as st

from checks.learned.codes import declared
from checks.records import Dataset, DatasetHealth
from connectors import Column
from dashboard import columns_table, load, parts, words

HISTORY_DAYS = 30


def columns(dataset: Dataset, state: DatasetHealth) -> None:
    observed = load.schemas(dataset.name)
    if not observed:
        parts.empty("No schema was observed yet.", "It appears with the first run: press 'Run now'.")
        return
    values = columns_table.Values(load.buckets(dataset.name, HISTORY_DAYS), load.table_values(dataset.name))
    frame = columns_table.table(observed[-1][1], values, state.results)
    unwatched = columns_table.not_watched(observed[-1][1], values, declared(dataset.checks))
    st.caption(f"{columns_table.about(values)} {words.plain(unwatched)}".strip())
    column = st.column_config
    st.dataframe(
        parts.styled(frame, ["Checks"]),
        column_config={
            "Column": column.TextColumn(width=150),
            "Type": column.TextColumn(width=110),
            "Checks": column.TextColumn(width=100, help="The worst of the checks on this column"),
            "Nulls": column.TextColumn(width=80, help="Share of rows in which the value is missing (NULL)"),
            "Null rate by bucket": column.LineChartColumn(
                width=130, y_min=0.0, color="gray", help=f"The last {HISTORY_DAYS} days; the scale starts at 0"
            ),
            "Distinct": column.TextColumn(width=80, help="Number of different values, approximate", alignment="right"),
            "Range": column.TextColumn(width=230, help="Smallest to largest; for text: shortest to longest"),
            "Values": column.TextColumn(
                width=270, help="Of a column with few values the commonest, with their shares of its values"
            ),
            "Mean": column.TextColumn(width=90, alignment="right"),
            "Std. dev.": column.TextColumn(width=90, alignment="right"),
            "Classified": column.TextColumn(width=100, help="By the contract; such values are masked in samples"),
        },
        column_order=[name for name in frame.columns if name != "Classified" or dataset.classified],
        height=parts.table_height(len(frame), 22),
        row_height=parts.ROW_HEIGHT,
        hide_index=True,
        key="columns-table",
        alt=f"Columns of {dataset.name} with their statistics",
    )


def schema(dataset: Dataset, at: datetime) -> None:
    observed = load.schemas(dataset.name)
    if not observed:
        parts.empty("No schema was observed yet.", "It appears with the first run: press 'Run now'.")
        return
    _changes(observed, at)
    st.subheader("As it is now", anchor=False)
    frame = columns_table.schema(observed[-1][1], dataset.classified)
    st.dataframe(
        frame,
        hide_index=True,
        key="schema-table",
        row_height=parts.ROW_HEIGHT,
        height=parts.table_height(len(frame), 22),
    )


def _changes(observed: list[tuple[datetime, tuple[Column, ...]]], at: datetime) -> None:
    first = observed[0][0]
    if len(observed) == 1:
        st.markdown(f"No change since it was first seen, {words.exactly(first, at)}.")
        return
    st.subheader(words.count(len(observed) - 1, "change"), anchor=False)
    for (_, old), (moment, new) in reversed(list(pairwise(observed))):
        st.markdown(f"**{words.exactly(moment, at)}**")
        st.markdown("\n".join(f"- {words.plain(line)}" for line in columns_table.changes(old, new)))
    st.caption(f"First seen {words.exactly(first, at)}.")
