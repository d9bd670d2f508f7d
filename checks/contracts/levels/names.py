"""The names of service levels: in any letter case, with spaces, underscores and hyphens, and in short forms."""

from __future__ import annotations

_ALIASES = {
    "freshness": ("fr",),
    "latency": ("ly",),
    "frequency": ("fy", "frequencyOfUpdate", "updateFrequency"),
    "timeOfAvailability": ("ta", "toa"),
    "retention": ("re", "retentionPeriod"),
    "availability": ("av", "uptime"),
    "errorRate": ("er",),
    "throughput": ("th",),
    "completeness": ("cp",),
    "generalAvailability": ("ga",),
    "endOfSupport": ("es", "eos"),
    "endOfLife": ("el", "eol"),
    "timeToDetect": ("td", "ttd"),
    "timeToNotify": ("tn", "ttn"),
    "timeToRepair": ("tr", "ttr"),
}


def kind_of(word: str) -> str | None:
    """The standard's name of a service level, None for a word that is none."""
    return _KINDS.get(_plain(word))


def all_names() -> tuple[str, ...]:
    """The names of the standard."""
    return tuple(_ALIASES)


def _plain(word: str) -> str:
    return "".join(sign for sign in word.lower() if sign not in " _-")


_KINDS = {_plain(word): name for name, words in _ALIASES.items() for word in (name, *words)}
