"""`python -m checks contract diff OLD NEW`: what changed between versions of contracts, and whom it breaks."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.padding import Padding
from rich.text import Text

from checks import show
from checks.command_line import DEFAULT, AsJson, ConfigPath, print_document, say
from checks.config import load
from checks.contracts.changes.change import Change, Verdict
from checks.contracts.changes.comparison import Compared, Comparison, to_json
from checks.contracts.changes.reports import github, headline, junit, markdown, values
from checks.contracts.sides import compared, side

_WHAT = "A file, a folder, REVISION:PATH, or a revision of git (its contracts folder)."
_SIGNS = {Verdict.BREAKING: ("✖", "red"), Verdict.COMPATIBLE: ("✔", "green"), Verdict.INFORMATIONAL: ("·", "")}


class DiffFormat(StrEnum):
    """How the differences are printed."""

    TEXT = "text"
    JSON = "json"
    MARKDOWN = "markdown"
    JUNIT = "junit"
    GITHUB = "github"


class FailOn(StrEnum):
    """Whose breakage gives the exit code 1."""

    ANY = "any"
    CONSUMER = "consumer"
    PRODUCER = "producer"
    NONE = "none"

    def breaks(self, change: Change) -> bool:
        sides = {
            FailOn.ANY: (change.consumer, change.producer),
            FailOn.CONSUMER: (change.consumer,),
            FailOn.PRODUCER: (change.producer,),
            FailOn.NONE: (),
        }
        return Verdict.BREAKING in sides[self]


def diff_command(  # noqa: PLR0913 the words of a command line
    old: Annotated[str, typer.Argument(help=f"The earlier contracts. {_WHAT}")],
    new: Annotated[str, typer.Argument(help=f"The later contracts. {_WHAT}")],
    style: Annotated[DiffFormat, typer.Option("--format", help="How to print.")] = DiffFormat.TEXT,
    fail_on: Annotated[FailOn, typer.Option("--fail-on", help="Whose breakage gives exit code 1.")] = FailOn.ANY,
    with_data: Annotated[
        bool, typer.Option("--against-data", help="Run what changed on the sources as well: what would fail today?")
    ] = False,
    config: ConfigPath = DEFAULT,
    as_json: AsJson = False,
) -> int:
    """What changed between versions of contracts, and whether it breaks consumers or producers."""
    sides = (side(old, lambda: load(config).contracts_path), side(new, lambda: load(config).contracts_path))
    found = compared(*sides)
    data = None
    if with_data:
        from checks.against_data import against_data, exit_code

        data = against_data(load(config), found, sides, datetime.now(UTC), say)
    _print(found, data, DiffFormat.JSON if as_json else style, fail_on)
    if any(map(fail_on.breaks, found.changes)):
        return 1
    return exit_code(data) if data is not None else 0


def _print(comparison: Comparison, data: dict[str, Any] | None, style: DiffFormat, fail_on: FailOn) -> None:
    if style in (DiffFormat.TEXT, DiffFormat.JSON):
        document = to_json(comparison) | ({} if data is None else {"against_data": data})
        print_document(document, lambda _, console: _in_words(comparison, data, console), style is DiffFormat.JSON)
        return
    # the runner reads annotations, and XML says what it is written in, as UTF-8 whatever the terminal has
    sys.stdout.buffer.write(_report(comparison, data, style, fail_on).encode(errors="replace"))
    sys.stdout.flush()


def _report(comparison: Comparison, data: dict[str, Any] | None, style: DiffFormat, fail_on: FailOn) -> str:
    if data is None:
        if style is DiffFormat.MARKDOWN:
            return markdown(comparison)
        return (junit if style is DiffFormat.JUNIT else github)(comparison, fail_on.breaks)
    from checks import against_data

    if style is DiffFormat.MARKDOWN:
        return markdown(comparison) + against_data.markdown(data)
    if style is DiffFormat.JUNIT:
        return junit(comparison, fail_on.breaks, against_data.suites(data))
    return github(comparison, fail_on.breaks) + against_data.github(data)


# -- for a terminal ----------------------------------------------------------------------------------------------------


def _in_words(comparison: Comparison, data: dict[str, Any] | None, console: Console) -> None:
    console.print(Text(headline(comparison)))
    for each in comparison.contracts:
        if each.changes:
            _contract(each, console)
    if data is not None:
        _data(data, console)


def _data(data: dict[str, Any], console: Console) -> None:
    from checks.against_data import headline as answer
    from checks.against_data import sentences

    console.print()
    console.print(Text(answer(data), style="bold"))
    for status, name, reason in sentences(data):
        mark = show.sign(status)
        _below(console, f"{mark.plain}: {name}", 2, str(mark.style))
        if reason:
            _below(console, reason, 6, "dim")


def _contract(contract: Compared, console: Console) -> None:
    console.print()
    console.print(Text(_visible(f"{contract.name}  {contract.document.label}"), style="bold"))
    if contract.step:
        _below(console, contract.step.sentence, 2, "" if contract.step.fits else "red")
    for change in contract.changes:
        _change(change, contract.line(change), console)


def _change(change: Change, line: int, console: Console) -> None:
    mark, style = _SIGNS[change.worst]
    where = f"  {change.path} (line {line})" if change.path else ""
    _below(console, f"{mark} {change.worst}: {change.kind}{where}", 2, style)
    if values(change):
        _below(console, values(change), 6)
    _below(console, f"{change.consumer} for consumers, {change.producer} for producers. {change.reason}", 6, "dim")


def _below(console: Console, text: str, indent: int, style: str = "") -> None:
    console.print(Padding(Text(_visible(text), style=style), (0, 0, 0, indent)))


def _visible(text: str) -> str:
    """Without control characters, which a terminal would obey."""
    return "".join(sign if sign.isprintable() else "?" for sign in text)
