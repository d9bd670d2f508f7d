"""What an explanation is: frozen records that become JSON and come back, so that one can be kept with an alert.

Segments hold values of rows. They are for the people who may see the dataset, and never for a log.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

from checks.records import QueryRecord

Document = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Words:
    """What somebody asks to be explained: a metric (of a column, or of a check), in a bucket (naive, on the clock of
    the event time; any moment within it)."""

    metric: str
    bucket: datetime
    column: str | None = None
    check: str | None = None


@dataclass(frozen=True, slots=True)
class Segment:
    """Rows that share the values of one or two columns. `values` pairs each column with its value as text (None for
    NULL); `share` is the part of the change that is theirs (0 to 1); `before` and `after` are their own number, as
    usual and in the bucket (None where they had no rows); `rows_before` and `rows_after` how many they are;
    `surprise` is the distance from their own past in its standard deviations."""

    values: tuple[tuple[str, str | None], ...]
    share: float
    before: float | None
    after: float | None
    rows_before: float
    rows_after: float
    surprise: float

    @property
    def where(self) -> str:
        """'carrier = UA and origin = EWR'."""
        return " and ".join(f"{column} {'is NULL' if v is None else f'= {v}'}" for column, v in self.values)


@dataclass(frozen=True, slots=True)
class Beside:
    """Another series of the dataset that left its usual range in the same bucket: its usual value, what it was, and
    the distance in standard deviations of its past."""

    metric: str
    column: str | None
    before: float
    after: float
    surprise: float


@dataclass(frozen=True, slots=True)
class Upstream:
    """A dataset that the explained one is made from, `steps` away (0: itself), with what happened to it at that moment,
    a sentence each."""

    dataset: str
    steps: int
    changes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Explanation:
    """What accounts for the change of one number in one bucket. `check` tells it from others of the metric and column:
    a rule, the value whose rows are counted, or the usual forms.

    `before` and `after` are the number in the unit of the metric, as usual and in the bucket, None where there was
    none; after - before is `change`. `segments` are the causes, none implied by another; empty where no segment
    explains it. `references` are the buckets that 'usual' is made of, `searched` the columns that were looked at, and
    `left_out` pairs each other candidate with the reason.
    """

    dataset: str
    metric: str
    column: str | None
    bucket: datetime
    before: float | None
    after: float | None
    sentence: str
    segments: tuple[Segment, ...] = ()
    beside: tuple[Beside, ...] = ()
    references: tuple[datetime, ...] = ()
    searched: tuple[str, ...] = ()
    left_out: tuple[tuple[str, str], ...] = ()
    queries: tuple[QueryRecord, ...] = ()
    asked_at: datetime | None = None
    upstream: tuple[Upstream, ...] = ()
    check: str | None = None

    @property
    def change(self) -> float | None:
        return None if self.after is None or self.before is None else self.after - self.before

    @property
    def explained(self) -> float:
        """The part of the change that the segments account for together, 0 to 1."""
        return min(1.0, sum(segment.share for segment in self.segments))


def to_document(found: Explanation) -> Document:
    """The explanation as JSON has it; `--json`, the HTTP API and what is kept with an alert are this one format."""
    return {
        "dataset": found.dataset,
        "metric": found.metric,
        "column": found.column,
        "check": found.check,
        "bucket": found.bucket.isoformat(),
        "before": found.before,
        "after": found.after,
        "change": found.change,
        "sentence": found.sentence,
        "explained": found.explained,
        "segments": [_segment(each) for each in found.segments],
        "beside": [asdict(each) for each in found.beside],
        "upstream": [
            {"dataset": each.dataset, "steps": each.steps, "changes": list(each.changes)} for each in found.upstream
        ],
        "references": [each.isoformat() for each in found.references],
        "searched": list(found.searched),
        "left_out": dict(found.left_out),
        "queries": [asdict(query) for query in found.queries],
        "asked_at": None if found.asked_at is None else found.asked_at.astimezone(UTC).isoformat(),
    }


def from_document(document: Mapping[str, Any]) -> Explanation:
    """The explanation behind a document of `to_document`."""
    asked_at = document["asked_at"]
    return Explanation(
        document["dataset"],
        document["metric"],
        document["column"],
        datetime.fromisoformat(document["bucket"]),
        document["before"],
        document["after"],
        document["sentence"],
        tuple(_segment_of(each) for each in document["segments"]),
        tuple(Beside(**each) for each in document["beside"]),
        tuple(datetime.fromisoformat(each) for each in document["references"]),
        tuple(document["searched"]),
        tuple(document["left_out"].items()),
        tuple(QueryRecord(**each) for each in document["queries"]),
        None if asked_at is None else datetime.fromisoformat(asked_at),
        tuple(
            Upstream(each["dataset"], each["steps"], tuple(each["changes"]))
            for each in document.get("upstream", ())  # those that were kept earlier have none
        ),
        document.get("check"),
    )


def _segment(segment: Segment) -> Document:
    return {
        "where": segment.where,
        "values": dict(segment.values),
        "share": segment.share,
        "before": segment.before,
        "after": segment.after,
        "rows_before": segment.rows_before,
        "rows_after": segment.rows_after,
        "surprise": segment.surprise,
    }


def _segment_of(document: Mapping[str, Any]) -> Segment:
    rest = {name: document[name] for name in document if name not in ("where", "values")}
    return Segment(tuple(document["values"].items()), **rest)
