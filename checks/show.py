"""Documents as text for a terminal. Names and values from warehouses are text here too: no markup is read from them."""

from __future__ import annotations

import csv
import sys
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from checks import phrases

_SIGNS = {
    "healthy": ("✔", "green"), "pass": ("✔", "green"), "ok": ("✔", "green"), "finished": ("✔", "green"),
    "kept": ("✔", "green"), "spent": ("✖", "red"), "burning": ("▲", "yellow"),
    "missed": ("▲", "yellow"), "early": ("?", "magenta"),
    "warning": ("▲", "yellow"), "warn": ("▲", "yellow"), "info": ("·", ""),
    "failing": ("✖", "red"), "fail": ("✖", "red"), "no_data": ("✖", "red"), "error": ("✖", "red"),
    "unknown": ("?", "magenta"), "unreachable": ("?", "magenta"),
}  # fmt: skip
_INDENT = 4
_GAP = 2
_NARROWEST = 12

Lines = tuple[Sequence[Text], Iterable[str]]  # the cells of a row, and what is told below it


def sign(word: str) -> Text:
    """A state as sign and word, so that it is never colour alone."""
    mark, style = _SIGNS.get(word, ("·", ""))
    return Text(f"{mark} {word}", style=style)


def status(document: dict[str, Any], console: Console) -> None:
    """One line per dataset, its reasons below it."""
    rows = []
    for each in document["datasets"]:
        measured = each["measured_at"][:16].replace("T", " ") + " UTC" if each["measured_at"] else "never"
        cells = [Text(each["name"]), sign(each["health"]), Text(measured), Text(each["owner"] or "")]
        rows.append((cells, each["reasons"]))
    if not rows:
        console.print("There is no dataset yet: name a source in config.toml, then `python -m checks run`.")
        return
    rows_with_sentences(console, ("dataset", "health", "measured", "owner"), rows)


def runs(document: dict[str, Any], console: Console) -> None:
    """What ran and what does not pass."""
    rows = []
    for each in document["runs"]:
        newest = _newest(each["results"])
        counts = Counter(result["status"] for result in newest)
        summary = ", ".join(f"{count:,} {word}" for word, count in sorted(counts.items()))
        numbers = (f"{each['seconds']:.2f} s", f"{len(each['queries']):,}", f"{each['measurements']:,}")
        cells = [Text(each["dataset"]), sign(each["outcome"]), Text(summary), *map(Text, numbers)]
        rows.append((cells, _trouble(each, newest)))
    if rows:
        rows_with_sentences(console, ("dataset", "outcome", "checks", "took", "queries", "numbers"), rows)
    else:
        console.print(
            "Nothing was run: there is no dataset. Name a source in config.toml; `doctor` tells what is wrong."
        )
    for sentence in document["errors"]:
        console.print(sign("unreachable") + Text(f"  {sentence}"))
    for sentence in document.get("notifications", {}).get("failed", ()):
        console.print(Text(f"nobody was told through {sentence}"))


def series(document: dict[str, Any], console: Console) -> None:
    """A series as a table."""
    from checks.scalars import moment_of

    of = f" of {document['column']}" if document["column"] else ""
    buckets = [datetime.fromisoformat(point["bucket"]) for point in document["points"] if point["bucket"]]
    hourly = any(bucket.hour for bucket in buckets)
    several = [document["column"] or "of"] if any("of" in point for point in document["points"]) else []
    table = _table((*several, "bucket", "observed at (UTC)", f"{document['metric']}{of} ({document['unit']})"))
    for point in document["points"]:
        start = point["bucket"] and datetime.fromisoformat(point["bucket"])
        value = str(moment_of(point["value"])) if document["unit"] == "epoch" else phrases.number(point["value"])
        bucket = phrases.bucket(start, hourly=hourly) if start else "whole table"
        of_what = [Text(point.get("of", ""))] if several else []
        table.add_row(*of_what, bucket, point["observed_at"][:19].replace("T", " "), value)
    console.print(table)


def csv_of_series(document: dict[str, Any], _: Console) -> None:
    """A series as CSV on stdout."""
    writer = csv.writer(sys.stdout, lineterminator="\n")
    several = ["of"] if any("of" in point for point in document["points"]) else []
    header = [*several, "bucket", "observed_at", "value"]
    writer.writerow(header)
    writer.writerows([point[name] for name in header] for point in document["points"])


