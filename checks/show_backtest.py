"""A backtest in words: the settings side by side, what would have alerted, the series, the faults."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from checks import phrases

Document = dict[str, Any]
_LARGE = 10  # times the usual value: more is no band
_MOST = 30  # series and alerts that are listed
_LABELS = {
    "known_error": "✔ a known error",
    "missed_alarm": "✔ an error that was missed",
    "false_alarm": "✖ false alarm",
}


def backtest(document: Document, console: Console) -> None:
    """The whole of it."""
    if document["reason"]:
        console.print(Text(f"Nothing could be replayed: {document['reason']}."))
        return
    settings = document["settings"]
    series = len(settings[0]["series"])
    span = f"{_bucket(document['from'])} to {_bucket(document['to'])}"
    console.print(Text(f"{document['dataset']}: {span}, {series:,} series", style="bold"))
    console.print(_side_by_side(settings))
    for setting in settings:
        _alerts(setting, console, named=len(settings) > 1)
    console.print(_series(settings))
    if len(settings[0]["series"]) > _MOST:
        console.print(f"and {series - _MOST:,} more series; --json has them all", style="dim")
    if settings[0]["faults"] is not None:
        console.print()
        console.print(Text(f"Faults put into these series (seed {document['seed']}), and found", style="bold"))
        console.print(_faults(settings))


def _side_by_side(settings: Sequence[Document]) -> Table:
    table = _table("", *(setting["name"] for setting in settings))
    rows: list[tuple[str, Callable[[Document], str]]] = [
        ("alerts", lambda each: f"{len(each['alerts']):,}"),
        ("alerts per 90 days", lambda each: _rate(each["alerts_per_90_days"])),
        ("budget per 90 days", lambda each: phrases.number(each["budget"])),
        ("holidays", lambda each: each["detection"]["holidays"] or "none"),
        ("alerts per series per 90 days", lambda each: _rate(each["alerts_per_series_per_90_days"])),
        ("labelled errors found", lambda each: _found(each["labels"])),
        (
            "labelled false alarms",
            lambda each: "no labels" if each["labels"] is None else f"{each['labels']['false']:,}",
        ),
    ]
    for name, told in rows:
        table.add_row(name, *(told(setting) for setting in settings))
    return table


def _found(labels: Document | None) -> str:
    if labels is None:
        return "no labels"
    return f"{labels['found']:,} of {labels['wrong']:,}" if labels["wrong"] else "none labelled"


def _alerts(setting: Document, console: Console, *, named: bool) -> None:
    console.print()
    whose = f", {setting['name']}" if named else ""
    if not setting["alerts"]:
        console.print(Text(f"Nothing would have alerted{whose}.", style="bold"))
        return
    console.print(Text(f"What would have alerted{whose}", style="bold"))
    table = _table("when", "what", "labelled")
    for each in setting["alerts"][-_MOST:]:
        first, last = _bucket(each["from"]), _bucket(each["to"])
        label = _LABELS.get(each["label"] or "", (each["label"] or "").replace("_", " "))
        table.add_row(Text(first if first == last else f"{first} to {last}"), Text(each["sentence"]), Text(label))
    console.print(table)
    if len(setting["alerts"]) > _MOST:
        console.print(f"the newest {_MOST} of {len(setting['alerts']):,}; --json has them all", style="dim")
    console.print()


def _series(settings: Sequence[Document]) -> Table:
    columns = [f"alerts{_of(setting, settings)}" for setting in settings]
    table = _table("series", "judged", *columns, "sees a fall of", "sees a rise of")
    rows = list(zip(*(setting["series"] for setting in settings), strict=True))
    rows.sort(key=lambda each: -max(one["alerts"] for one in each))
    for each in rows[:_MOST]:
        first = each[0]
        judged = f"{first['judged']:,}" if first["judged"] else f"learning, {first['learning']:,}"
        table.add_row(
            Text(first["name"]),
            judged,
            *(f"{one['alerts']:,}" for one in each),
            _seen(first, "sees_fall"),
            _seen(first, "sees_rise"),
        )
    return table


def _faults(settings: Sequence[Document]) -> Table:
    table = _table("fault", "put in", *(f"found{_of(setting, settings)}" for setting in settings))
    for each in zip(*(setting["faults"] for setting in settings), strict=True):
        if each[0]["injected"]:
            table.add_row(each[0]["fault"], f"{each[0]['injected']:,}", *(_recall(one) for one in each))
        else:
            table.add_row(each[0]["fault"], "0", *(Text(one["why_none"] or "", style="dim") for one in each))
    return table


def _of(setting: Document, settings: Sequence[Document]) -> str:
    return f" ({setting['name']})" if len(settings) > 1 else ""


def _recall(fault: Document) -> str:
    return f"{fault['found']:,} ({phrases.percent(100 * fault['recall'])})" if fault["injected"] else "-"


def _rate(value: float | None) -> str:
    return "not known" if value is None else phrases.number(round(value, 2))


def _seen(series: Document, name: str) -> str:
    """A part of the usual value, or percentage points of a rate."""
    value = series[name]
    if value is None:
        return "-"
    if value == 0:
        return "any"  # of a series that never moved
    if series["sees_in"] == "points":
        return f"{phrases.number(round(100 * value, 2))} points"
    return phrases.percent(round(100 * value, 1)) if value < _LARGE else f"more than {100 * _LARGE:,} %"


def _bucket(text: str) -> str:
    return text[:10] if text.endswith("T00:00:00") else text[:16].replace("T", " ")


def _table(*headers: str) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 2, 0, 0))
    for header in headers:
        table.add_column(Text(header), overflow="fold")
    return table
