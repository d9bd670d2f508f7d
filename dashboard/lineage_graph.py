"""The graph of datasets as DOT, which the browser lays out. Names are text there, whatever is in them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from checks.lineage.words import failed_jobs, kind
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


@dataclass(frozen=True, slots=True)
class Look:
    """How a graph is drawn: `chosen` has a stronger frame, and `said` is written below the state of a node, by name."""

    palette: Palette
    chosen: str | None = None
    said: Mapping[str, str] = field(default_factory=dict)


def dot(nodes: Sequence[Document], edges: Sequence[Document], look: Look) -> str:
    """From left to right as the data flows; a click on a node leads to its page. A relationship, which carries no data,
    is dashed."""
    palette = look.palette
    ids = {node["name"]: f"n{place}" for place, node in enumerate(nodes)}
    lines = [
        "digraph {",
        'rankdir=LR; bgcolor="transparent"; nodesep=0.18; ranksep=0.7;',
        'node [shape=box style="rounded,filled" fontname="Helvetica" fontsize=12 height=0.3 margin="0.14,0.06"];',
        f'edge [color="{palette.faint}" arrowsize=0.6];',
        *(_node(node, ids[node["name"]], look) for node in nodes),
        *(_edge(pair, found, ids, palette) for pair, found in _pairs(edges).items()),
        "}",
    ]
    return "\n".join(lines)


def state_of(node: Document) -> str:
    """What a node is and how it is: 'view, ✕ failing'; 'dashboard, Network planning'."""
    if not node["health"]:
        owner = f", {node['owner']}" if node["owner"] and node["kind"] == "consumer" else ""
        return kind(node) + owner
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


def _node(node: Document, id_: str, look: Look) -> str:
    palette = look.palette
    line, ground = palette.line, palette.raised
    style = "rounded,filled"
    if node["health"]:
        health = Health(node["health"])
        line, ground = palette.health(health), getattr(palette, f"calm_{health.value}")
    elif node["kind"] == "outside":
        style = "rounded,dashed"
    told = [node["name"], state_of(node), look.said.get(node["name"], "")]
    told += [f"✕ {job} failed" for job in failed_jobs(node)]
    label = "\\n".join(_text(_short(line)) for line in told if line)
    width = 3 if node["name"] == look.chosen else 1
    return (
        f'{id_} [label="{label}" style="{style}" color="{line}" fillcolor="{ground}" fontcolor="{palette.ink}" '
        f'penwidth={width} tooltip="{_text(node["name"])}" URL="{_text(address(node))}" target="_top"];'
    )


def _pairs(edges: Sequence[Document]) -> dict[tuple[str, str], list[Document]]:
    """What is known twice, from a contract and from events, is one arrow; where data flows, that keys are looked up is
    not drawn beside it."""
    found: dict[tuple[str, str], list[Document]] = {}
    for edge in sorted(edges, key=lambda edge: edge["origin"] == "relationship"):
        known = found.setdefault((edge["upstream"], edge["downstream"]), [])
        if edge["origin"] != "relationship" or not known:
            known.append(edge)
    return found


def _edge(pair: tuple[str, str], edges: Sequence[Document], ids: Mapping[str, str], palette: Palette) -> str:
    """The arrow, with the name of the job that moves the data where there is one."""
    upstream, downstream = pair
    style = "dashed" if edges[0]["origin"] == "relationship" else "solid"
    jobs = sorted({job for edge in edges for job in edge["jobs"]})
    known = "; ".join(shown for edge in edges if (shown := columns(edge, _SHOWN))) or f"{upstream} → {downstream}"
    tooltip = f"{known}; by {', '.join(jobs)}" if jobs else known
    label = f' label="{_text(_short(jobs[0]))}" fontsize=10 fontcolor="{palette.faint}"' if len(jobs) == 1 else ""
    return f'{ids[upstream]} -> {ids[downstream]} [style={style} tooltip="{_text(tooltip)}"{label}];'


def _short(name: str) -> str:
    """The end of a long name tells more than its beginning."""
    return name if len(name) <= _LENGTH else f"…{name[1 - _LENGTH :]}"


def _text(text: str) -> str:
    return " ".join(text.split()).translate(_ESCAPES)
