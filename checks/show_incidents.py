"""Incidents as text for a terminal."""

from __future__ import annotations

from typing import Any

from rich.console import Console
from rich.padding import Padding
from rich.text import Text

from checks import phrases
from checks.show import rows_with_sentences

_SIGNS = {"critical": ("✖", "red"), "high": ("✖", "red"), "medium": ("▲", "yellow"), "low": ("▲", "yellow")}
_NAMED = 4


def listed(document: dict[str, Any], console: Console) -> None:
    """One line per incident; title, cause and whom it reaches below it."""
    rows = []
    for each in document["incidents"]:
        state = "merged" if each["merged_into"] else each["state"]
        cells = [str(each["id"]), state, _day(each["noticed_at"]), each["assignee"] or ""]
        rows.append(([Text(cells[0]), _severity(each["severity"]), *map(Text, cells[1:])], _sentences(each)))
    if rows:
        rows_with_sentences(console, ("incident", "severity", "state", "noticed (UTC)", "assigned to"), rows)
    else:
        console.print("There is no such incident. `--state all` shows those that were resolved too.")


def story(document: dict[str, Any], console: Console) -> None:
    """One incident with what is known of it, and its timeline."""
    for each in document["incidents"]:
        head = Text(f"{each['id']}  ") + _severity(each["severity"]) + Text(f"  {each['state']}  {each['title']}")
        console.print(head, soft_wrap=True)
        for sentence in [*_sentences(each)[1:], *_facts(each)]:
            console.print(Padding(Text(sentence, style="dim"), (0, 0, 0, 4)))
        for line in each["timeline"]:
            at = line["at"][:16].replace("T", " ")
            console.print(Padding(Text(f"{at}  {line['author']}: {line['sentence']}"), (0, 0, 0, 4)))


def markdown(document: dict[str, Any], console: Console) -> None:
    """A post-mortem as it is."""
    console.print(Text(document["markdown"]), soft_wrap=True, end="")


def _severity(word: str) -> Text:
    mark, style = _SIGNS[word]
    return Text(f"{mark} {word}", style=style)


def _sentences(each: dict[str, Any]) -> list[str]:
    said = [each["title"]]
    if each["cause"]:
        said.append(f"likely cause: {each['cause']}")
    if len(each["datasets"]) > 1:
        said.append(f"shows in {phrases.listed(each['datasets'], _NAMED)}")
    for word, names in (("owned by", each["owners"]), ("reaches", each["consumers"])):
        if names:
            said.append(f"{word} {phrases.listed(names, _NAMED)}")
    return said


def _facts(each: dict[str, Any]) -> list[str]:
    happened = each["happened_at"]
    said = [
        f"happened {_day(happened)} UTC" if happened else "when it began is not known: it was never seen to be well"
    ]
    if each["muted_until"]:
        said.append(f"muted until {_day(each['muted_until'])} UTC")
    if each["merged_into"]:
        said.append(f"became a part of incident {each['merged_into']}")
    return said + [f"see {link}" for link in each["links"]]


def _day(moment: str) -> str:
    return moment[:16].replace("T", " ")
