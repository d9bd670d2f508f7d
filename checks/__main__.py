"""`python -m checks COMMAND`: words to calls, and documents to words. Nothing else.

Exit codes: 0 healthy, 1 failing, 2 warning, 3 unknown or could not evaluate, 4 done but somebody could not be told,
64 wrong usage or configuration.
"""

from __future__ import annotations

import logging
import os
import signal
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.exceptions import TyperException
from typer.main import get_command

from checks import answers, show
from checks.answering import Answering, answering
from checks.backtest_command import backtest
from checks.command_line import DEFAULT, AsJson, At, CanNotRead, ConfigPath, WrongUsage, moment_of, print_document, say
from checks.config import ConfigError, load
from checks.contract_commands import contract
from checks.explain_command import explain
from checks.history import HistoryError
from checks.incident_commands import incidents
from checks.label_commands import label
from checks.lineage_command import lineage
from checks.monitor import UnknownDataset
from checks.notify_commands import notify
from checks.objectives_command import objectives
from checks.refusal import Refused
from checks.remote import NotAnswered
from connectors import SourceError

USAGE, UNKNOWN, STOPPED = 64, 3, 130
app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    help="Vitals: measures tables, judges them, remembers.",
)
app.add_typer(contract, name="contract")
app.add_typer(label, name="label")
app.add_typer(notify, name="notify")
app.command("backtest")(backtest)
app.command("explain")(explain)
app.command("incidents")(incidents)
app.command("lineage")(lineage)
app.command("objectives")(objectives)

Names = Annotated[list[str] | None, typer.Argument(help="Datasets; none means all.")]


class Format(StrEnum):
    """How a series is printed."""

    TABLE = "table"
    CSV = "csv"
    JSON = "json"


@app.command("run")
def run_command(datasets: Names = None, config: ConfigPath = DEFAULT, as_json: AsJson = False, at: At = None) -> int:
    """Measures and judges now, or at --at."""
    moment = moment_of(at)
    with _answering(config) as by:
        document = by.run(datasets or [], moment, say)
    print_document(document, show.runs, as_json)
    return answers.exit_code_of_runs(document)


@app.command()
def status(datasets: Names = None, config: ConfigPath = DEFAULT, as_json: AsJson = False, at: At = None) -> int:
    """Health with the reasons, now or at --at."""
    moment = moment_of(at)
    with _answering(config) as by:
        document = by.status(datasets or [], moment)
    print_document(document, show.status, as_json)
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
    moment = moment_of(at)
    with _answering(config) as by:
        document = by.history(dataset, metric, column, moment)
    words = show.csv_of_series if style is Format.CSV else show.series
    print_document(document, words, as_json or style is Format.JSON)
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
    print_document(document, show.sample, as_json)
    return 0


@app.command("init")
def init_command(
    url: Annotated[str, typer.Argument(help="A warehouse: a URL, a file, or a folder of Parquet or CSV files.")],
    source: Annotated[str | None, typer.Option("--source", help="What to call it; without it, after the URL.")] = None,
    config: ConfigPath = DEFAULT,
    as_json: AsJson = False,
) -> int:
    """Looks a warehouse over: adds it to the configuration and drafts a contract for each table. Replaces no file."""
    from checks import outset, show_outset

    document = outset.look_over(config, url, source, say)
    print_document(document, show_outset.proposals, as_json)
    return outset.exit_code(document)


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
    print_document(document, show.notes, as_json)
    return doctor.exit_code(document)


def main(arguments: list[str] | None = None) -> int:
    """The exit code of a command line; errors for people go to stderr."""
    logging.basicConfig(stream=sys.stderr, level=logging.WARNING, format="%(levelname)s %(message)s")
    try:
        code = _command()(args=arguments, standalone_mode=False, prog_name="python -m checks")
        return code if isinstance(code, int) else 0
    except TyperException as error:
        context = getattr(error, "ctx", None)  # of the command whose words were wrong
        return _failed("\n".join([error.format_message(), *([context.get_usage()] if context else [])]), USAGE)
    except (ConfigError, UnknownDataset, Refused, answers.UnknownSeries, WrongUsage) as error:
        return _failed(str(error), USAGE)
    except (HistoryError, NotAnswered, SourceError, CanNotRead) as error:
        return _failed(str(error), UNKNOWN)
    except (typer.Abort, KeyboardInterrupt):
        return _failed("stopped", STOPPED)
    except BrokenPipeError:  # who read our answer has gone, as `head` does
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return UNKNOWN
    except Exception as error:  # not to be taken for failing data: Python's own exit code would be 1
        logging.getLogger(__name__).error("the command failed", exc_info=error)
        return _failed(f"Vitals itself failed ({type(error).__name__}); this is a fault of ours", UNKNOWN)


@cache
def _command() -> Callable[..., Any]:
    """All commands read from their functions: once, since that takes longer than many of them."""
    return get_command(app)


def _answering(config: Path) -> AbstractContextManager[Answering]:
    return answering(load(config))


def _failed(sentence: str, code: int) -> int:
    say(sentence)
    return code


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # runs under way are recorded as cancelled
    sys.exit(main())
