"""`python -m checks contract diff OLD NEW`: what changed between versions of contracts, and whom it breaks."""

from __future__ import annotations

import sys
from enum import StrEnum
from typing import Annotated

import typer
from rich.console import Console
from rich.padding import Padding
from rich.text import Text

from checks.command_line import DEFAULT, AsJson, ConfigPath, print_document
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


def diff_command(
    old: Annotated[str, typer.Argument(help=f"The earlier contracts. {_WHAT}")],
    new: Annotated[str, typer.Argument(help=f"The later contracts. {_WHAT}")],
    style: Annotated[DiffFormat, typer.Option("--format", help="How to print.")] = DiffFormat.TEXT,
    fail_on: Annotated[FailOn, typer.Option("--fail-on", help="Whose breakage gives exit code 1.")] = FailOn.ANY,
    config: ConfigPath = DEFAULT,
    as_json: AsJson = False,
) -> int:
    """What changed between versions of contracts, and whether it breaks consumers or producers."""
    found = compared(*(side(words, lambda: load(config).contracts_path) for words in (old, new)))
    _print(found, DiffFormat.JSON if as_json else style, fail_on)
    return 1 if any(map(fail_on.breaks, found.changes)) else 0


def _print(comparison: Comparison, style: DiffFormat, fail_on: FailOn) -> None:
    if style in (DiffFormat.TEXT, DiffFormat.JSON):
        document = to_json(comparison)
        print_document(document, lambda _, console: _in_words(comparison, console), style is DiffFormat.JSON)
        return
    if style is DiffFormat.MARKDOWN:
        text = markdown(comparison)
    else:
        text = (junit if style is DiffFormat.JUNIT else github)(comparison, fail_on.breaks)
    # the runner reads annotations, and XML says what it is written in, as UTF-8 whatever the terminal has
    sys.stdout.buffer.write(text.encode(errors="replace"))
    sys.stdout.flush()


# -- for a terminal ----------------------------------------------------------------------------------------------------


def _in_words(comparison: Comparison, console: Console) -> None:
    console.print(Text(headline(comparison)))
    for each in comparison.contracts:
        if each.changes:
            _contract(each, console)


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
