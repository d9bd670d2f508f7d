"""Series that are judged again and again: what was followed of them is kept, so that a run that brings a few new values
goes on from there. The verdicts are those of following all anew."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable, Sequence
from dataclasses import replace
from functools import partial
from hashlib import blake2b
from threading import Lock
from typing import Any

import numpy as np
import pandas as pd

from checks.detect.days import Days
from checks.detect.scoring import Scores, followed_by_day, scores_of
from checks.detect.settings import Kind, Settings
from checks.detect.walk import Beside, Followed, Trail, follow

Array = np.ndarray

#: bytes of all trails together, and values of one: many series take hardly longer to follow than few
MOST, MOST_OF_ONE = 60_000_000, 50_000
#: buckets from which on a trail is worth it
LEAST = 14


class Trails:
    """The trails of the series that were judged last, by a name for each grid. For any number of threads."""

    def __init__(self) -> None:
        self._kept: OrderedDict[Hashable, tuple[bytes, Trail]] = OrderedDict()
        self._lock = Lock()

    def scorer(self, name: Hashable, since: int) -> Callable[..., Scores]:
        """As `score_many`, from the bucket `since` on. What was before is not judged, and is followed only where it is
        not as it was the last time."""
        return partial(self._score, name, since)

    def _score(  # noqa: PLR0913 - the parts of one question, as of `score_many`
        self,
        name: Hashable,
        since: int,
        grid: Array,
        buckets: pd.DatetimeIndex,
        kinds: Sequence[Kind],
        settings: Settings,
        days: Days | None = None,
        **known: Any,
    ) -> Scores:
        def followed(own: Days, beside: Beside, ends: Array) -> Followed:
            settled = int(np.count_nonzero(ends < since))
            return self._followed((name, "days"), settled, own.values, own.index, kinds, settings, beside)

        by_day = followed_by_day(days, buckets, known.get("regimes"), followed)
        hours = self._followed(name, since, grid, buckets, kinds, settings, Beside(**known))
        return scores_of(hours, kinds, settings, since, by_day)

    def _followed(  # noqa: PLR0913 - as above
        self,
        name: Hashable,
        since: int,
        grid: Array,
        buckets: pd.DatetimeIndex,
        kinds: Sequence[Kind],
        settings: Settings,
        beside: Beside,
    ) -> Followed:
        """As `follow`; what was before the bucket `since` only where it is not as it was the last time."""

        def past(length: int) -> tuple[Array, pd.DatetimeIndex, Sequence[Kind], Settings, Beside]:
            return grid[:, :length], buckets[:length], kinds, settings, _until(beside, buckets, length)

        trail = None
        if since >= LEAST and since * len(grid) <= MOST_OF_ONE:
            trail = self._known(name, since, past)
            if trail is None or trail.length < since:
                trail = follow(*past(since), trail).trail
                self._keep(name, _digest(*past(since)), trail)
        return follow(grid, buckets, kinds, settings, beside, trail)

    def _known(self, name: Hashable, since: int, past: Callable[[int], tuple[Any, ...]]) -> Trail | None:
        with self._lock:
            digest, trail = self._kept.get(name, (b"", None))
            if trail is not None:
                self._kept.move_to_end(name)
        if trail is None or trail.length > since or digest != _digest(*past(trail.length)):
            return None
        return trail

    def _keep(self, name: Hashable, digest: bytes, trail: Trail) -> None:
        with self._lock:
            self._kept[name] = digest, trail
            self._kept.move_to_end(name)
            while sum(trail.size for _, trail in self._kept.values()) > MOST:
                self._kept.popitem(last=False)


def _until(beside: Beside, buckets: pd.DatetimeIndex, length: int) -> Beside:
    """What is known beside the first so many buckets."""
    grids = {
        name: None if part is None else part[:, :length] for name, part in vars(beside).items() if name != "regimes"
    }
    later = buckets[length] if length < len(buckets) else None
    regimes = [[one for one in own if later is None or one < later] for own in beside.regimes or ()]
    return replace(beside, **grids, regimes=regimes)


def _digest(grid: Array, buckets: pd.DatetimeIndex, kinds: Sequence[Kind], settings: Settings, beside: Beside) -> bytes:
    """All that following depends on, in a few bytes. What a series may spend is no part of it."""
    about = len(buckets), *buckets[:1], *buckets[-1:], tuple(kinds), settings, beside.regimes
    digest = blake2b(repr(about).encode(), digest_size=16)
    for part in (grid, beside.excluded, beside.excused, beside.denominators):
        digest.update(b"" if part is None else np.ascontiguousarray(part).tobytes())
    return digest.digest()
