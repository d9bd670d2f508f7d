"""Compatibility modes, as schema registries have them, on the two verdicts of a change."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum

from checks.contracts.changes.change import Change, Verdict


class Mode(StrEnum):
    """Who must still be right after a change.

    BACKWARD: consumers of the new contract can read data that was written under the old one. Data that fits the old
    contract fits the new one, so no change may break producers.
    FORWARD: consumers of the old contract can read data that is written under the new one. Data that fits the new
    contract fits the old one, so no change may break consumers.
    FULL: both. NONE: anything goes.

    The transitive forms ask the same of every earlier version: compare with each of them.
    """

    NONE = "NONE"
    BACKWARD = "BACKWARD"
    FORWARD = "FORWARD"
    FULL = "FULL"


def forbidden(changes: Iterable[Change], mode: Mode) -> tuple[Change, ...]:
    """The changes that the mode does not allow."""
    return tuple(change for change in changes if _is_forbidden(change, mode))


def allowed(changes: Iterable[Change], mode: Mode) -> bool:
    """Whether the mode allows all of the changes."""
    return not forbidden(changes, mode)


def _is_forbidden(change: Change, mode: Mode) -> bool:
    breaks_old_data = change.producer is Verdict.BREAKING
    breaks_old_readers = change.consumer is Verdict.BREAKING
    return (mode in (Mode.BACKWARD, Mode.FULL) and breaks_old_data) or (
        mode in (Mode.FORWARD, Mode.FULL) and breaks_old_readers
    )
