"""`explain`: which segments of rows account for a change."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from checks.answering import answering
from checks.command_line import DEFAULT, AsJson, ConfigPath, WrongUsage, print_document
from checks.config import load
from checks.eventtime import parsed_bucket
from checks.explain import Words


class Format(StrEnum):
    """How an explanation is printed."""

    TEXT = "text"
    JSON = "json"


def explain(  # noqa: PLR0913 the words of a command line
    dataset: str,
    metric: str,
    bucket: Annotated[str, typer.Option("--bucket", help="The day or hour, as 2026-03-14 or 2026-03-14T06:00.")],
    column: Annotated[str | None, typer.Option("--column", help="The column, for metrics of a column.")] = None,
    check: Annotated[
        str | None,
        typer.Option(
            "--check",
            help="The rule, value or forms, where several measure the same.",
        ),
    ] = None,
    style: Annotated[Format, typer.Option("--format", help="text or json.")] = Format.TEXT,
    config: ConfigPath = DEFAULT,
    as_json: AsJson = False,
) -> int:
    """The segments of rows that account for a change of METRIC in one day or hour."""
    from checks import show_explain

    try:
        words = Words(metric, parsed_bucket(bucket), column, check)
    except ValueError as error:
        raise WrongUsage(f"--bucket: {error}") from None
    with answering(load(config)) as by:
        document = by.explain(dataset, words)
    print_document(document, show_explain.explanation, as_json or style is Format.JSON)
    return 0
