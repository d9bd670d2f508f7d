"""The columns of a table, held against those that it had before. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from checks import phrases
from checks.learned.words import label_words
from checks.records import Dimension, Label, LabelKind, Result, Severity, Status
from connectors import Column

CHECK = "learned.schema"
#: how long a change is told
TOLD = timedelta(days=1)
_QUIET = (LabelKind.EXPECTED, LabelKind.FALSE_ALARM, LabelKind.NEW_REGIME)
_BEFORE = "the columns it had before"
Schemas = Sequence[tuple[datetime, tuple[Column, ...]]]


def result(now: Sequence[Column], known: Schemas, labels: Sequence[Label], at: datetime) -> Result | None:
    """What the run says of its columns; None where none were known before. `known` are the schemas that were observed
    before `at`, oldest first, one for each change."""
    if not known or not now:
        return None
    settled = [one for one in known if one[0] <= at - TOLD] or [known[0]]
    changed = changes(settled[-1][1], now)
    if not changed:
        return _said(Status.PASS, at, observed=f"{len(now):,} columns")
    since = min((moment for moment, _ in known if moment > settled[-1][0]), default=at)
    day = since.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0, tzinfo=None)
    told = phrases.listed(changed, 5)
    label = next((one for one in labels if one.metric is None and one.kind in _QUIET and one.covers(day)), None)
    if label is not None:
        return _said(Status.PASS, at, observed=told, reason=f"{told}; {label_words(label)}")
    return _said(Status.WARN, at, observed=told, reason=f"{told}, since {phrases.moment(since)}")


def changes(old: Sequence[Column], new: Sequence[Column]) -> list[str]:
    """'seats changed its type from BIGINT to VARCHAR', 'gate is new', 'tailnum is gone'."""
    before, after = {one.name: one for one in old}, {one.name: one for one in new}
    said = [f"{name} is gone" for name in before if name not in after]
    said += [
        f"{name} changed its type from {was.native} to {after[name].native}"
        for name, was in before.items()
        if name in after and (was.type, was.native) != (after[name].type, after[name].native)
    ]
    return said + [f"{name} is new" for name in after if name not in before]


def _said(status: Status, at: datetime, *, observed: str, reason: str | None = None) -> Result:
    return Result(
        CHECK, Dimension.CONFORMITY, status, Severity.WARNING, observed=observed, expected=_BEFORE, reason=reason,
        measured_at=at, learned=True,
    )  # fmt: skip
