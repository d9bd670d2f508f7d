"""Numbers and states in, words and sentences out. Knows no Streamlit; every sentence is tested to the letter.

Units are always named, moments are UTC, rates carry their denominator, and a state is an icon and a word. Text that
comes from a warehouse, a contract or an error goes through `plain` before it meets Markdown.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from datetime import UTC, datetime

from checks.records import (
    Health,
    IncidentSeverity,
    IncidentState,
    LabelKind,
    Outcome,
    Result,
    Severity,
    Status,
)

MINUTE, HOUR, DAY = 60, 3600, 86400
_UNITS = ((DAY, "d"), (HOUR, "h"), (MINUTE, "min"), (1, "s"))
NOTHING = "–"

#: worst first: the order of tables and of the headline
ORDER = (Health.FAILING, Health.WARNING, Health.UNKNOWN, Health.HEALTHY)
BAD = (Status.FAIL, Status.NO_DATA, Status.ERROR, Status.UNREACHABLE, Status.WARN)
STATUS_ORDER = (*BAD, Status.LEARNING, Status.SKIPPED, Status.PASS)

HEALTH_ICON = {Health.FAILING: "✕", Health.WARNING: "▲", Health.UNKNOWN: "?", Health.HEALTHY: "✓"}
STATUS_ICON = {
    Status.PASS: "✓",
    Status.WARN: "▲",
    Status.FAIL: "✕",
    Status.NO_DATA: "∅",
    Status.ERROR: "!",
    Status.UNREACHABLE: "?",
    Status.LEARNING: "…",
    Status.SKIPPED: "–",
}
STATUS_WORD = {
    Status.PASS: "passes",
    Status.WARN: "warns",
    Status.FAIL: "fails",
    Status.NO_DATA: "no data",
    Status.ERROR: "check is broken",
    Status.UNREACHABLE: "unreachable",
    Status.LEARNING: "learning",
    Status.SKIPPED: "skipped",
}
LABEL_WORD = {
    LabelKind.EXPECTED: "expected: it was meant to be so",
    LabelKind.NEW_REGIME: "new regime: from here on it is different",
    LabelKind.KNOWN_ERROR: "known error: the data are wrong, and somebody knows",
    LabelKind.FALSE_ALARM: "false alarm: nothing is wrong",
    LabelKind.MISSED_ALARM: "missed alarm: it was wrong, and nothing was said",
}
OUTCOME_ICON = {
    Outcome.STARTED: "…",
    Outcome.FINISHED: "✓",
    Outcome.UNREACHABLE: "?",
    Outcome.ERROR: "✕",
    Outcome.CANCELLED: "–",
    Outcome.INTERRUPTED: "–",
}
INCIDENT_ICON = {
    IncidentState.OPEN: "●",
    IncidentState.ACKNOWLEDGED: "◐",
    IncidentState.MONITORING: "◌",
    IncidentState.RESOLVED: "✓",
}
SEVERITY_ICON = {
    IncidentSeverity.LOW: "▁",
    IncidentSeverity.MEDIUM: "▃",
    IncidentSeverity.HIGH: "▅",
    IncidentSeverity.CRITICAL: "▇",
}

_SPECIAL = re.compile(r"([\\`*_{}\[\]()#+\-.!|~<>$&^=])")
# Streamlit turns `:red[`, `:material/x:`, `:tada:`, `www.`, `a@b`, `->`, `--` and `>=` into something else even where
# Markdown's own backslash escapes them; an invisible break between the two characters is what stops it.
_JOINED = re.compile(r"(?<!\d):(?=\S)|:(?=[^\d\s])|(?<=www)(?=\.)|@(?=\w)|(?<=[-<>~])(?=[-=>])", re.IGNORECASE)
_BREAK = "\u200b"


def plain(text: object) -> str:
    """The text as Markdown that shows exactly this text, on one line."""
    line = " ".join(str(text).split())
    broken = _JOINED.sub(lambda match: match.group() + _BREAK, line)
    return _SPECIAL.sub(r"\\\1", broken)


# -- numbers -----------------------------------------------------------------------------------------------------------


def number(value: float | None) -> str:
    """1234567 -> '1,234,567'; 0.01234 -> '0.0123'; whole numbers in full, others with about four digits."""
    if value is None or not math.isfinite(value):
        return NOTHING if value is None or math.isnan(value) else ("∞" if value > 0 else "−∞")
    if value == int(value) and abs(value) < 1e15:
        return f"{int(value):,}"
    digits = max(0, 3 - math.floor(math.log10(abs(value))))
    if digits > 9:
        return f"{value:.2e}"
    return f"{value:,.{digits}f}".rstrip("0").rstrip(".") if digits else f"{value:,.0f}"


def count(amount: float | None, noun: str, plural: str | None = None) -> str:
    """'336,776 rows', '1 row', 'no rows'."""
    if amount is None or math.isnan(amount):
        return f"{NOTHING} {plural or noun + 's'}"
    if amount == 0:
        return f"no {plural or noun + 's'}"
    return f"{number(amount)} {noun if amount == 1 else plural or noun + 's'}"


def percent(rate: float | None) -> str:
    """0.0123 -> '1.2 %'; a rate that is not 0 is never shown as 0."""
    if rate is None or math.isnan(rate):
        return NOTHING
    value = rate * 100
    if value == 0 or abs(value) >= 99.95:
        return f"{value:.0f} %" if value in (0, 100) else f"{value:.1f} %"
    if abs(value) < 0.01:
        return "< 0.01 %"
    return f"{value:.2f} %" if abs(value) < 0.1 else f"{value:.1f} %"


def share(rate: float | None, whole: float | None, noun: str = "row") -> str:
    """'1.2 % of 2,860 rows'."""
    return percent(rate) if whole is None or math.isnan(whole) else f"{percent(rate)} of {count(whole, noun)}"


# -- time --------------------------------------------------------------------------------------------------------------


def duration(seconds: float | None) -> str:
    """'2 h 10 min': the two largest units, and fractions only below ten seconds."""
    if seconds is None or math.isnan(seconds):
        return NOTHING
    if seconds < 0:
        return f"−{duration(-seconds)}"
    if seconds < 10:
        return f"{seconds:.2f}".rstrip("0").rstrip(".") + " s"
    whole = round(seconds)
    for (size, unit), (smaller, word) in zip(_UNITS, (*_UNITS[1:], (1, "")), strict=True):
        if whole >= size:
            rest = whole % size // smaller if word else 0
            return f"{whole // size} {unit}" + (f" {rest} {word}" if rest else "")
    return "0 s"


def coarse(seconds: float) -> str:
    """A duration to the minute: for ages, which are measured now and then."""
    return duration(seconds if seconds < MINUTE else round(seconds / MINUTE) * MINUTE)


def ago(moment: datetime | None, at: datetime) -> str:
    """'5 min ago', '1 d 21 h ago', 'in 2 h', 'just now', 'never'."""
    if moment is None:
        return "never"
    seconds = (at - moment).total_seconds()
    if abs(seconds) < 30:
        return "just now"
    length = coarse(abs(seconds))
    return f"{length} ago" if seconds > 0 else f"in {length}"


def utc(moment: datetime | None) -> str:
    """'2026-11-23 06:00 UTC', to the minute."""
    return NOTHING if moment is None else f"{moment.astimezone(UTC):%Y-%m-%d %H:%M} UTC"


def exactly(moment: datetime | None, at: datetime) -> str:
    """'5 min ago (2026-11-23 06:00 UTC)': the relative time never without the exact one."""
    return "never" if moment is None else f"{ago(moment, at)} ({utc(moment)})"


def bucket(start: datetime, hourly: bool = False) -> str:
    """'Sun 22 Nov 2026', or '22 Nov 2026 06:00' for an hour. Buckets are in the dataset's own day."""
    return f"{start:%d %b %Y %H:%M}" if hourly else f"{start:%a %d %b %Y}"


