"""`python -m checks contract COMMAND`: contracts as code. Words to calls, and documents to words."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from checks import show
from checks.command_line import DEFAULT, AsJson, ConfigPath, WrongUsage, print_document
from checks.config import load
from checks.diff_command import diff_command

contract = typer.Typer(no_args_is_help=True, help="Contracts as code.")
contract.command("diff")(diff_command)

Paths = Annotated[list[Path] | None, typer.Argument(help="Files or folders; none means the contracts folder.")]


@contract.command("lint")
def lint_command(paths: Paths = None, config: ConfigPath = DEFAULT, as_json: AsJson = False) -> int:
    """What is wrong in contracts, and which lines are not executed. Asks no warehouse."""
    from checks.contracts.lint import lint, to_json

    wanted = paths or [load(config).contracts_path]
    missing = [str(path) for path in wanted if not path.exists()]
    if missing:
        raise WrongUsage(f"there is no file or folder {', '.join(missing)}")
    linted = lint(wanted)
    print_document(to_json(linted), show.findings, as_json)
    worst = {each.worst for each in linted}
    return 1 if "error" in worst else 2 if "warning" in worst else 0
