"""What the commands share: the words they take, and how an answer is printed."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

ConfigPath = Annotated[Path, typer.Option("--config", help="The configuration file.")]
AsJson = Annotated[bool, typer.Option("--json", help="One JSON document on stdout; everything else on stderr.")]
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
