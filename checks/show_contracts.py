"""Documents about contracts as text for a terminal."""

from __future__ import annotations

from typing import Any

from rich.console import Console
from rich.text import Text

from checks.show import rows_with_sentences, sign


def contracts(document: dict[str, Any], console: Console) -> None:
    """One line per contract; what is wrong with it below."""
    rows = [([Text(cell) for cell in _cells(each)], _sentences(each)) for each in document["contracts"]]
    if rows:
        rows_with_sentences(console, ("contract", "version", "status", "owner", "registered", "checks"), rows)
    else:
        console.print("There are no contracts: write one into the contracts folder.")


def _cells(contract: dict[str, Any]) -> list[str]:
    newest = contract["registered"][-1]["version"] if contract["registered"] else "never"
    said = [contract[key] or "" for key in ("id", "version", "status", "owner")]
    return [*said, newest, f"{contract['checks']:,}"]


def _sentences(contract: dict[str, Any]) -> list[str]:
    if not contract["file"]:
        return ["only in the registry: no file of the contracts folder has this id"]
    found = [
        f"{contract['findings'][level]:,} {level}s" for level in ("error", "warning") if contract["findings"][level]
    ]
    return [f"lint: {', '.join(found)}"] if found else []


def registered(document: dict[str, Any], console: Console) -> None:
    """What was taken up, and what changed by it."""
    rows = []
    for each in document["registered"]:
        what = "registered" if each["new"] else "was there already"
        changes = [f"{change['path']}: {change['kind']}" for change in each["changes"]]
        subjects = [f"{one['subject']} version {one['version']}, id {one['id']}" for one in each["subjects"]]
        rows.append(([Text(each["contract"]), Text(each["version"]), Text(what)], [*changes, *subjects]))
    if rows:
        rows_with_sentences(console, ("contract", "version", ""), rows)
    elif not document["refused"]:
        console.print("There are no contracts here.")
    for each in document["refused"]:
        console.print(sign("fail") + Text(f"  {each['file']}: {each['reason']}"))
