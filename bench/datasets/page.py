"""The figures as Markdown, between the markers of docs/detection-benchmark.md; they are kept beside this file."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from bench.datasets.faults import FAULTS, LENGTH, Told
from bench.datasets.replaying import Replayed
from bench.datasets.tables import TABLES
from bench.detect.table import PAGE
from checks.backtest.replay import Event
from checks.learned.families import FAMILIES, family_of
from checks.learned.words import turn
from checks.records import Grain

FILE = Path(__file__).parent / "results.json"
BEGIN, END = "<!-- whole datasets: python -m bench.datasets table -->", "<!-- end of whole datasets -->"
HALVES = ("tuning", "held-out")
_COUNTED = ("faults", "found", "led", "named")


def figures(own: Replayed, said: Sequence[Told]) -> dict[str, Any]:
    """What is kept of a table: alerts by the family and the kind of their leading findings, and what was found."""
    events = own.replay.events
    by_fault = {fault.name: [each for each in said if each.fault == fault.name] for fault in FAULTS}
    return {
        "series": len(own.replay.series),
        "days": round(own.replay.days),
        "alerts": len(events),
        "families": {f.name: n for f in FAMILIES if (n := sum(family_of(e.findings[0].metric) is f for e in events))},
        "kinds": {kind: n for kind in _KINDS if (n := sum(_kind(event) == kind for event in events))},
        "recall": {name: _recall(told) for name, told in by_fault.items() if told},
    }


_KINDS = ("band", "drift", "vanished or new value", "format")


def _kind(event: Event) -> str:
    leading = event.findings[0]
    if leading.drift:
        return "drift"
    if family_of(leading.metric).exact:
        return "format"
    return "vanished or new value" if turn(leading) else "band"


def _recall(told: Sequence[Told]) -> dict[str, int]:
    found = [each for each in told if each.is_found]
    counts = len(told), len(found), sum(each.is_led for each in found), sum(each.is_named for each in found)
    return dict(zip(_COUNTED, counts, strict=True))


def read() -> dict[str, Any]:
    return json.loads(FILE.read_text()) if FILE.exists() else {}


def keep(half: str, found: Mapping[str, Any]) -> None:
    """In the place of what was kept of these tables."""
    kept = read()
    kept[half] = kept.get(half, {}) | dict(found)
    FILE.write_text(json.dumps(kept, separators=(",", ":")) + "\n")


def write() -> None:
    """Replaces what stands between the markers."""
    page, kept = PAGE.read_text(), read()
    if BEGIN not in page or END not in page:
        raise SystemExit(f"{PAGE} has no place for the figures: it needs the lines {BEGIN!r} and {END!r}")
    parts = [
        part
        for half in HALVES
        for grain in (Grain.DAY, Grain.HOUR)
        if (tables := {name: own for name, own in kept.get(half, {}).items() if TABLES[name].grain is grain})
        for part in (*_alerts(half, grain, tables), *_found(half, grain, tables))
    ]
    between = "\n\n".join([BEGIN, *parts, END])
    PAGE.write_text(re.sub(re.escape(BEGIN) + ".*?" + re.escape(END), lambda _: between, page, flags=re.DOTALL))


def _alerts(half: str, grain: Grain, tables: Mapping[str, Any]) -> list[str]:
    lines = [["table", "series", "days", "alerts", "per 90 days", "led by", "kinds"]]
    lines.append(["---", *["---:"] * 4, "---", "---"])
    for name, own in tables.items():
        rate = f"{90 * own['alerts'] / own['days']:.2f}"
        numbers = [f"{own[key]:,}" for key in ("series", "days", "alerts")]
        lines.append([name, *numbers, rate, _listed(own["families"]), _listed(own["kinds"])])
    days, alerts = (sum(own[key] for own in tables.values()) for key in ("days", "alerts"))
    lines.append([f"*all {len(tables)}*", "", f"{days:,}", f"{alerts:,}", f"{90 * alerts / days:.2f}", "", ""])
    quiet = sum(own["alerts"] <= own["days"] / 90 for own in tables.values())
    said = f"Alerts by the {grain}, {half} half. {quiet} of {len(tables)} tables keep to one in 90 days."
    return [said, _table(lines)]


def _listed(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{name} {count}" for name, count in counts.items())


def _found(half: str, grain: Grain, tables: Mapping[str, Any]) -> list[str]:
    lasting = "one day" if grain is Grain.DAY else f"{LENGTH[grain]} hours"
    lines = [[f"fault of {lasting}", "put in", "found", "its series leads", "named, or the rows lead"]]
    lines.append(["---", *["---:"] * 4])
    for fault in FAULTS:
        own = [table["recall"][fault.name] for table in tables.values() if fault.name in table["recall"]]
        put, *counts = (sum(one[key] for one in own) for key in _COUNTED)
        lines.append([fault.name, f"{put:,}", *(f"{100 * count / put:.0f} %" if put else "" for count in counts)])
    return [f"Faults by the {grain}, {half} half:", _table(lines)]


def _table(lines: Sequence[Sequence[str]]) -> str:
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)
