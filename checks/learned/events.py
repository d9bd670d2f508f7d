"""What people see of alerts: those that follow one another are one event, with what was said of it. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from checks.learned.families import FOLLOWING, VOLUME, family_of
from checks.records import Alert, Dimension, Finding, Grain, Label, LabelKind


@dataclass(frozen=True, slots=True)
class Event:
    """What left its band in the buckets `first` to `last`. `leading` is the finding that tells it best, in the bucket
    `led`, and `findings` has each series with its worst one. `labels` speak of it, newest first."""

    dataset: str
    grain: Grain
    first: datetime
    last: datetime
    noticed_at: datetime
    leading: Finding
    led: datetime
    findings: tuple[Finding, ...]
    labels: tuple[Label, ...] = ()

    @property
    def buckets(self) -> int:
        """How many days or hours it has lasted."""
        return round((self.last - self.first) / length_of(self.grain)) + 1

    @property
    def dimension(self) -> Dimension:
        return family_of(self.leading.metric).dimension

    @property
    def is_open(self) -> bool:
        """Whether nobody has said yet what it was."""
        return not self.labels

    def why(self, kept: Mapping[tuple[str, datetime, Grain], str]) -> str | None:
        """The newest of the explanations that were kept with its alerts (by dataset, bucket and grain)."""
        its = [
            bucket
            for dataset, bucket, grain in kept
            if (dataset, grain) == (self.dataset, self.grain) and self.first <= bucket <= self.last
        ]
        return kept[self.dataset, max(its), self.grain] if its else None


def events(alerts: Sequence[Alert], labels: Sequence[Label]) -> list[Event]:
    """The events of some datasets, newest first. Alerts of neighbouring buckets that share a series are one."""
    runs: list[list[Alert]] = []
    for alert in sorted(alerts, key=lambda each: (each.dataset, each.grain, each.bucket)):
        if runs and _follows(alert, runs[-1][-1]):
            runs[-1].append(alert)
        else:
            runs.append([alert])
    found = [_event(run, labels) for run in runs]
    return sorted(found, key=lambda event: (event.last, event.dataset), reverse=True)


def _follows(alert: Alert, before: Alert) -> bool:
    return (alert.dataset, alert.grain) == (before.dataset, before.grain) and follows(
        alert.bucket, alert.findings, before.bucket, before.findings, alert.grain
    )


def follows(
    bucket: datetime, findings: Sequence[Finding], before: datetime, findings_before: Sequence[Finding], grain: Grain
) -> bool:
    """Whether findings of two buckets of a dataset are one event: the buckets are neighbours and share a series."""
    shared = {one.metric for one in findings} & {one.metric for one in findings_before}
    return bucket - before == length_of(grain) and bool(shared)


def _event(run: Sequence[Alert], labels: Sequence[Label]) -> Event:
    newest, outside = run[-1], {alert.bucket: alert.findings for alert in run}
    led = telling(outside)
    worst: dict = {}
    for finding in (one for alert in reversed(run) for one in alert.findings):
        known = worst.get(finding.metric)
        if known is None or abs(finding.score) > abs(known.score):
            worst[finding.metric] = finding
    about = tuple(label for label in labels if _is_about(label, run))
    noticed = min(alert.noticed_at for alert in run)
    return Event(
        newest.dataset,
        newest.grain,
        run[0].bucket,
        newest.bucket,
        noticed,
        outside[led][0],
        led,
        tuple(worst.values()),
        about,
    )


def telling(run: Mapping[datetime, Sequence[Finding]]) -> datetime:
    """The bucket of an event that tells it best: the newest; or the newest with too few or too many rows, where what is
    outside since is no more than what follows from that: a mean, a share, the number of values."""
    newest = max(run)
    if family_of(run[newest][0].metric) not in FOLLOWING:
        return newest
    return max((bucket for bucket in run if family_of(run[bucket][0].metric) is VOLUME), default=newest)


def _is_about(label: Label, run: Sequence[Alert]) -> bool:
    """A label of one of its buckets and series. A new regime is about what began with it, and not about all that came
    after."""
    if label.dataset != run[0].dataset:
        return False
    if label.kind is LabelKind.NEW_REGIME and not run[0].bucket <= label.first <= run[-1].bucket:
        return False
    return any(
        label.covers(alert.bucket) and any(label.speaks_of(one.metric) for one in alert.findings) for alert in run
    )


def length_of(grain: Grain) -> timedelta:
    """Of one bucket of a series; whole-table series have one a day."""
    return timedelta(days=1) if grain is Grain.TABLE else grain.length
