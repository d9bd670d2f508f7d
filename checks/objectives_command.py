"""`objectives`: in how much of the time service levels are met, and what is left of their error budgets."""

from __future__ import annotations

from typing import Annotated

import typer

from checks.answering import answering
from checks.command_line import DEFAULT, AsJson, At, ConfigPath, moment_of, print_document
from checks.config import load


def objectives(
    names: Annotated[list[str] | None, typer.Argument(help="Contracts or datasets; none means all.")] = None,
    config: ConfigPath = DEFAULT,
    as_json: AsJson = False,
    at: At = None,
) -> int:
    """Service levels as objectives: attainment, error budgets, burn. Exit code 1 where a budget is spent, 3 where
    too little is known of one, 2 where one burns too fast or its level is missed now."""
    from checks import show_objectives
    from checks.objectives.document import exit_code_of

    moment = moment_of(at)
    with answering(load(config)) as by:
        document = by.objectives(names or [], moment)
    print_document(document, show_objectives.objectives, as_json)
    return exit_code_of(document)
