"""What explains a number of one bucket: the sentence first, then the segments, then what else changed in it."""

from __future__ import annotations

from datetime import datetime

import streamlit as st

from checks.explain import Beside, Explanation, Words
from checks.explain.subject import SHOWS_VALUES
from checks.records import Dataset, Metric
from checks.sensitive import hidden_of
from dashboard import asking, explain_frames, load, nav, panels, parts, url, words

_OF_COLUMNS = ("null_rate", "mean", "true_rate", "empty_count", "category_count", "odd_form_count")
_OF_CHECKS = ("missing_count", "invalid_count", "violation_count")


def choice(dataset: Dataset) -> Metric:
    """Lets the reader choose the number that is to be explained; rows per bucket to begin with."""
    offered = _offered(dataset)
    tokens = list(offered)
    chosen = st.selectbox(
        "What explains the",
        tokens,
        format_func=lambda one: panels.label(offered[one]),
        key=url.seed("metric", tokens[0], tokens),
        on_change=url.keep,
        args=("metric", tokens[0]),
        width=300,
    )
    return offered[chosen or tokens[0]]


def _offered(dataset: Dataset) -> dict[str, Metric]:
    """The series that can be explained: rows first, then by column."""
    hidden = hidden_of(dataset.classified)
    useful = [
        one
        for one in load.series(dataset.name)
        if one.name == "bucket_rows"
        or (one.name in _OF_CHECKS and one.check)
        or (one.name in _OF_COLUMNS and not (one.name in SHOWS_VALUES and (one.column or "").lower() in hidden))
    ]
    useful.sort(key=lambda one: (one.name != "bucket_rows", one.column or "", one.name, one.check or ""))
    return {panels.token(one): one for one in useful}


def draw(dataset: Dataset, metric: Metric, bucket: datetime, *, hourly: bool) -> None:
    """Asks the warehouse, once for each question although this view refreshes itself, and shows what it found."""
    wanted = Words(metric.name, bucket, metric.column, metric.check)
    found = asking.once(
        "explanation",
        (dataset.name, wanted),
        "Searching the segments …",
        lambda: asking.explanation(dataset.name, wanted),
    )
    if found is not None:
        _show(found, hourly=hourly)


def _show(found: Explanation, *, hourly: bool) -> None:
    st.markdown(f"**{words.plain(found.sentence)}**")
    st.caption(words.plain(f"{explain_frames.whole(found)}. Compared with {_against(found, hourly=hourly)}."))
    if found.segments:
        st.dataframe(
            explain_frames.segments(found),
            column_config={
                "Segment": st.column_config.TextColumn(width="medium"),
                "Share": st.column_config.ProgressColumn(
                    "Share of the change", format="%.0f %%", min_value=0, max_value=100, width=170
                ),
            },
            row_height=parts.ROW_HEIGHT,
            height=parts.table_height(len(found.segments)),
            hide_index=True,
            key="segments",
            alt="The segments behind the change",
        )
    if found.beside:
        _beside(found)
    if found.upstream:
        _upstream(found)
    with st.expander("How it was searched", icon=":material/code:"):
        st.caption(words.plain(_searched(found)))
        parts.queries(found.queries)


def _against(found: Explanation, *, hourly: bool) -> str:
    """'5 earlier buckets, Wed 21 Oct 2026 to Wed 18 Nov 2026'."""
    first, last = min(found.references), max(found.references)
    if first == last:
        return words.bucket(first, hourly)
    count = words.count(len(found.references), "earlier bucket")
    return f"{count}, {words.bucket(first, hourly)} to {words.bucket(last, hourly)}"


def _beside(found: Explanation) -> None:
    parts.lines(
        [":small[:gray[Changed in the same bucket:]]"]
        + [f":small[{words.plain(f'{_label(each)}: {explain_frames.beside(each)}')}]" for each in found.beside]
    )
    series = [panels.token(Metric(each.metric, each.column)) for each in found.beside if each.metric != "bucket_rows"]
    nav.tab_button("see their trends", "Trends", "trends-beside", series=series[:4])


def _upstream(found: Explanation) -> None:
    told = [f"{each.dataset}{explain_frames.steps(each)}: {'; '.join(each.changes)}" for each in found.upstream]
    parts.lines(
        [":small[:gray[At that moment, here and upstream:]]"] + [f":small[{words.plain(line)}]" for line in told]
    )
    st.page_link(nav.page("lineage"), label="see the lineage", query_params={"name": found.dataset}, icon="")


def _label(one: Beside) -> str:
    return "rows" if one.metric == "bucket_rows" else panels.label(Metric(one.metric, one.column))


def _searched(found: Explanation) -> str:
    """'Searched carrier, origin. Left out: tailnum (more than 150 values).'"""
    searched = f"Searched {', '.join(found.searched)}." if found.searched else "No column could be searched."
    left_out = ", ".join(f"{column} ({why})" for column, why in found.left_out)
    return f"{searched} Left out: {left_out}." if left_out else searched
