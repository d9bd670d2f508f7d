"""Lineage as tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from checks import phrases
from checks.lineage.words import FAILED, ORIGINS, SIGNS, kind
from checks.records import Health
from dashboard import lineage_graph, words
from dashboard.link_table import Cell, Column

Document = Mapping[str, Any]
Columns = list[Column[Document]]
Frame = pd.DataFrame
Ends = Mapping[str, set[str]]
_REFERENCE = "relationship"


def in_order(nodes: Sequence[Document]) -> list[Document]:
    """Datasets before what is not measured, the worst first."""
    return sorted(nodes, key=_rank)


def by_place(document: Document) -> list[Document]:
    """All that has to do with the node of the document: what is above it, what is below it, the nearest first, then
    what refers to keys."""
    near = [step["name"] for key in ("upstream", "downstream") for step in document[key]]
    order = list(dict.fromkeys([*near, *document["refers_to"], *document["referred_by"]]))
    return sorted(
        (node for node in document["nodes"] if node["name"] != document["name"]),
        key=lambda node: order.index(node["name"]),
    )


def neighbours(edges: Sequence[Document]) -> Columns:
    """What the list of all says of each node: what is directly above and below it."""
    flows = [edge for edge in edges if edge["origin"] != _REFERENCE]
    references = [edge for edge in edges if edge["origin"] == _REFERENCE]
    return [
        *_first(),
        _listed("Made from", _ends(flows, "upstream", "downstream")),
        _listed("Feeds", _ends(flows, "downstream", "upstream")),
        _listed("Refers to", _ends(references, "upstream", "downstream")),
        _OWNER,
        Column("Last job", lambda node: Cell(_last_job(node)), align="list"),
    ]


def places(document: Document) -> Columns:
    """What the list of one says of the others: where each stands, seen from the one that the document is about."""
    return [*_first(), Column("Place", lambda other: Cell(_place(document, other["name"]))), _OWNER]


def _first() -> Columns:
    return [
        Column("Name", lambda node: Cell(node["name"], lineage_graph.address(node)), lambda node: node["name"]),
        Column("Health or kind", lambda node: Cell(_health(node), state=bool(node["health"])), _rank),
    ]


def _rank(node: Document) -> int:
    return words.ORDER.index(Health(node["health"])) if node["health"] else len(Health)


_OWNER: Column[Document] = Column("Owner", lambda node: Cell(node["owner"] or ""), lambda node: node["owner"])


def columns(edges: Sequence[Document]) -> Frame:
    """One line for each pair of columns."""
    return pd.DataFrame(
        {
            "From": edge["upstream"],
            "Column": pair["upstream"] or words.NOTHING,
            "To": edge["downstream"],
            "Its column": pair["downstream"],
            "Known from": ORIGINS[edge["origin"]],
        }
        for edge in edges
        for pair in edge["columns"]
    )


def _health(node: Document) -> str:
    return words.health(Health(node["health"])) if node["health"] else kind(node)


def _last_job(node: Document) -> str:
    """How the newest runs of the jobs behind a node ended, one that failed first: '✕ etl.daily failed'."""
    known = sorted((job for job in node["jobs"] if job["state"]), key=lambda job: job["state"] not in FAILED)
    return ", ".join(f"{SIGNS[job['state']]} {job['job']} {job['state']}" for job in known)


def _ends(edges: Sequence[Document], end: str, other: str) -> Ends:
    """Of each `other` end of the edges, what is at the first."""
    found: dict[str, set[str]] = {}
    for edge in edges:
        found.setdefault(edge[other], set()).add(edge[end])
    return found


def _listed(head: str, ends: Ends) -> Column[Document]:
    return Column(head, lambda node: Cell(phrases.listed(sorted(ends.get(node["name"], ())), 4)), align="list")


def _place(document: Document, name: str) -> str:
    for key, word in (("upstream", "upstream"), ("downstream", "downstream")):
        for step in document[key]:
            if step["name"] == name:
                return f"{words.count(step['distance'], 'step')} {word}"
    return "has keys that it refers to" if name in document["refers_to"] else "refers to its keys"