def sample(document: dict[str, Any], console: Console) -> None:
    """Failing rows, and the query that found them."""
    table = _table(document["columns"])
    for row in document["rows"]:
        table.add_row(*(_cell(value) for value in row))
    if not document["rows"]:
        console.print("No row breaks this check.")
    elif console.measure(table, options=console.options.update(width=100_000)).maximum <= console.width:
        console.print(table)
    else:
        _one_below_the_other(document, console)
    if document["truncated"]:
        console.print(f"Only the first {len(document['rows'])} rows are shown.", style="dim")
    if document["masked"]:
        console.print(Text(f"Masked by classification: {', '.join(document['masked'])}", style="dim"))
    console.print(Text(document["query"], style="dim"))


def findings(document: dict[str, Any], console: Console) -> None:
    """Lint findings, file by file."""
    for each in document["contracts"]:
        count = len(each["findings"])
        console.print(
            Text(f"{each['file']}: {f'{count} findings' if count > 1 else '1 finding' if count else 'clean'}")
        )
        for found in each["findings"]:
            place = f"  line {found['line']}: {found['path']}" if found["path"] else f"  line {found['line']}"
            console.print(Text("  ") + sign(found["level"]) + Text(place))
            _below(console, found["message"])
    if not document["contracts"]:
        console.print("There are no contracts here.")


def trial(document: dict[str, Any], console: Console) -> None:
    """What a trial of contracts found: what is wrong in them, what ran, and rows that break checks."""
    told = [
        each | {"findings": [found for found in each["findings"] if found["level"] == "error"]}
        for each in document["contracts"]
    ]
    wrong = [each for each in told if each["findings"]]
    if wrong or not document["contracts"]:
        findings({"contracts": wrong}, console)
    runs(document, console)
    for each in document["samples"]:
        console.print()
        console.print(Text(f"{each['dataset']}: rows that break {each['check']}", style="bold"))
        sample(each, console)


def notes(document: dict[str, Any], console: Console) -> None:
    """What the doctor saw."""
    for note in document["notes"]:
        line = sign(note["level"]) + Text(f"  {note['area']}: {note['subject']}")
        if line.cell_len + len(note["message"]) + _GAP <= console.width:
            console.print(line + Text(f": {note['message']}"))
        else:
            console.print(line)
            _below(console, note["message"])


def _one_below_the_other(document: dict[str, Any], console: Console) -> None:
    """Rows that are too wide for the terminal: a line for each column."""
    for number, row in enumerate(document["rows"], start=1):
        console.print(f"row {number}", style="bold")
        table = _table(("column", "value"), show_header=False)
        for name, value in zip(document["columns"], row, strict=True):
            table.add_row(Text(f"  {name}"), _cell(value))
        console.print(table)


def _trouble(run: dict[str, Any], newest: list[dict[str, Any]]) -> list[str]:
    if run["error"]:
        return [run["error"]]
    return [f"{each['check']}: {each['reason']}" for each in newest if each["status"] != "pass" and each["reason"]]


def _newest(results: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """One result of each check: of the newest bucket, where buckets were judged."""
    newest: dict[str, dict[str, Any]] = {}
    for result in results:
        before = newest.get(result["check"])
        if before is None or (result["bucket"] or "") >= (before["bucket"] or ""):
            newest[result["check"]] = result
    return list(newest.values())


def rows_with_sentences(console: Console, headers: Sequence[str], rows: Sequence[Lines]) -> None:
    """Rows in columns, and below each row its sentences over the whole width: in a cell they could not be read."""
    widths = [max(len(header), *(cells[i].cell_len for cells, _ in rows)) for i, header in enumerate(headers)]
    room = console.width - sum(widths[1:]) - _GAP * (len(widths) - 1)
    widths[0] = min(widths[0], max(room, 20))
    while sum(widths) + _GAP * (len(widths) - 1) > console.width and max(widths) > _NARROWEST:
        widths[widths.index(max(widths))] -= 1  # long names and lists of counts fold; numbers and headers stay whole
    header = _table(headers, widths)
    console.print(header)
    for cells, sentences in rows:
        line = _table(headers, widths, show_header=False)
        line.add_row(*cells)
        console.print(line)
        for sentence in sentences:
            _below(console, sentence)


def _below(console: Console, sentence: str) -> None:
    console.print(Padding(Text(sentence, style="dim"), (0, 0, 0, _INDENT), expand=False))


def _table(headers: Sequence[str], widths: Sequence[int] = (), *, show_header: bool = True) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold", padding=(0, _GAP, 0, 0), show_header=show_header)
    for i, header in enumerate(headers):
        is_last = i == len(widths) - 1  # may be as narrow as the terminal wants it
        table.add_column(Text(header), overflow="fold", width=widths[i] if widths and not is_last else None)
    return table


def _cell(value: Any) -> Text:
    return Text("NULL", style="dim") if value is None else Text(str(value))
