"""The graph of datasets as DOT, which the browser lays out. Names are text there, whatever is in them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote

from checks.records import Health
from dashboard import words
from dashboard.theme import Palette

Document = Mapping[str, Any]
#: more nodes than these are no picture any more
MOST = 120
_LENGTH = 30
_SHOWN = 8
#: what escapes of DOT and its HTML entities are made of
_ESCAPES = str.maketrans({"\\": "\\\\", '"': '\\"', "&": "&amp;", "<": "&lt;", ">": "&gt;"})


def dot(nodes: Sequence[Document], edges: Sequence[Document], palette: Palette, chosen: str | None = None) -> str:
    """From left to right as the data flows; a click on a node leads to its page. A relationship, which carries no data,
    is dashed. `chosen` has a stronger frame."""
    ids = {node["name"]: f"n{place}" for place, node in enumerate(nodes)}
    lines = [
        "digraph {",
        'rankdir=LR; bgcolor="transparent"; nodesep=0.18; ranksep=0.7;',
        'node [shape=box style="rounded,filled" fontname="Helvetica" fontsize=12 height=0.3 margin="0.14,0.06"];',
        f'edge [color="{palette.faint}" arrowsize=0.6];',
        *(_node(node, ids[node["name"]], palette, node["name"] == chosen) for node in nodes),
        *(_edge(edge, ids) for edge in edges),
        "}",
    ]
    return "\n".join(lines)


def state_of(node: Document) -> str:
    """What a node is and how it is: 'view, ✕ failing'."""
    if node["kind"] == "consumer":
        return "consumer"
    if node["kind"] == "outside":
        return "not watched here"
    health = words.health(Health(node["health"]))
    return f"view, {health}" if node["kind"] == "view" else health


def address(node: Document) -> str:
    """Where a click on the node leads: to the dataset, or to what is known of a consumer."""
    watched = node["kind"] in ("table", "view")
    return f"{'dataset' if watched else 'lineage'}?name={quote(node['name'], safe='')}"


def columns(edge: Document, most: int | None = None) -> str:
    """Pairs of columns: 'Amount → twice, id → id'."""
    pairs = [f"{pair['upstream'] or '?'} → {pair['downstream']}" for pair in edge["columns"]]
    more = f" and {len(pairs) - most} more" if most is not None and len(pairs) > most else ""
    return ", ".join(pairs[:most]) + more


def _node(node: Document, id_: str, palette: Palette, chosen: bool) -> str:
    line, ground = palette.line, palette.raised
    style = "rounded,filled"
    if node["health"]:
        health = Health(node["health"])
        line, ground = palette.health(health), getattr(palette, f"calm_{health.value}")
    elif node["kind"] == "outside":
        style = "rounded,dashed"
    label = f"{_text(_short(node['name']))}\\n{_text(state_of(node))}"
    width = 3 if chosen else 1
    return (
        f'{id_} [label="{label}" style="{style}" color="{line}" fillcolor="{ground}" fontcolor="{palette.ink}" '
        f'penwidth={width} tooltip="{_text(node["name"])}" URL="{_text(address(node))}" target="_top"];'
    )


def _edge(edge: Document, ids: Mapping[str, str]) -> str:
    style = "dashed" if edge["origin"] == "relationship" else "solid"
    known = columns(edge, _SHOWN) or f"{edge['upstream']} → {edge['downstream']}"
    return f'{ids[edge["upstream"]]} -> {ids[edge["downstream"]]} [style={style} tooltip="{_text(known)}"];'


def _short(name: str) -> str:
    """The end of a long name tells more than its beginning."""
    return name if len(name) <= _LENGTH else f"…{name[1 - _LENGTH :]}"


def _text(text: str) -> str:
    return " ".join(text.split()).translate(_ESCAPES)
