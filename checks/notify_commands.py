"""`python -m checks notify COMMAND`: the channels through which people are told of incidents."""

from __future__ import annotations

from typing import Annotated, Any

import typer
from rich.console import Console
from rich.text import Text

from checks.answering import answering
from checks.answers import NOT_DELIVERED
from checks.command_line import DEFAULT, AsJson, ConfigPath, print_document
from checks.config import load
from checks.show import rows_with_sentences, sign

notify = typer.Typer(no_args_is_help=True, help="The channels through which people are told of incidents.")


@notify.command("list")
def list_command(config: ConfigPath = DEFAULT, as_json: AsJson = False) -> int:
    """The channels, how they do, and the messages that were given up."""
    with answering(load(config)) as by:
        document = by.notifications()
    print_document(document, _all, as_json)
    return NOT_DELIVERED if document["dead"] else 0


@notify.command("test")
def test_command(
    channel: Annotated[str, typer.Argument(help="NAME of [notify.NAME].")],
    config: ConfigPath = DEFAULT,
    as_json: AsJson = False,
) -> int:
    """Sends a message through a channel that says no more than that messages arrive."""
    with answering(load(config)) as by:
        document = by.test_channel(channel)
    print_document(document, _tested, as_json)
    return 0 if document["delivered"] else NOT_DELIVERED


@notify.command("retry")
def retry_command(
    message: Annotated[str, typer.Argument(help="The message that `notify list` shows, or 'all'.")],
    config: ConfigPath = DEFAULT,
    as_json: AsJson = False,
) -> int:
    """Sends again what was given up."""
    with answering(load(config)) as by:
        document = by.retry_message(message)
    print_document(document, _retried, as_json)
    return NOT_DELIVERED if document.get("failed") else 0


def _all(document: dict[str, Any], console: Console) -> None:
    if not document["channels"]:
        console.print(
            "Nobody is told anything: add a [notify.NAME] with a url to config.toml, see docs/notifications.md.",
            markup=False,
        )
    else:
        headers = ("channel", "kind", "for", "state", "last sent")
        rows_with_sentences(console, headers, [(_cells(each), _sentences(each)) for each in document["channels"]])
    if document["dead"]:
        console.print("\nGiven up; `python -m checks notify retry ID` sends one again, `retry all` sends all:")
        headers = ("message", "channel", "kind", "given up")
        rows_with_sentences(console, headers, [_dead(each) for each in document["dead"]])


def _cells(each: dict[str, Any]) -> list[Text]:
    state = {"works": "ok", "fails": "error"}.get(each["state"], "unknown")
    word = sign(state).plain.split(" ")[0]
    whom = ", ".join(each["for"]) or "who is sent here"
    return [
        Text(each["name"]),
        Text(each["kind"]),
        Text(whom),
        Text(f"{word} {each['state']}", style=sign(state).style),
        Text(_moment(each["sent_at"]) or "never"),
    ]


def _sentences(each: dict[str, Any]) -> list[str]:
    waiting = f"{each['waiting']:,} waiting" if each["waiting"] else None
    return [sentence for sentence in (each["error"], waiting) if sentence]


def _dead(each: dict[str, Any]) -> tuple[list[Text], list[str]]:
    cells = [each["id"], each["channel"], each["kind"], _moment(each["given_up_at"]) or ""]
    return [Text(cell) for cell in cells], [f"{each['attempts']:,} attempts; {each['error']}"]


def _tested(document: dict[str, Any], console: Console) -> None:
    if document["delivered"]:
        console.print(f"{document['channel']} took the test message; look whether it is there.", markup=False)
    else:
        console.print(f"{document['channel']} could not be reached: {document['error']}", markup=False)


def _retried(document: dict[str, Any], console: Console) -> None:
    queued = len(document["queued"])
    console.print(f"{queued:,} {'message is' if queued == 1 else 'messages are'} on the way again.")
    for sentence in document.get("failed", ()):
        console.print(sentence, markup=False)


def _moment(text: str | None) -> str | None:
    return text and f"{text[:16].replace('T', ' ')} UTC"
