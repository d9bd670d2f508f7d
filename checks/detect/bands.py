"""How wide the band of each bucket is, in standard deviations: from the errors before, on each side, so that the
budget is kept. Hours are also judged several together: the band narrows while the hours before were off to the same
side.

Needless alarms move the limit of their side outwards as the budget demands, but no further than two of them were off:
one alone moves nothing, and a value that is further off than all of them is never hidden."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from checks.detect.calendars import TURN_OF_YEAR, Calendar
from checks.detect.following import YOUNG
from checks.detect.settings import PARTS, Kind, Settings
from checks.detect.threshold import (
    OF_DAYS_OF_HOURS,
    USUAL_INDEX,
    chance_per_bucket,
    limit_of_chance,
    limits,
    of_days,
    tail_index,
)
from checks.detect.together import furthest_off, reaches, sums
from checks.detect.walk import Followed, needed

Array = np.ndarray

#: the part of the budget that single buckets have; the cumulative test has the rest, and needs less of it for rates:
#: chance moves their level little, so that a drift stands out
POINT_SHARE = {"count": 0.6, "rate": 0.75, "share": 0.6, "value": 0.6, "gap": 0.6}
#: real counts, shares and values are odd more often than their past tells, rates hardly
PRUDENCE = {"count": 0.4, "rate": 0.8, "share": 0.4, "value": 0.2, "gap": 0.2}
#: odd hours come in runs, so their limit is made from the largest error of each day. While there are fewer days than
#: the first number it is made from single hours; from the second number on it is not
FEW_DAYS = (21.0, 35.0)
#: a year has days that two months do not show: the limit made from days lies so many times further out where their tail
#: is the usual one, the more so the longer it is (times its index), and within these bounds
HOURLY_ROOM, ROOM_BY_INDEX, ROOMS = 1.2, 4.5, (0.9, 2.5)
#: counts of special days are needlessly told far more often than others, whatever was learned of them: their band lies
#: so many times further out
SPECIAL_ROOM = 1.3
#: the part of the point test's budget for the upper side, by kind: counts rise far by themselves (a page that went
#: viral) but seldom fall so, and an alarm spent below finds more; a rate of nulls or of failures that falls is seldom
#: trouble, and a gap that is short never is
UPPER_SHARE = {"count": 0.25, "rate": 0.85, "share": 0.5, "value": 0.5, "gap": 0.95}
#: errors further back than this many days do not set the limit
MEMORY_DAYS, MEMORY_DAYS_HOURLY = 400, 70
#: how many errors are looked over at once, to bound the memory
AT_ONCE = 200_000
#: however odd the buckets before were, the value itself is this many standard deviations off when it is told
NEAREST = 1.0


def edges_of(followed: Followed, kinds: Sequence[Kind]) -> tuple[Array, Array, Array]:
    """How many standard deviations down and up (both positive) the band reaches, and how far each value, alone or with
    those before it, is from the expected one beside its limit: S x T. Infinite before the first bucket
    that is judged."""
    errors = (followed.values - followed.centre) / followed.spread
    lessons = _ordinary(followed, _lessons(followed, errors, followed.judged))
    down, up = (np.full(errors.shape, np.inf) for _ in range(2))
    furthest = np.zeros(errors.shape)
    reach, room_of_day = _reaches(lessons, followed), _room_of_day(followed)
    off = {sign: furthest_off(lessons, reach, sign) for sign in (-1.0, 1.0)}
    room_of_tail = _rooms_of_tail(np.fmax(*off.values()), followed)
    for side, sign in ((down, -1.0), (up, 1.0)):
        own = _by_side(off[sign], room_of_tail, followed, kinds, sign) * room_of_day
        if followed.excused.any():
            own = _widened(own, reach, room_of_tail, followed, kinds, sign)
        for span, room in reach.items():
            earlier = sign * _earlier(followed, errors, lessons, span) if span > 1 else 0.0
            left = own * room - earlier
            np.fmax(furthest, (sign * errors + earlier) / (own * room), out=furthest)
            np.minimum(side, np.where(np.isfinite(left), np.maximum(left, NEAREST), np.inf), out=side)
    return down, up, furthest


def _earlier(followed: Followed, errors: Array, lessons: Array, span: int) -> Array:
    """The errors before each bucket that are judged together with it. Those of values that teach nothing are no matter
    of one that teaches, but an incident that was labelled stays one event."""
    all_lessons = _lessons(followed, errors, np.isfinite(followed.values))
    own, whole = (sums(np.where(np.isfinite(part), errors, 0.0), span, ahead=1) for part in (lessons, all_lessons))
    return np.where(followed.judged, own, whole)


def _ordinary(followed: Followed, lessons: Array) -> Array:
    """The lessons without counts of special days: those are odder than others."""
    return np.where(_special_counts(followed), np.nan, lessons) if followed.calendar.daily else lessons


def _room_of_day(followed: Followed) -> Array:
    """How many times further out the limits lie for the day that a bucket is or belongs to: S x T."""
    return np.where(_special_counts(followed), SPECIAL_ROOM, 1.0)


def _special_counts(followed: Followed) -> Array:
    return followed.follower.counts[:, None] & (followed.calendar.special >= 0)[None, :]


def _reaches(lessons: Array, followed: Followed) -> dict[int, Array]:
    return reaches(lessons, followed.calendar, followed.fresh, MEMORY_DAYS_HOURLY)


def _lessons(followed: Followed, errors: Array, which: Array) -> Array:
    """The errors of `which` values that limits are made from: those after the first learning. The hours of a holiday or
    a day beside it are off together: they are no lesson for other days, and are not summed."""
    calendar = followed.calendar
    if calendar.daily:
        return np.where(which & (followed.taught >= YOUNG), errors, np.nan)
    ordinary = (calendar.special < 0) | np.isin(calendar.special, np.flatnonzero(calendar.classes == TURN_OF_YEAR))
    known = which & (followed.taught >= needed(calendar)) & ordinary[None, :]
    return np.where(known, errors, np.nan)


def _room_of_tail(errors: Array, calendar: Calendar) -> Array:
    """How many times further out than two months say the limits of hours lie, by how long the tail of these errors of
    both sides is: of S series. Those of days lie where the past says."""
    if calendar.daily or errors.shape[1] < calendar.per_day:
        return np.ones(len(errors))
    index = tail_index(_largest(errors, calendar.per_day))
    return np.clip(HOURLY_ROOM + ROOM_BY_INDEX * (index - USUAL_INDEX), *ROOMS)


def _rooms_of_tail(errors: Array, followed: Followed) -> Array:
    """The same at each bucket, from the errors before its day: S x T."""
    calendar = followed.calendar
    if calendar.daily:
        return np.ones(errors.shape)
    return _over_time(errors, followed, lambda past, *_: _room_of_tail(past, calendar))


def _by_side(
    errors: Array, room: Array, followed: Followed, kinds: Sequence[Kind], sign: float, after: float | None = None
) -> Array:
    """Makes limits for one side, of hours with the `room` of their tails, with the share of the budget that the kind of
    each series gives to that side. With the alerts that one series may raise `after` the last bucket, those of the
    bucket that follows. As far as the errors of days are those of chance, their tail is known."""
    calendar, fresh = followed.calendar, followed.fresh
    judged_at_once = calendar.per_90_days if calendar.daily else 90
    sides = [UPPER_SHARE[kind] if sign > 0 else 1 - UPPER_SHARE[kind] for kind in kinds]
    shares = np.array([POINT_SHARE[kind] * PRUDENCE[kind] * side for kind, side in zip(kinds, sides, strict=True)])
    allowed = followed.allowed if after is None else after
    chance = chance_per_bucket(allowed, judged_at_once) * shares[:, None]
    parts = np.isin(kinds, PARTS)

    def make(past: Array, room: Array, chance: Array, by_chance: Array, parts: Array) -> Array:
        found = _limits(past, room, chance, parts, calendar)
        return found + by_chance * (limit_of_chance(chance) - found) if calendar.daily else found

    if after is not None:
        return make(_last(errors, fresh, calendar), room, chance[:, 0], followed.follower.by_chance(), parts)

    def of_day(past: Array, row: Array, at: Array) -> Array:
        return make(past, room[row, at], chance[row, at], followed.by_chance[row, at], parts[row])

    return _over_time(errors, followed, of_day)


def _widened(  # noqa: PLR0913 - as above
    own: Array,
    reach: dict[int, Array],
    room: Array,
    followed: Followed,
    kinds: Sequence[Kind],
    sign: float,
    after: float | None = None,
) -> Array:
    """The limits of one side with what needless alarms make of them; `after` as in `_by_side`."""
    calendar, fresh = followed.calendar, followed.fresh
    both = followed.judged | followed.excused
    off = followed.values - followed.centre
    errors = furthest_off(_lessons(followed, off / followed.spread, both), reach, sign)
    taught = _lessons(followed, off, followed.judged)
    needless, spread = furthest_off(_lessons(followed, off, both), reach, sign, without=taught), followed.spread
    if after is not None:
        second, spread = _second(_last(needless, fresh, calendar), calendar), spread[:, -calendar.cycle :].max(axis=1)
    else:
        second = _over_time(needless, followed, lambda past, *_: _second(past, calendar))
    wide = _by_side(errors, room, followed, kinds, sign, after)
    # before a series begins nothing is known of its spread, and none of its alarms was needless
    furthest = np.where(np.isfinite(second), second / spread, -np.inf)
    return np.maximum(own, np.minimum(wide, furthest))


def _second(moved: Array, calendar: Calendar) -> Array:
    """The second largest of each series, counting one a day; minus infinity where there are not two."""
    days = moved if calendar.daily else _largest(moved, calendar.per_day)
    if days.shape[1] < 2:
        return np.full(len(moved), -np.inf)
    return np.partition(np.where(np.isfinite(days), days, -np.inf), -2, axis=1)[:, -2]


def _over_time(errors: Array, followed: Followed, make: Callable[[Array, Array, Array], Array]) -> Array:
    """What is made anew for each day that is judged: of the errors before it, of which series that is, and of the
    number of its first bucket; infinite for other days. Several days of few series are made at once."""
    series, buckets = errors.shape
    step, fresh = followed.calendar.per_day, followed.fresh
    reach = _reach(followed.calendar) // step * step
    found = np.full(errors.shape, np.inf)
    firsts = np.arange(followed.since // step * step, buckets, step)
    at_once = max(1, AT_ONCE // max(1, series * min(reach, buckets)))
    for start in range(0, len(firsts), at_once):
        days = firsts[start : start + at_once]
        row, at = np.tile(np.arange(series), len(days)), np.repeat(days, series)
        columns = np.arange(max(0, days[0] - reach), days[-1])
        outside = (columns < np.maximum(fresh[row, at], at - reach)[:, None]) | (columns >= at[:, None])
        past = np.where(outside, np.nan, np.tile(errors[:, columns], (len(days), 1)))
        made = make(past, row, at).reshape(len(days), series)
        for number, first in enumerate(days):
            found[:, first : first + step] = made[number][:, None]
    return found


def _limits(errors: Array, room: Array, chance: Array, parts: Array, calendar: Calendar) -> Array:
    """`chance`: of one bucket of days or longer, and of one day of hours. `parts` marks rates and shares, and `room` is
    that of hours."""
    if calendar.daily:
        return limits(errors, chance, of_days(parts))
    largest = _largest(errors, calendar.per_day)
    found = room * limits(largest, chance, OF_DAYS_OF_HOURS)
    part = np.interp(np.isfinite(largest).sum(axis=1), FEW_DAYS, (0.0, 1.0))
    if (part == 1.0).all():
        return found
    return part * found + (1 - part) * limits(errors, chance / calendar.per_day)


def _largest(errors: Array, per_day: int) -> Array:
    """The largest error of each of the last whole days."""
    whole = errors[:, errors.shape[1] % per_day :]
    return np.fmax.reduce(whole.reshape(len(whole), -1, per_day), axis=2)


def _reach(calendar: Calendar) -> int:
    return round((MEMORY_DAYS if calendar.daily else MEMORY_DAYS_HOURLY) * 24 / calendar.grain_hours)


def edges_after(followed: Followed, kinds: Sequence[Kind], settings: Settings) -> tuple[tuple[Array, Array], ...]:
    """How many standard deviations down and up the band of the bucket after the last reaches, of S series: should it be
    an ordinary one, and should it be of a special day."""
    errors = (followed.values - followed.centre) / followed.spread
    lessons = _ordinary(followed, _lessons(followed, errors, followed.judged))
    reach = _reaches(lessons, followed)
    special = np.where(followed.follower.counts, SPECIAL_ROOM, 1.0)
    off = {sign: furthest_off(lessons, reach, sign) for sign in (-1.0, 1.0)}
    room = _room_of_tail(_last(np.fmax(*off.values()), followed.fresh, followed.calendar), followed.calendar)

    def edges(sign: float) -> tuple[Array, Array]:
        limit = _by_side(off[sign], room, followed, kinds, sign, settings.of_one_series)
        both = (limit, limit * special)
        if followed.excused.any():
            both = tuple(_widened(each, reach, room, followed, kinds, sign, settings.of_one_series) for each in both)
        return both[0] * reach[1][:, 0], both[1] * reach[1][:, 0]

    return tuple(zip(edges(-1.0), edges(1.0), strict=True))


def _last(errors: Array, fresh: Array, calendar: Calendar) -> Array:
    """The errors from which the limits after the last bucket are made."""
    begun = np.arange(errors.shape[1])[None, :] >= fresh[:, -1:]
    return np.where(begun, errors, np.nan)[:, -_reach(calendar) :]
