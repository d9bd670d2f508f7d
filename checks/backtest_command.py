"""`python -m checks backtest DATASET`: words to calls, and documents to words."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from checks.answering import answering
from checks.command_line import DEFAULT, AsJson, CanNotRead, ConfigPath, print_document, say
from checks.config import load


class Style(StrEnum):
    """How a backtest is printed."""

    TABLE = "table"
    JSON = "json"


def backtest(  # noqa: PLR0913 the words of a command line
    dataset: str,
    days: Annotated[int, typer.Option("--days", min=1, max=3660, help="How many days are replayed.")] = 90,
    settings: Annotated[
        list[str] | None, typer.Option("--set", help="detection.alerts_per_90_days=0.5: compared with what is set.")
    ] = None,
    inject: Annotated[bool, typer.Option("--inject", help="Put standard faults in, and tell which are found.")] = False,
    seed: Annotated[int, typer.Option("--seed", min=0, max=2**31 - 1, help="Chooses where the faults go.")] = 1,
    html: Annotated[Path | None, typer.Option("--html", help="Write a page with a chart of each series.")] = None,
    style: Annotated[Style, typer.Option("--format", help="table or json.")] = Style.TABLE,
    config: ConfigPath = DEFAULT,
    as_json: AsJson = False,
) -> int:
    """Replays detection over the history: what would have alerted."""
    from checks import show_backtest  # here and not above: other commands start without pandas
    from checks.backtest.document import Wanted, exit_code

    wanted = Wanted(days, tuple(settings or ()), inject, seed, points=html is not None)
    with answering(load(config)) as by:
        document = by.backtest(dataset, wanted)
    if html is not None:
        _write(html, document)
    print_document(document, show_backtest.backtest, as_json or style is Style.JSON)
    return exit_code(document)


def _write(file: Path, document: dict) -> None:
    from checks.backtest.page import page

    text = page(document)
    for setting in document["settings"]:
        del setting["points"]
    try:
        file.write_text(text, encoding="utf-8")
    except OSError as error:
        raise CanNotRead(f"{file}: the page can not be written: {error.strerror}") from None
    say(f"wrote {file}")
