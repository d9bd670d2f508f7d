"""`python -m checks COMMAND`: words to calls, and documents to words. Nothing else.

Exit codes: 0 healthy, 1 failing, 2 warning, 3 unknown or could not evaluate, 64 wrong usage or configuration.
"""

from __future__ import annotations

import json
import logging
import os
import signal
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from typer.exceptions import TyperException

from checks import answers, show
from checks.answering import Answering, NotAnswered, answering
from checks.config import ConfigError, load
from checks.drill import Refused
from checks.history import HistoryError
from checks.monitor import UnknownDataset
from connectors import SourceError

USAGE, UNKNOWN, STOPPED = 64, 3, 130
app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    help="Vitals: measures tables, judges them, remembers.",
)
contract = typer.Typer(no_args_is_help=True, help="Contracts as code.")
app.add_typer(contract, name="contract")

ConfigPath = Annotated[Path, typer.Option("--config", help="The configuration file.")]
AsJson = Annotated[bool, typer.Option("--json", help="One JSON document on stdout; everything else on stderr.")]
At = Annotated[
    str | None, typer.Option("--at", help="A past moment, such as 2026-03-15T12:00Z: later rows are left out.")
]
Names = Annotated[list[str] | None, typer.Argument(help="Datasets; none means all.")]
Paths = Annotated[list[Path] | None, typer.Argument(help="Files or folders; none means the contracts folder.")]
DEFAULT = Path("config.toml")


class Format(StrEnum):
    """How a series is printed."""

    TABLE = "table"
    CSV = "csv"
    JSON = "json"


class Findings(StrEnum):
    """How the findings of a lint are printed."""

    TEXT = "text"
    JSON = "json"
    GITHUB = "github"


class WrongUsage(Exception):
    """An argument that makes no sense; the sentence says what does."""


@app.command("run")
def run_command(datasets: Names = None, config: ConfigPath = DEFAULT, as_json: AsJson = False, at: At = None) -> int:
    """Measures and judges now, or at --at."""
    moment = _moment(at)
    with _answering(config) as by:
        document = by.run(datasets or [], moment, _say)
    _print(document, show.runs, as_json)
    return answers.exit_code_of_runs(document)


@app.command()
def status(datasets: Names = None, config: ConfigPath = DEFAULT, as_json: AsJson = False, at: At = None) -> int:
    """Health with the reasons, now or at --at."""
    moment = _moment(at)
    with _answering(config) as by:
        document = by.status(datasets or [], moment)
    _print(document, show.status, as_json)
    return answers.exit_code([each["health"] for each in document["datasets"]])


@app.command()
def history(  # noqa: PLR0913 the words of a command line
    dataset: str,
    metric: str,
    column: Annotated[str | None, typer.Option("--column", help="The column, for metrics of a column.")] = None,
    style: Annotated[Format, typer.Option("--format", help="table, csv or json.")] = Format.TABLE,
    config: ConfigPath = DEFAULT,
    as_json: AsJson = False,
    at: At = None,
) -> int:
    """A series of measurements, as known now or at --at."""
    moment = _moment(at)
    with _answering(config) as by:
        document = by.history(dataset, metric, column, moment)
    words = show.csv_of_series if style is Format.CSV else show.series
    _print(document, words, as_json or style is Format.JSON)
    return 0


@app.command()
def sample(
    dataset: str,
    check: str,
    limit: Annotated[int, typer.Option("--limit", min=1, max=1000, help="Rows at most.")] = 20,
    config: ConfigPath = DEFAULT,
    as_json: AsJson = False,
) -> int:
    """Rows that a check objects to; classified columns are masked."""
    with _answering(config) as by:
        document = by.sample(dataset, check, limit)
    _print(document, show.sample, as_json)
    return 0


@app.command("doctor")
def doctor_command(config: ConfigPath = DEFAULT, as_json: AsJson = False) -> int:
    """What is wrong with configuration, contracts, history, sources and scheduler, and how to mend it."""
    from checks import doctor

    loaded = load(config)
    try:
        with answering(loaded) as by:
            document = by.doctor()
    except (HistoryError, NotAnswered) as error:
        document = doctor.without_history(loaded, error)
    _print(document, show.notes, as_json)
    return doctor.exit_code(document)


@contract.command("lint")
def contract_lint(
    paths: Paths = None,
    style: Annotated[Findings, typer.Option("--format", help="text, json, or github: annotations.")] = Findings.TEXT,
    config: ConfigPath = DEFAULT,
    as_json: AsJson = False,
) -> int:
    """What is wrong in contracts, and which lines are not executed. Asks no warehouse."""
    from checks.contracts.annotations import annotations
    from checks.contracts.lint import lint, to_json

    wanted = paths or [load(config).contracts_path]
    missing = [str(path) for path in wanted if not path.exists()]
    if missing:
        raise WrongUsage(f"there is no file or folder {', '.join(missing)}")
    linted = lint(wanted)
    if style is Findings.GITHUB and not as_json:
        print(annotations(to_json(linted), Path.cwd()), end="")  # noqa: T201 the answer itself
    else:
        _print(to_json(linted), show.findings, as_json or style is Findings.JSON)
    worst = {each.worst for each in linted}
    return 1 if "error" in worst else 2 if "warning" in worst else 0


def main(arguments: list[str] | None = None) -> int:
    """The exit code of a command line; errors for people go to stderr."""
    logging.basicConfig(stream=sys.stderr, level=logging.WARNING, format="%(levelname)s %(message)s")
    try:
        code = app(args=arguments, standalone_mode=False, prog_name="python -m checks")
        return code if isinstance(code, int) else 0
    except TyperException as error:
        context = getattr(error, "ctx", None)  # of the command whose words were wrong
        return _failed("\n".join([error.format_message(), *([context.get_usage()] if context else [])]), USAGE)
    except (ConfigError, UnknownDataset, Refused, answers.UnknownSeries, WrongUsage) as error:
        return _failed(str(error), USAGE)
    except (HistoryError, NotAnswered, SourceError) as error:
        return _failed(str(error), UNKNOWN)
    except (typer.Abort, KeyboardInterrupt):
        return _failed("stopped", STOPPED)
    except BrokenPipeError:  # who read our answer has gone, as `head` does
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return UNKNOWN
    except Exception as error:  # not to be taken for failing data: Python's own exit code would be 1
        logging.getLogger(__name__).error("the command failed", exc_info=error)
        return _failed(f"Vitals itself failed ({type(error).__name__}); this is a fault of ours", UNKNOWN)


def _answering(config: Path) -> AbstractContextManager[Answering]:
    return answering(load(config))


def _moment(text: str | None) -> datetime | None:
    try:
        return None if text is None else answers.past_moment(text, datetime.now(UTC))
    except ValueError as error:
        raise WrongUsage(f"--at: {error}") from None


def _print(document: dict[str, Any], words: Callable[[dict[str, Any], Console], None], as_json: bool) -> None:
    if as_json:
        print(json.dumps(document, ensure_ascii=False))  # noqa: T201 the answer itself
    else:
        words(document, Console(highlight=False))
    sys.stdout.flush()


def _say(line: str) -> None:
    print(line, file=sys.stderr)  # noqa: T201 progress, beside the answer


def _failed(sentence: str, code: int) -> int:
    _say(sentence)
    return code


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # runs under way are recorded as cancelled
    sys.exit(main())
