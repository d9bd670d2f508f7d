"""What is known of a series after all its history: enough to judge what comes next by a subtraction and a division."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import numpy as np

from checks.detect import never_empty
from checks.detect.beliefs import Beliefs
from checks.detect.calendars import special_day
from checks.detect.following import with_chance
from checks.detect.scales import chance, floors, from_scale, to_scale
from checks.detect.scoring import ANOMALY, FURTHEST, LEARNING, NORMAL, UNMEASURED
from checks.detect.settings import PARTS, Kind, Settings
from checks.detect.threshold import chance_per_bucket

#: how much of the last errors' correction is left a bucket later
FADING = 0.8


@dataclass(frozen=True)
class Verdict:
    """One value against its band; the fields mean what the columns of `score` mean."""

    expected: float
    lower: float
    upper: float
    score: float
    is_anomaly: bool
    state: str


@dataclass(frozen=True)
class Visible:
    """The smallest change down and up that would be reported on an ordinary bucket: in percent of the expected value,
    or in percentage points for a rate. None where no change on that side would be."""

    down: float | None
    up: float | None
    unit: str


@dataclass(frozen=True)
class Fit:
    """What a series does, on the scale of its kind. `season`, `spread` and `chance` have a cell per weekday or hour of
    the week."""

    kind: Kind
    settings: Settings
    grain_hours: float
    learned: int
    needed: int
    level: float
    season: tuple[float, ...]
    spread: tuple[float, ...]
    #: the usual variance by pure chance, per cell
    chance: tuple[float, ...]
    #: what the last errors add to the bucket after the last one; it fades from there
    correction: float
    #: the last bucket learned from, ISO 8601, or None
    last: str | None
    #: how many standard deviations the band reaches down and up
    down: float
    up: float
    #: the same on special days
    down_special: float
    up_special: float
    #: name -> (what the day adds, its own standard deviation); "" and a kind stand for days not seen yet
    special: Mapping[str, tuple[float, float]]
    exact: float | None
    #: where a count never was without rows, a cell per weekday
    always_filled: tuple[bool, ...]
    #: whether it was watched for so long that chance would have emptied it, and was not
    seldom_empty: bool
    beliefs: Beliefs

    @property
    def progress(self) -> tuple[int, int]:
        """Measured buckets learned from, of those needed before values are judged."""
        return min(self.learned, self.needed), self.needed

    def judge(self, bucket: datetime, value: float | None, denominator: float | None = None) -> Verdict:
        """Judges the value of a bucket; None or NaN is 'not measured'."""
        centre, low, high = self._band(bucket, denominator)
        outward = [float(from_scale(np.array(each), self.kind)) for each in (centre, low, high)]
        if value is None or value != value:
            return Verdict(*outward, float("nan"), False, UNMEASURED)
        scaled = float(to_scale(np.array(float(value)), self.kind))
        off = scaled - centre
        room = high - centre if off > 0 else centre - low
        score = (
            0.0 if off == 0 else float(np.clip(off / room if room else np.copysign(np.inf, off), -FURTHEST, FURTHEST))
        )
        if self.learned < self.needed:
            return Verdict(*outward, score, False, LEARNING)
        anomaly = bool(abs(score) > 1)
        return Verdict(*outward, score, anomaly, ANOMALY if anomaly else NORMAL)

    @property
    def smallest_visible(self) -> Visible:
        """What this monitor can see at all, on a usual bucket."""
        cells = [self._usual(cell) for cell in range(len(self.season))]
        centre, low, high = (from_scale(np.array(part), self.kind) for part in zip(*cells, strict=True))
        if self.kind in PARTS:
            down, up = np.median(centre - low) * 100, np.median(high - centre) * 100
            return Visible(float(down) if np.median(low) > 0 else None, float(up), "points")
        size = np.maximum(np.abs(centre), 1e-12)
        down, up = np.median((centre - low) / size) * 100, np.median((high - centre) / size) * 100
        never = self.kind in ("count", "gap") and np.median(low) <= 0
        return Visible(None if never else float(down), float(up), "percent")

    def _band(self, bucket: datetime, denominator: float | None) -> tuple[float, float, float]:
        if self.exact is not None:
            return self.exact, self.exact, self.exact
        cell = bucket.weekday() if len(self.season) == 7 else bucket.weekday() * 24 + bucket.hour
        added, reach = (0.0, 0.0), (self.down, self.up)
        found = special_day(bucket.date(), self.settings.holidays, daily=len(self.season) == 7)
        if found is not None:
            name, sort = found
            reach = (self.down_special, self.up_special)
            added = self.special.get(name) or self.special.get(f"kind {sort}", added)
        base = self.level + self.season[cell]
        centre, low, high = self._edges(base, cell, denominator, (added[0] + self._fading(bucket), added[1]), reach)
        if found is None:
            low = self._with_rows(cell, centre, low)
        return centre, low, high

    def _with_rows(self, cell: int, centre: float, low: float) -> float:
        """The lower edge on an ordinary bucket."""
        if not self.always_filled or not self.always_filled[cell]:
            return low
        here, always = np.array([[centre]]), np.array([[1]])
        arrivals = never_empty.arrivals(here, np.array([[self.spread[cell]]]), always)
        allowed = chance_per_bucket(self.settings.of_one_series, 90 * 24 / self.grain_hours)
        unlikely = self.seldom_empty | (np.exp(-arrivals) < allowed)
        return float(never_empty.edge(np.array([[low]]), here, always, unlikely)[0, 0])

    def _usual(self, cell: int) -> tuple[float, float, float]:
        """The band of an ordinary bucket, when no error went before."""
        centre, low, high = self._edges(self.level + self.season[cell], cell, None, (0.0, 0.0), (self.down, self.up))
        return centre, self._with_rows(cell, centre, low), high

    def _fading(self, bucket: datetime) -> float:
        """What is left of the correction by this bucket."""
        if self.last is None or not self.correction:
            return 0.0
        hours = (_naive(bucket) - _naive(datetime.fromisoformat(self.last))).total_seconds() / 3600
        return self.correction * FADING ** max(0.0, hours / self.grain_hours - 1.0)

    def _edges(
        self, base: float, cell: int, denominator: float | None, added: tuple[float, float], reach: tuple[float, float]
    ) -> tuple[float, float, float]:
        """The centre and the edges of the band. `added`: what the bucket's own day adds, and its standard deviation;
        `reach`: how many standard deviations the band reaches down and up."""
        variance = self.spread[cell] ** 2
        rows = None if denominator is None else np.array(denominator)
        if self.kind == "count" or denominator:
            now = chance(np.array(base), self.kind, rows)
            variance = float(with_chance(np.array(variance), now, np.array(self.chance[cell])))
        spread = float(np.sqrt(variance + added[1] ** 2))
        centre = base + added[0]
        room_down, room_up = floors(np.array(centre), self.kind, self.settings, rows)
        low, high = centre - max(reach[0] * spread, float(room_down)), centre + max(reach[1] * spread, float(room_up))
        return centre, low, high


def _naive(moment: datetime) -> datetime:
    return moment.replace(tzinfo=None)
