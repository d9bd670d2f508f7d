"""The states that runs have seen, put together to a timeline. Pure.

A result holds from the moment at which it was measured to that of the next one, but no longer than a result counts by
the dataset's schedule: when nobody looks, nothing is known. A result that says nothing about the data ends what was
known before it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import IntEnum
from typing import TYPE_CHECKING

from checks.objectives.timeline import Stretch, Timeline
from checks.records import Status

if TYPE_CHECKING:
    import numpy as np


class State(IntEnum):
    """What a run says of a level; of several rules the greatest counts."""

    MET = 0
    UNMEASURED = 1
    MISSED = 2


_MISSED = (Status.FAIL, Status.WARN, Status.NO_DATA)


def state_of(status: Status) -> State:
    """What the result of a service level or a rule says."""
    if status is Status.PASS:
        return State.MET
    return State.MISSED if status in _MISSED else State.UNMEASURED


def reach_of(status: Status) -> State:
    """The same for availability, which is missed when the warehouse does not answer, whatever it answers else. A run
    that was broken otherwise says nothing of it."""
    if status is Status.UNREACHABLE:
        return State.MISSED
    return State.UNMEASURED if status is Status.ERROR else State.MET


@dataclass(frozen=True, slots=True)
class Spell:
    """All runs from the moment `first` to `last` have seen the same state, each soon enough after the other."""

    first: datetime
    last: datetime
    state: State


def followed(spells: Sequence[Spell], new: Spell, hold: timedelta) -> tuple[Spell, ...]:
    """The spells with a later one: the last goes on where the state is the same and the gap no longer than `hold`."""
    if spells and spells[-1].state is new.state and new.first - spells[-1].last <= hold:
        return (*spells[:-1], Spell(spells[-1].first, new.last, new.state))
    return (*spells, new)


def timeline(spells: Sequence[Spell], hold: timedelta) -> Timeline:
    """What the spells say of the time: each holds until the next one, or for `hold` after its last run."""
    return Timeline.of(_stretches(spells, hold))


def spells_of(moments: np.ndarray, states: np.ndarray, hold: timedelta) -> tuple[Spell, ...]:
    """The spells of many runs: their moments in order (datetime64[us], UTC) and their states."""
    import numpy as np

    if not len(moments):
        return ()
    turns = (np.diff(states) != 0) | (np.diff(moments) > np.timedelta64(hold))
    begins = np.append(0, np.flatnonzero(turns) + 1)
    ends = np.append(begins[1:] - 1, len(moments) - 1)
    firsts, lasts = _moments(moments[begins]), _moments(moments[ends])
    return tuple(
        Spell(first, last, State(state))
        for first, last, state in zip(firsts, lasts, states[begins].tolist(), strict=True)
    )


def _moments(moments: np.ndarray) -> Iterable[datetime]:
    return (moment.replace(tzinfo=UTC) for moment in moments.astype("M8[us]").tolist())


def _stretches(spells: Sequence[Spell], hold: timedelta) -> Iterator[Stretch]:
    for place, spell in enumerate(spells):
        end = spell.last + hold
        if place + 1 < len(spells):
            end = min(end, spells[place + 1].first)
        if spell.state is not State.UNMEASURED:
            yield Stretch(spell.first, end, spell.state is State.MET)
