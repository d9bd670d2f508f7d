"""The Lineage page: what is made from what, who reads it, and what trouble reaches."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from checks.lineage import words as lineage_words
from checks.lineage.document import Told
from checks.records import Health
from dashboard import (
    errors,
    incident_links,
    incident_sentences,
    lineage_frames,
    lineage_graph,
    link_table,
    load,
    load_incidents,
    nav,
    parts,
    sentences,
    tables,
    url,
    words,
)

Document = Mapping[str, Any]
#: failed jobs that are told above the picture; the table has all
MOST_JOBS = 3


def page() -> None:
    with errors.shown():
        with st.skeleton(height=240):
            told = _told()
        asked = st.query_params.get("name")
        if asked is not None and asked not in told.graph.nodes:
            st.info(f"There is no dataset or consumer {words.plain(asked)}.", icon=":material/info:")
        _view(_choose(list(told.graph.nodes)))


def _told() -> Told:
    return Told(load.lineage(), {one.name: one.health for one in load.healths()})


def _choose(names: Sequence[str]) -> str | None:
    return st.selectbox(
        "Dataset or consumer",
        names,
        index=None,
        key=url.seed("name", None, names),
        on_change=url.keep,
        args=("name",),
        placeholder="everything; choose a dataset or consumer",
        label_visibility="collapsed",
        width=360,
    )


@st.fragment(run_every=load.PACE)
def _view(name: str | None) -> None:
    with errors.shown():
        told = _told()
        if name is not None and name in told.graph.nodes:
            _one(told.of(name))
        else:
            _all(told.whole())
        parts.footer(load.now())


def _all(document: Document) -> None:
    st.title(sentences.lineage_headline(document["nodes"], document["causes"]), anchor=False)
    if not document["nodes"]:
        parts.empty("There are no datasets yet.", "The Sources page says what is connected and what is left out.")
        return
    for cause in document["causes"]:
        if cause["failing_below"]:
            st.markdown(words.plain(sentences.lineage_cause(cause)))
    for job in _failed(document["nodes"]):
        st.markdown(words.plain(job))
    joined = {end for edge in document["edges"] for end in (edge["upstream"], edge["downstream"])}
    if joined:
        _graph([node for node in document["nodes"] if node["name"] in joined], document["edges"])
    else:
        parts.empty("Nothing is known of lineage yet.", sentences.LINEAGE_HINT)
    nodes = lineage_frames.in_order(document["nodes"])
    _list(nodes, lineage_frames.neighbours(document["edges"]))
    _rest(document)


def _failed(nodes: Sequence[Document]) -> list[str]:
    """The jobs whose newest run failed, each once."""
    jobs = (job for node in nodes for job in node["jobs"] if job["state"] in lineage_words.FAILED)
    return list(dict.fromkeys(lineage_words.job(job) for job in jobs))[:MOST_JOBS]


def _one(document: Document) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        st.title(words.plain(document["name"]), anchor=False, width="content")
        if document["health"]:
            parts.badge(Health(document["health"]))
            st.caption("view" if document["kind"] == "view" else "", width="content")
            st.space("stretch")
            params = {"name": document["name"]}
            st.page_link(nav.page("dataset"), label="Open the dataset", query_params=params, icon="")
        else:
            st.caption(words.plain(lineage_graph.state_of(document)), width="content")
    st.markdown(f"**{words.plain(sentences.lineage_reached(document))}**")
    if document["causes"]:
        st.markdown(words.plain(sentences.lineage_look_first(document["causes"])))
    for job in document["jobs"]:
        st.markdown(words.plain(lineage_words.job(job)))
    if document["health"]:
        incident_links.draw(load_incidents.about(document["name"]))
    owners = ", ".join(document["blast_radius"]["owners"])
    facts = {"owner": words.plain(document["owner"] or "nobody named"), "teams on it": words.plain(owners)}
    parts.facts(facts)
    if document["url"]:
        st.link_button(f"Open the {document['consumer'] or 'consumer'}", document["url"], icon=":material/open_in_new:")
    _graph(document["nodes"], document["edges"], document["name"])
    others = lineage_frames.by_place(document)
    if others:
        _list(others, lineage_frames.places(document), document["name"])
    _rest(document)


def _graph(nodes: Sequence[Document], edges: Sequence[Document], chosen: str | None = None) -> None:
    if len(nodes) > lineage_graph.MOST:
        st.info(sentences.lineage_too_many(len(nodes)), icon=":material/info:")
        return
    about = load_incidents.about_each(node["name"] for node in nodes if node["health"])
    said = {name: incident_sentences.nodes(incidents) for name, incidents in about.items()}
    drawn = lineage_graph.dot(nodes, edges, lineage_graph.Look(parts.palette(), chosen, said))
    st.graphviz_chart(drawn, width="content", alt="Datasets and consumers, from left to right as data flows")
    st.caption("From left to right as data flows. Dashed: refers to keys, no data flows. Click a box to open it.")


def _list(nodes: Sequence[Document], columns: lineage_frames.Columns, of: str = "") -> None:
    """A name leads to the dataset, or to what a consumer reads. Each view has a pager of its own (`of`)."""
    above, shown = tables.paged(link_table.arranged(nodes, columns, tables.asked_sort()), f"lineage-{of}")
    with above:
        tables.of_links(shown, columns, "Datasets and consumers, what they are made from and who reads them")
        st.caption("A name leads to its page, the head of a column sorts by it.")


def _rest(document: Document) -> None:
    known = [edge for edge in document["edges"] if edge["columns"]]
    if known:
        with st.expander("Columns", icon=":material/view_column:"):
            st.dataframe(lineage_frames.columns(known), hide_index=True, key="lineage-columns")
    for note in document["notes"]:
        st.caption(f"? Not known: {words.plain(note)}")