def freshness(age: float | None, limit: float | None) -> str:
    """'2 h 10 min old', or '2 h 10 min late' where older than its limit."""
    if age is None or math.isnan(age):
        return NOTHING
    if age < 0:
        return f"{duration(-age)} in the future"
    return f"{coarse(age - limit)} late" if limit is not None and age > limit else f"{coarse(age)} old"


# -- states ------------------------------------------------------------------------------------------------------------


def health(state: Health) -> str:
    """'✕ failing': icon and word, never colour alone."""
    return f"{HEALTH_ICON[state]} {state.value}"


def status(state: Status) -> str:
    return f"{STATUS_ICON[state]} {STATUS_WORD[state]}"


def outcome(state: str) -> str:
    return f"{OUTCOME_ICON[Outcome(state)]} {state}"


def severity(level: Severity) -> str:
    return {Severity.ERROR: "error: makes it fail", Severity.WARNING: "warning", Severity.INFO: "info: only told"}[
        level
    ]


def incident_state(state: IncidentState) -> str:
    """'◐ acknowledged': icon and word, never colour alone."""
    return f"{INCIDENT_ICON[state]} {state.value}"


def incident_severity(level: IncidentSeverity) -> str:
    """'▅ high'."""
    return f"{SEVERITY_ICON[level]} {level.value}"


def worst(results: Sequence[Result]) -> Status | None:
    """The status that stands for several results of one dimension or column: the worst one, None for no results. That a
    learned check is still learning, or left to another one, hides nothing that was judged."""
    judged = [result for result in results if result.status.evaluated or not result.learned]
    found = {result.status for result in judged or results}
    return next((state for state in STATUS_ORDER if state in found), None)


def evidence(result: Result, *, hourly: bool = False) -> str:
    """'carrier: 12.5 % of 2,860 rows, expected at most 1 % (Sun 22 Nov 2026)'; `hourly` where its buckets are hours."""
    about = f"{result.column}: " if result.column else ""
    expected = f", expected {result.expected}" if result.expected and result.observed else ""
    when = f" ({bucket(result.bucket, hourly)})" if result.bucket else ""
    return f"{about}{result.observed or result.reason or 'no evidence'}{expected}{when}"


def finding(result: Result, *, hourly: bool = False) -> str:
    """'carriers-every-day fails: carrier: 11 values, expected at least 12 values'."""
    return f"{result.check} {STATUS_WORD[result.status]}: {evidence(result, hourly=hourly)}"
