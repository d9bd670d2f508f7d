"""`incidents`: what people work on, one incident with its story, and what is done with it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any

import typer
from rich.console import Console

from checks import incident_answers
from checks.answering import answering
from checks.command_line import DEFAULT, AsJson, ConfigPath, WrongUsage, print_document
from checks.config import load
from checks.incident_answers import OPEN, Wanted
from checks.label_commands import author_of

_REPORT = "report"
Number = Annotated[int | None, typer.Argument(help="One incident; none lists them.", min=1, metavar="ID")]
Do = Annotated[
    str | None,
    typer.Argument(metavar="ACTION", help="ack, assign, mute, unmute, monitor, resolve, note, link, label, or report."),
]
Words = Annotated[
    list[str] | None, typer.Argument(help="assign: to whom. note: what. link: where. label: expected, known_error, ...")
]


def incidents(  # noqa: PLR0913 the words of a command line
    number: Number = None,
    action: Do = None,
    words: Words = None,
    until: Annotated[str | None, typer.Option("--until", help="mute: 2026-03-01, or 2026-03-01T12:00Z.")] = None,
    reason: Annotated[str | None, typer.Option("--reason", help="resolve: how it was mended.")] = None,
    note: Annotated[str | None, typer.Option("--note", help="label: why, for those who read it later.")] = None,
    author: Annotated[str | None, typer.Option("--author", help="Who says so; else the user of this machine.")] = None,
    state: Annotated[str, typer.Option("--state", help="open, acknowledged, monitoring, resolved or all.")] = OPEN,
    severity: Annotated[str | None, typer.Option("--severity", help="low, medium, high or critical, at least.")] = None,
    dataset: Annotated[str | None, typer.Option("--dataset", help="A dataset, or a source.")] = None,
    since: Annotated[str | None, typer.Option("--since", help="Of resolved ones, those resolved since then.")] = None,
    config: ConfigPath = DEFAULT,
    as_json: AsJson = False,
) -> int:
    """Incidents: the open ones, one with its story, and what is done with it: `incidents 3 ack`. Without an action the
    exit code is 1 where one is open that has to be mended, 2 where all only warn."""
    text = _said([" ".join(words or []), until, reason], note, action)
    with answering(load(config)) as by:
        if number is None:
            document = by.incidents(Wanted(state, severity, dataset, since))
        elif action is None:
            document = by.incident(number)
        elif action == _REPORT:
            document = by.incident_report(number)
        else:
            said = incident_answers.action_of(action, author_of(author), text, note)
            document = by.act_on_incident(number, said)
    print_document(document, _words(number, action), as_json)
    return 0 if action else incident_answers.exit_code(document)


def _said(words: list[str | None], note: str | None, action: str | None) -> str | None:
    """What is said with an action. Raises WrongUsage where some of it would be dropped without a word."""
    given = [each for each in words if each]
    if (given or note) and action in (None, _REPORT):
        raise WrongUsage("words go with an action, for example: incidents 3 resolve --reason 'reloaded'")
    if len(given) > 1:
        raise WrongUsage(f"{action}: is said twice ('{given[0]}' and '{given[1]}'); say it once")
    return next(iter(given), None)


def _words(number: int | None, action: str | None) -> Callable[[dict[str, Any], Console], None]:
    from checks import show_incidents

    if action == _REPORT:
        return show_incidents.markdown
    return show_incidents.listed if number is None else show_incidents.story
