"""What the commands share: the words they take, and how an answer is printed."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from checks import answers

ConfigPath = Annotated[Path, typer.Option("--config", help="The configuration file.")]
AsJson = Annotated[bool, typer.Option("--json", help="One JSON document on stdout; everything else on stderr.")]
At = Annotated[
    str | None, typer.Option("--at", help="A past moment, such as 2026-03-15T12:00Z: later rows are left out.")
]
DEFAULT = Path("config.toml")


class WrongUsage(Exception):
    """An argument that makes no sense; the sentence says what does. Exit code 64."""


class CanNotRead(Exception):
    """Something that a command needs can not be read; the sentence says what and why. Exit code 3."""


def print_document(document: dict[str, Any], words: Callable[[dict[str, Any], Console], None], as_json: bool) -> None:
    """An answer on stdout: as one JSON document, or in words."""
    if as_json:
        print(json.dumps(document, ensure_ascii=False))  # noqa: T201 the answer itself
    else:
        words(document, Console(highlight=False))
    sys.stdout.flush()


def moment_of(text: str | None) -> datetime | None:
    """The moment of --at. Raises WrongUsage."""
    try:
        return None if text is None else answers.past_moment(text, datetime.now(UTC))
    except ValueError as error:
        raise WrongUsage(f"--at: {error}") from None


def say(line: str) -> None:
    """A line for people on stderr, beside the answer."""
    print(line, file=sys.stderr)  # noqa: T201 progress
