"""Which step of the semantic version a list of changes demands, and whether the new version takes it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from checks.contracts.changes.change import Change, Verdict, worst

_VERSION = re.compile(r"v?(\d{1,9})\.(\d{1,9})(?:\.(\d{1,9}))?(?:[-+].*)?", re.ASCII)


class Step(StrEnum):
    """Steps of a semantic version, the greatest first."""

    MAJOR = "major"
    MINOR = "minor"
    PATCH = "patch"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class VersionStep:
    """`demanded` by the changes, `taken` from the old version to the new one (None where one of them is no semantic
    version, or the new one is the lower), whether that `fits`, and both in a sentence."""

    demanded: Step
    taken: Step | None
    fits: bool
    sentence: str


def version_step(changes: Sequence[Change], old: Any, new: Any) -> VersionStep:
    """The judgement on two `version` fields.

    A change that breaks anybody demands a major step, a compatible one a minor step, any other a patch. A greater step
    than the demanded one fits too. Before 1.0.0 nothing is stable yet, so a minor step is enough for what breaks.
    """
    demanded = _demanded([change for change in changes if change.kind != "version.changed"])
    before, after = _numbers(old), _numbers(new)
    if before is None or after is None:
        wrong = new if after is None else old
        said = f"The changes demand a {demanded} step; {wrong!r} is no semantic version such as 1.4.0."
        return VersionStep(demanded, None, demanded is Step.NONE, said)
    taken = _taken(before, after)
    if demanded is Step.MAJOR and before[0] == 0:
        demanded = Step.MINOR
    fits = taken is not None and list(Step).index(taken) <= list(Step).index(demanded)
    return VersionStep(demanded, taken, fits, _sentence(demanded, taken, old, new, fits=fits))


def _demanded(changes: Sequence[Change]) -> Step:
    if not changes:
        return Step.NONE
    steps = {Verdict.BREAKING: Step.MAJOR, Verdict.COMPATIBLE: Step.MINOR, Verdict.INFORMATIONAL: Step.PATCH}
    return steps[worst(change.worst for change in changes)]


def _numbers(version: Any) -> tuple[int, ...] | None:
    match = _VERSION.fullmatch(version) if isinstance(version, str) else None
    return tuple(int(part or 0) for part in match.groups()) if match else None


def _taken(before: tuple[int, ...], after: tuple[int, ...]) -> Step | None:
    if after < before:
        return None
    steps = zip((Step.MAJOR, Step.MINOR, Step.PATCH), before, after, strict=True)
    return next((step for step, one, other in steps if one != other), Step.NONE)


def _sentence(demanded: Step, taken: Step | None, old: Any, new: Any, *, fits: bool) -> str:
    went = f"from {old} to {new}"
    if demanded is Step.NONE and fits:
        return f"Nothing changed that demands a new version ({went})." if old != new else "Nothing changed."
    if taken is None:
        return f"The version goes back ({went}); the changes demand a {demanded} step forward."
    if fits:
        return f"The changes demand a {demanded} step, and the version takes a {taken} one ({went})."
    if taken is Step.NONE:
        return f"The changes demand a {demanded} step, but the version is still {new}."
    return f"The changes demand a {demanded} step, but the version only takes a {taken} one ({went})."
