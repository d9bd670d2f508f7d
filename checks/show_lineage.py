"""Lineage as text for a terminal."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from rich.console import Console
from rich.padding import Padding
from rich.text import Text

from checks import phrases
from checks.lineage import words
from checks.show import sign

_SHOWN = 12  # columns of one edge


def whole(document: dict[str, Any], console: Console) -> None:
    """Every dataset that something is known of, with what it is made from, refers to, and who reads it."""
    edges = document["edges"]
    joined = {end for edge in edges for end in (edge["upstream"], edge["downstream"])}
    consumers = {node["name"] for node in document["nodes"] if node["kind"] == "consumer"}
    for node in document["nodes"]:
        if node["kind"] != "consumer" and node["name"] in joined:
            console.print(_name(node))
            for job in node["jobs"]:
                if job["state"] in words.FAILED:
                    _indented(console, Text(words.job(job)))
            _neighbours(node["name"], edges, consumers, console)
    alone = [node["name"] for node in document["nodes"] if node["name"] not in joined]
    if not edges:
        console.print(
            "Nothing is known of lineage: no contract names sources, relationships or consumers, no view was read, "
            "config.toml names no consumers and no manifest of dbt, and no job sent events."
        )
    elif alone:
        console.print(Text(f"Of {phrases.listed(alone, 6)} nothing is known."))
    for cause in document["causes"]:
        if cause["failing_below"]:
            below = phrases.listed(cause["failing_below"], 6)
            console.print(Text(f"{cause['dataset']} fails, and with it what is made from it: {below}."))
    _notes(document, console)


def one(document: dict[str, Any], console: Console) -> None:
    """What is above, what is below, and what trouble reaches."""
    console.print(_name(document))
    if document["causes"]:
        above = phrases.listed(document["causes"], 6)
        _indented(console, Text(f"It fails, and so does what it is made from: look at {above} first.", style="bold"))
    for job in document["jobs"]:
        _indented(console, Text(words.job(job)))
    if document["url"]:
        _indented(console, Text(document["url"]))
    is_consumer = document["kind"] == "consumer"
    _steps("reads" if is_consumer else "made from", document["upstream"], console)
    _steps("what is made from it, and who reads it", document["downstream"], console)
    for word, key in (("refers to keys of", "refers_to"), ("its keys are referred to by", "referred_by")):
        if document[key]:
            _indented(console, Text(f"{word} {phrases.listed(document[key], 6)}"))
    if not is_consumer:
        _indented(console, Text(_reached(document["blast_radius"])))
    for edge in document["edges"]:
        pairs = _columns(edge)
        if pairs:
            known = f"{edge['upstream']} to {edge['downstream']} ({words.ORIGINS[edge['origin']]}): {pairs}"
            _indented(console, Text(known, style="dim"))
    _notes(document, console)


def _reached(radius: dict[str, list[str]]) -> str:
    reached = [
        f"{len(names):,} {word if len(names) == 1 else word + 's'} ({phrases.listed(names, 6)})"
        for word, names in (("dataset", radius["datasets"]), ("consumer", radius["consumers"]))
        if names
    ]
    said = f"Trouble in it reaches {' and '.join(reached)}." if reached else "Nothing that is known is made from it."
    if radius["referring"]:
        said += f" Keys that are not found would be noticed in {phrases.listed(radius['referring'], 6)}."
    return said


def _neighbours(name: str, edges: list[dict[str, Any]], consumers: set[str], console: Console) -> None:
    found: dict[str, list[str]] = defaultdict(list)
    for edge in edges:
        reference = edge["origin"] == "relationship"
        if edge["downstream"] == name:
            found["refers to" if reference else "made from"].append(edge["upstream"])
        elif edge["upstream"] == name and not reference:
            found["read by" if edge["downstream"] in consumers else "feeds"].append(edge["downstream"])
    for word in ("made from", "refers to", "feeds", "read by"):
        if found[word]:
            _indented(console, Text(f"{word} {phrases.listed(sorted(set(found[word])), 12)}"))


def _steps(title: str, nodes: list[dict[str, Any]], console: Console) -> None:
    if nodes:
        _indented(console, Text(title, style="dim"))
    for node in nodes:
        steps = f"{node['distance']} {'step' if node['distance'] == 1 else 'steps'}"
        _indented(console, _name(node) + Text(f"  {steps}", style="dim"), 8)


def _name(node: dict[str, Any]) -> Text:
    line = Text(node["name"])
    if node["health"]:
        line += Text("  ") + sign(node["health"])
    else:
        line += Text(f"  {words.kind(node)}", style="dim")
    return line + Text(f"  {node['owner']}" if node["owner"] else "", style="dim")


def _columns(edge: dict[str, Any]) -> str:
    pairs = [f"{pair['upstream'] or '?'} to {pair['downstream']}" for pair in edge["columns"]]
    return phrases.listed(pairs, _SHOWN)


def _notes(document: dict[str, Any], console: Console) -> None:
    for note in document["notes"]:
        console.print(Text(f"Not known: {note}"))


def _indented(console: Console, text: Text, by: int = 4) -> None:
    console.print(Padding(text, (0, 0, 0, by)))
