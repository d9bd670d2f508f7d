"""An explanation as text for a terminal."""

from __future__ import annotations

from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from checks import phrases
from checks.metrics import unit_of


def explanation(document: dict[str, Any], console: Console) -> None:
    """The sentence first, then the segments, the other series, and what was compared."""
    unit = unit_of(_base(document["metric"]))
    what = f"{document['metric']}{_of(document)} in {_bucket(document['bucket'])}"
    console.print(Text(f"{document['dataset']}, {what}: {_pair(document, unit)}"))
    console.print(Text(document["sentence"], style="bold"))
    if document["segments"]:
        console.print(_segments(document["segments"], unit))
    for each in document["beside"]:
        name = each["metric"] + (f" of {each['column']}" if each["column"] else "")
        console.print(Text(f"Changed too: {name}: {_pair(each, unit_of(each['metric']))}"))
    for each in document["upstream"]:
        steps = f" ({each['steps']} {'step' if each['steps'] == 1 else 'steps'} upstream)" if each["steps"] else ""
        console.print(Text(f"At that moment, {each['dataset']}{steps}: {'; '.join(each['changes'])}"))
    console.print(Text(_compared(document)))


def _of(document: dict[str, Any]) -> str:
    """' of email', ' of carrier = UA', ' of tailnum, other than A9A', ' of email (check email.missing)', or nothing."""
    of, check = f" of {document['column']}" if document["column"] else "", document["check"]
    if check is None:
        return of
    match document["metric"]:
        case "category_count":
            value = " ".join(check.split()) or "''"
            return f"{of} = {value}"
        case "odd_form_count":
            return f"{of}, other than {check}"
        case _:
            return f"{of} (check {check})"


def _segments(segments: list[dict[str, Any]], unit: str) -> Table:
    table = Table(box=None, pad_edge=False, header_style="dim")
    for name, side in (("segment", "left"), ("share", "right"), ("usually", "right"), ("now", "right")):
        table.add_column(name, justify=side)
    for each in segments:
        cells = (
            each["where"],
            f"{100 * each['share']:.0f} %",
            _number(each["before"], unit),
            _number(each["after"], unit),
        )
        table.add_row(*map(Text, cells))
    return table


def _compared(document: dict[str, Any]) -> str:
    against = ", ".join(map(_bucket, document["references"]))
    seconds = sum(query["seconds"] for query in document["queries"])
    searched = ", ".join(document["searched"]) or "no column"
    count = len(document["queries"])
    asked = f"{count} {'query' if count == 1 else 'queries'}, {seconds:.2f} s"
    return f"Compared with {against}. Searched {searched}{_left_out(document['left_out'])}. {asked}."


def _left_out(columns: dict[str, str]) -> str:
    """The columns that were not searched, by reason."""
    by_reason: dict[str, list[str]] = {}
    for column, why in columns.items():
        by_reason.setdefault(why, []).append(column)
    return "".join(f"; left out ({why}): {phrases.listed(names, 5)}" for why, names in by_reason.items())


def _pair(document: dict[str, Any], unit: str) -> str:
    return f"{_number(document['after'], unit)}, usually {_number(document['before'], unit)}"


def _number(value: float | None, unit: str) -> str:
    if value is None:
        return "none"
    if unit == "share":
        return phrases.percent(100 * value)
    return f"{round(value):,}" if unit == "rows" else phrases.number(value)


def _base(metric: str) -> str:
    """The metric whose unit the numbers have: counts of bad values are explained as rates."""
    return "null_rate" if metric.endswith("_count") and metric != "row_count" else metric


def _bucket(text: str) -> str:
    return text.removesuffix("T00:00:00").removesuffix(":00").replace("T", " ")
