"""`python -m checks label COMMAND`: what people say of what was found. Words to calls, and documents to words."""

from __future__ import annotations

import getpass
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.text import Text

from checks.answering import answering
from checks.command_line import DEFAULT, AsJson, ConfigPath, print_document
from checks.config import load
from checks.labels import Said
from checks.records import LabelKind, Repeats
from checks.show import rows_with_sentences

label = typer.Typer(no_args_is_help=True, help="What people say of what was found.")
Author = Annotated[str | None, typer.Option("--author", help="Who says so; else the user of this machine.")]


@label.command("list")
def list_command(
    dataset: Annotated[str | None, typer.Argument(help="One dataset; none means all.")] = None,
    undone: Annotated[bool, typer.Option("--undone", help="Those that were undone too.")] = False,
    config: ConfigPath = DEFAULT,
    as_json: AsJson = False,
) -> int:
    """The labels, newest first."""
    with answering(load(config)) as by:
        document = by.labels(dataset, undone)
    print_document(document, _words, as_json)
    return 0


@label.command("add")
def add_command(  # noqa: PLR0913 the words of a command line
    dataset: str,
    kind: LabelKind,
    bucket: Annotated[str, typer.Option("--bucket", help="The day, or hour: 2026-03-01, 2026-03-01T05:00.")],
    to: Annotated[str | None, typer.Option("--to", help="The last day or hour, where there are several.")] = None,
    metric: Annotated[str | None, typer.Option("--metric", help="The series; none means all of the dataset.")] = None,
    column: Annotated[str | None, typer.Option("--column", help="The column of the metric.")] = None,
    repeats: Annotated[Repeats, typer.Option("--repeats", help="An expected event that comes again.")] = Repeats.ONCE,
    until: Annotated[str | None, typer.Option("--until", help="The last day on which it is expected.")] = None,
    note: Annotated[str | None, typer.Option("--note", help="Why, for those who read it later.")] = None,
    author: Author = None,
    config: ConfigPath = DEFAULT,
    as_json: AsJson = False,
) -> int:
    """Labels what was found, or missed; it counts from the next run on."""
    said = Said(dataset, kind, bucket, author_of(author), to, metric, column, repeats, until, note)
    with answering(load(config)) as by:
        document = by.label(said)
    print_document(document, _words, as_json)
    return 0


@label.command("undo")
def undo_command(
    number: Annotated[int, typer.Argument(help="The number of the label.", min=1)],
    author: Author = None,
    config: ConfigPath = DEFAULT,
    as_json: AsJson = False,
) -> int:
    """Takes a label back."""
    with answering(load(config)) as by:
        document = by.undo_label(number, author_of(author))
    print_document(document, _words, as_json)
    return 0


def author_of(given: str | None) -> str:
    """Who says something: the one that is given, else the user of this machine."""
    if given is not None:
        return given
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container whose user has no name
        return "somebody at a terminal"


def _words(document: dict[str, Any], console: Console) -> None:
    """One line per label; its note, and who undid it, below."""
    rows = [([Text(cell) for cell in _cells(each)], _sentences(each)) for each in document["labels"]]
    if rows:
        rows_with_sentences(console, ("label", "dataset", "kind", "buckets", "series", "by"), rows)
    else:
        console.print("There are no labels. `python -m checks label add` says of an alert what it was.")


def _cells(each: dict[str, Any]) -> list[str]:
    series = each["metric"] + (f" of {each['column']}" if each["column"] else "") if each["metric"] else "all"
    return [str(each["id"]), each["dataset"], each["kind"], _buckets(each), series, each["author"]]


def _buckets(each: dict[str, Any]) -> str:
    first, last, until = (_moment(each[name]) for name in ("bucket", "to", "until"))
    if last is None:
        return f"from {first}"
    span = first if last == first else f"{first} to {last}"
    return f"{span}, {each['repeats']} until {until}" if until else span


def _moment(text: str | None) -> str | None:
    return text and (text[:10] if text.endswith("T00:00:00") else text[:16].replace("T", " "))


def _sentences(each: dict[str, Any]) -> list[str]:
    undone = f"undone by {each['undone_by']} at {_moment(each['undone_at'])} UTC" if each["undone_at"] else None
    return [sentence for sentence in (each["note"], undone) if sentence]
