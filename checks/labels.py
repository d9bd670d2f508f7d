"""Labels as people write them: the words read and checked, and what is answered. The same for commands, HTTP and pages.

Nothing is judged anew here: a label counts from the next run of its dataset on.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from checks.answers import Document, UnknownSeries, moment
from checks.eventtime import bucket_of, parsed_bucket
from checks.monitor import Monitor
from checks.records import Grain, Label, LabelKind, Repeats
from checks.refusal import Refused
from checks.typed import readable

_LONGEST_NOTE = 500
_LONGEST_NAME = 100
_LONGEST = {Repeats.WEEKLY: timedelta(days=6), Repeats.MONTHLY: timedelta(days=27), Repeats.YEARLY: timedelta(days=300)}
_MAY_COME = (LabelKind.EXPECTED, LabelKind.NEW_REGIME)


class WrongLabel(Refused):
    """A label that makes no sense; the sentence says what does."""


@dataclass(frozen=True, slots=True)
class Said:
    """A label in words. `bucket` and `to` are the first and last bucket (2026-03-01, or 2026-03-01T05:00 for an hour);
    without `to` the first is the last. Without `metric` all series of the dataset are meant."""

    dataset: str
    kind: str
    bucket: str
    author: str
    to: str | None = None
    metric: str | None = None
    column: str | None = None
    repeats: str = Repeats.ONCE
    until: str | None = None
    note: str | None = None


def add(monitor: Monitor, said: Said) -> Document:
    """Remembers a label: {"labels": [it]}. Raises WrongLabel, UnknownDataset, UnknownSeries."""
    [dataset] = monitor.named([said.dataset])
    _known_series(monitor, dataset.name, said.metric, said.column)
    latest = monitor.history.latest_evaluated([dataset.name]).get(dataset.name)
    grain = latest.event_time.grain if latest and latest.event_time else Grain.DAY
    label = _read(said, dataset.name, grain, monitor.clock())
    return {"labels": [label_document(monitor.history.add_label(label))]}


def undo(monitor: Monitor, number: int, author: str) -> Document:
    """Takes a label back: {"labels": [it]}. Raises WrongLabel where none of that number stands."""
    if not monitor.history.undo_label(number, _name(author), monitor.clock()):
        raise WrongLabel(f"there is no label {number} that could be undone; `label list` shows those that stand")
    return {"labels": [label_document(each) for each in monitor.history.labels(undone=True) if each.id == number]}


def labels_document(monitor: Monitor, dataset: str | None, *, undone: bool = False) -> Document:
    """{"labels": [...]}, newest first: of one dataset, or of all. Raises UnknownDataset."""
    name = monitor.named([dataset])[0].name if dataset else None
    return {"labels": [label_document(label) for label in monitor.history.labels(name, undone=undone)]}


def label_document(label: Label) -> dict[str, Any]:
    """One label."""
    return {
        "id": label.id,
        "dataset": label.dataset,
        "kind": label.kind,
        "bucket": label.first.isoformat(),
        "to": None if label.kind is LabelKind.NEW_REGIME else label.last.isoformat(),
        "metric": label.metric,
        "column": label.column,
        "repeats": label.repeats,
        "until": label.until.isoformat() if label.until else None,
        "note": label.note,
        "author": label.author,
        "at": moment(label.at),
        "undone_at": moment(label.undone_at),
        "undone_by": label.undone_by,
    }


def _read(said: Said, dataset: str, grain: Grain, now: datetime) -> Label:
    kind, repeats = _word(LabelKind, "kind", said.kind), _word(Repeats, "repeats", said.repeats)
    first = _bucket("bucket", said.bucket, grain)
    last = _bucket("to", said.to, grain, end=True) if said.to else _bucket("bucket", said.bucket, grain, end=True)
    until = _bucket("until", said.until, grain, end=True) if said.until else None
    _in_order(kind, said, (first, last), now)
    _has_an_end(kind, repeats, (first, last), until)
    return Label(
        0, dataset, kind, first, last, _name(said.author), now, said.metric, said.column, repeats, until, _note(said)
    )


def _in_order(kind: LabelKind, said: Said, span: tuple[datetime, datetime], now: datetime) -> None:
    if kind is LabelKind.NEW_REGIME and said.to:
        raise WrongLabel("to: a new regime has no end; leave it out, and label the next one when it comes")
    if span[1] < span[0]:
        raise WrongLabel(f"to: {said.to} is before {said.bucket}")
    if kind not in _MAY_COME and span[0] > (now + timedelta(days=1)).replace(tzinfo=None):
        raise WrongLabel(f"bucket: {said.bucket} is still to come, and '{kind}' is said of what has happened")


def _has_an_end(kind: LabelKind, repeats: Repeats, span: tuple[datetime, datetime], until: datetime | None) -> None:
    """What is expected for ever is hidden for ever: what repeats has a last day."""
    if repeats is Repeats.ONCE:
        if until is not None:
            raise WrongLabel("until: says when something that repeats ends; say how it repeats, or leave it out")
        return
    if kind is not LabelKind.EXPECTED:
        raise WrongLabel(f"repeats: only what is expected comes again, not '{kind}'")
    if until is None:
        raise WrongLabel("until: what repeats needs an end; write the last day on which it is expected")
    if until < span[0]:
        raise WrongLabel("until: is before the first time")
    if span[1] - span[0] > _LONGEST[repeats]:
        raise WrongLabel(f"to: what is {repeats} may last {_LONGEST[repeats].days} days at most")


def _known_series(monitor: Monitor, dataset: str, metric: str | None, column: str | None) -> None:
    if metric is None and column is not None:
        raise WrongLabel("column: say which metric of the column is meant, for example null_rate")
    if metric is None:
        return
    known = {(each.name, each.column) for each in monitor.history.series(dataset)}
    if (metric, column) not in known:
        raise UnknownSeries(dataset, metric, column, sorted(known, key=str))


def _word(words: Any, name: str, text: str) -> Any:
    try:
        return words(text)
    except ValueError:
        raise WrongLabel(f"{name}: '{text[:60]}' is not one of {', '.join(words)}") from None


def _bucket(name: str, text: str, grain: Grain, *, end: bool = False) -> datetime:
    """The bucket that a text names: a day, or an hour of it. A day of an hourly dataset is all its hours."""
    try:
        found = parsed_bucket(text)
    except ValueError as error:
        raise WrongLabel(f"{name}: {error}") from None
    if grain is not Grain.HOUR:
        return bucket_of(found, Grain.DAY)
    whole_day = end and len(text.strip()) <= len("2026-03-01")
    return bucket_of(found.replace(hour=23) if whole_day else found, Grain.HOUR)


def _name(author: str) -> str:
    name = " ".join(readable(author).split())
    if not name or len(name) > _LONGEST_NAME:
        raise WrongLabel(f"author: is empty or longer than {_LONGEST_NAME} characters; say who labels this")
    return name


def _note(said: Said) -> str | None:
    note = " ".join(readable(said.note or "").split())
    if len(note) > _LONGEST_NOTE:
        raise WrongLabel(f"note: is longer than {_LONGEST_NOTE} characters")
    return note or None
