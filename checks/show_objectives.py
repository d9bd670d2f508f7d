"""Objectives as text for a terminal."""

from __future__ import annotations

from typing import Any

from rich.console import Console
from rich.text import Text

from checks import phrases
from checks.objectives import words
from checks.objectives.status import DAYS
from checks.show import rows_with_sentences, sign

_STEPS = {"detect": "to detect", "acknowledge": "to acknowledge", "repair": "to mend"}
_NONE = (
    "There are no objectives: no contract here has service levels or rules of severity error. "
    "Add slaProperties, for example freshness with a value and a unit."
)


def objectives(document: dict[str, Any], console: Console) -> None:
    """One line for each objective, with what there is to say of it below."""
    if not document["objectives"]:
        console.print(_NONE)
        return
    headers = ("dataset", "level", "budget", "left", "aim", *(f"{days} d" for days in DAYS))
    rows = [(_cells(each), _sentences(each)) for each in document["objectives"]]
    rows_with_sentences(console, headers, rows)
    if document.get("response") and document["response"]["all"]["incidents"]:
        _response(document["response"], console)


def _response(response: dict[str, Any], console: Console) -> None:
    """The incidents of the last 90 days: of all, and by team where there are several."""
    console.print()
    console.print(Text(f"Since {response['since'][:10]}: {words.often(response['all'])}", style="bold"))
    teams = [(each["team"], each) for each in response["teams"]]
    for name, each in [("", response["all"]), *(teams if len(teams) > 1 else ())]:
        if name:
            console.print(Text(f"    {name}: {words.often(each)}"))
        for step, word in _STEPS.items():
            console.print(Text(f"    {'    ' if name else ''}{word} {words.took(each[step])}", style="dim"))
    if response["noisiest"]:
        noisy = [f"{each['check']} of {each['dataset']} ({each['incidents']})" for each in response["noisiest"][:3]]
        console.print(Text(f"    most incidents: {', '.join(noisy)}", style="dim"))


def _cells(one: dict[str, Any]) -> list[Text]:
    texts = [one["dataset"], one["level"]]
    left = phrases.percent(100 * one["budget"]["left_share"]) if one["standing"] not in ("unknown", "early") else ""
    shares = [each["percent"] for each in one["attainment"]]
    numbers = ["–" if share is None else phrases.percent(share, apart_from=(one["target"],)) for share in shares]
    return [
        *map(Text, texts),
        sign(one["standing"]),
        *map(Text, (left, phrases.percent(one["target"]), *numbers)),
    ]


def _sentences(one: dict[str, Any]) -> list[str]:
    now = "it is missed now" if one["state"] == "missed" else None
    told = [words.standing(one), now, words.burning(one), words.since(one) if one["standing"] != "early" else None]
    return [sentence for sentence in told if sentence]
