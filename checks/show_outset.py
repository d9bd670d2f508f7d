"""What `init` proposed, as text for a terminal."""

from __future__ import annotations

from typing import Any

from rich.console import Console
from rich.text import Text

from checks.show import rows_with_sentences

_WRITTEN = {
    "created": "{file}: written",
    "added": "{file}: [sources.{source}] added at its end",
    "there": "{file}: has the source {source} already, nothing is changed",
}


def proposals(document: dict[str, Any], console: Console) -> None:
    """The configuration, one line per contract, and what to do next."""
    config = document["config"]
    console.print(Text(_WRITTEN[config["written"]].format(file=config["file"], source=document["source"])))
    for name in config["variables"]:
        console.print(Text(f"set the environment variable {name} to the password; it is written nowhere"))
    if not document["contracts"]:
        console.print("The warehouse has no tables yet.")
        return
    rows = [
        ([Text(each["dataset"]), Text(each["outcome"]), Text(each["file"])], _sentences(each))
        for each in document["contracts"]
    ]
    rows_with_sentences(console, ("dataset", "contract", "file"), rows)
    console.print("These are drafts: read them, name owners, then `python -m checks contract lint` and `run`.")


def _sentences(contract: dict[str, Any]) -> list[str]:
    left = [f"not promised: {each['what']}" for each in contract["left"]]
    return [*([contract["reason"]] if contract["reason"] else []), *left]
