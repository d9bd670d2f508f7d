"""Through which channels a contract wants its people to be told: `support` with the scope notifications."""

from __future__ import annotations

from collections.abc import Collection

from checks.config_notify import unknown_channel
from checks.contracts.document import Document, Notes
from checks.contracts.read import Place

_SCOPE = "notifications"


def notified(document: Document) -> list[tuple[str, Place]]:
    """The names of channels ([notify.NAME]), each with its place. A contract names channels and brings none of its own:
    its `url` is for people, and a file in a repository is no place for the secret that an address holds."""
    found = {}
    for node in document.root.items("support"):
        name = node.text("channel")
        if name and (node.text("scope") or "").lower() == _SCOPE:
            found.setdefault(name.lstrip("#").lower(), node.at("channel"))
    return list(found.items())


def note_unknown_channels(document: Document, known: Collection[str], notes: Notes) -> None:
    """Says of each channel that config.toml does not have that nobody is told through it; nothing where no channel is
    configured at all."""
    for name, place in notified(document) if known else ():
        if name not in known:
            notes.warning(place, f"{unknown_channel(name, sorted(known))}; nobody is told through it")
