"""`python -m checks contract COMMAND`: contracts as code. Words to calls, and documents to words."""

from __future__ import annotations

from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from checks import show, show_contracts
from checks.answering import answering
from checks.command_line import DEFAULT, AsJson, At, ConfigPath, WrongUsage, moment_of, print_document, say
from checks.config import Config, load
from checks.diff_command import diff_command
from checks.refusal import Refused
from checks.registry import Compatibility, NotRegistered
from checks.transfer_commands import export_command, import_command

contract = typer.Typer(no_args_is_help=True, help="Contracts as code.")
contract.command("diff")(diff_command)
contract.command("export")(export_command)
contract.command("import")(import_command)

Paths = Annotated[list[Path] | None, typer.Argument(help="Files or folders; none means the contracts folder.")]


class Findings(StrEnum):
    """How the findings of a lint are printed."""

    TEXT = "text"
    JSON = "json"
    GITHUB = "github"


@contract.command("lint")
def lint_command(
    paths: Paths = None,
    style: Annotated[Findings, typer.Option("--format", help="text, json, or github: annotations.")] = Findings.TEXT,
    config: ConfigPath = DEFAULT,
    as_json: AsJson = False,
) -> int:
    """What is wrong in contracts, and which lines are not executed. Asks no warehouse."""
    from checks.contracts.annotations import annotations
    from checks.contracts.lint import lint, to_json

    linted = lint(_existing(paths or [load(config).contracts_path]))
    if style is Findings.GITHUB and not as_json:
        print(annotations(to_json(linted), Path.cwd()), end="")  # noqa: T201 the answer itself
    else:
        print_document(to_json(linted), show.findings, as_json or style is Findings.JSON)
    worst = {each.worst for each in linted}
    return 1 if "error" in worst else 2 if "warning" in worst else 0


@contract.command("test")
def test_command(  # noqa: PLR0913 the words of a command line
    paths: Paths = None,
    url: Annotated[
        str | None, typer.Option("--url", help="Test this warehouse or folder in place of a source.")
    ] = None,
    source: Annotated[str | None, typer.Option("--source", help="The source that --url stands for.")] = None,
    rows: Annotated[int, typer.Option("--rows", min=0, max=100, help="Failing rows to show of a check.")] = 5,
    report: Annotated[Path | None, typer.Option("--junit", help="Write a JUnit report to this file.")] = None,
    config: ConfigPath = DEFAULT,
    as_json: AsJson = False,
    at: At = None,
) -> int:
    """Runs contracts against their sources, or against --url, and keeps nothing of it."""
    from checks import junit, trial

    if source and not url:
        raise WrongUsage("--source says which source --url stands for; give --url as well")
    if report and not report.absolute().parent.is_dir():
        raise WrongUsage(f"--junit: there is no folder {report.parent}")
    moment = moment_of(at)
    settings = load(config) if config.exists() or not (url and paths) else _without_file(config)
    trying = trial.against(settings, url, source) if url else settings
    what = trial.Trial(
        contracts=tuple(_existing(paths or [settings.contracts_path])),
        at=moment or datetime.now(UTC),
        rows=rows,
        replay=moment is not None,
    )
    document = trial.try_out(trying, what, say)
    if report:
        report.write_text(junit.of_trial(document), encoding="utf-8")
    print_document(document, show.trial, as_json)
    return trial.exit_code(document)


@contract.command("register")
def register_command(
    paths: Paths = None,
    compatibility: Annotated[
        str | None,
        typer.Option("--compatibility", help="What later versions keep to: NONE, BACKWARD, FULL, ..."),
    ] = None,
    config: ConfigPath = DEFAULT,
    as_json: AsJson = False,
) -> int:
    """Takes contracts up into the registry, as far as their compatibility mode allows."""
    from checks.contracts.load import contract_files

    if compatibility is not None and compatibility not in set(Compatibility):
        raise WrongUsage(f"--compatibility {compatibility} is not known; it is one of {', '.join(Compatibility)}")
    settings = load(config)
    wanted = _existing(paths or [settings.contracts_path])
    files = [file for path in wanted for file in (contract_files(path) if path.is_dir() else [path])]
    registered, refused = [], []
    with answering(settings) as by:
        for file in files:
            try:
                registered.append(by.register(file.read_bytes(), str(file), compatibility))
            except (NotRegistered, Refused) as error:
                refused.append({"file": str(file), "reason": str(error)})
    print_document({"registered": registered, "refused": refused}, show_contracts.registered, as_json)
    return 1 if refused else 0


@contract.command("list")
def list_command(config: ConfigPath = DEFAULT, as_json: AsJson = False) -> int:
    """All contracts, of the folder and of the registry, with what is executed of them."""
    with answering(load(config)) as by:
        document = by.contracts()
    print_document(document, show_contracts.contracts, as_json)
    return 0


def _existing(paths: list[Path]) -> list[Path]:
    missing = [str(path) for path in paths if not path.exists()]
    if missing:
        raise WrongUsage(f"there is no file or folder {', '.join(missing)}")
    return paths


def _without_file(path: Path) -> Config:
    """Contracts and a URL are enough to test; everything else is as it is by default."""
    return Config(file=path, base=Path.cwd())
