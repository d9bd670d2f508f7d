"""Reading what all runs of the last while have seen of each check, in columns: a thousand datasets that are measured
every quarter of an hour have nine million runs in 90 days. Nearly all results pass, so only the others are handed out.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np

from checks.history.memory import event_time_of
from checks.history.moments import aware, naive
from checks.history.runs import RunReader
from checks.records import EventTime, Status

_OF_DATASET = "($1 IS NULL OR dataset = $1)"
#: runs that say something: those that were stopped change nothing of what was known before
_SAID = "outcome IN ('finished', 'unreachable', 'error')"


@dataclass(frozen=True, eq=False)
class Verdicts:
    """What runs said of one check: `count` of them since the slot `first` said something, those at `slots` something
    else than that it passes: `statuses`, one for each. Slots are datetime64[us] in UTC."""

    first: np.datetime64
    count: int
    slots: np.ndarray
    statuses: np.ndarray


@dataclass(frozen=True, eq=False)
class Seen:
    """The slots of a dataset's runs in order, the moments at which they measured, what they said of the whole table by
    check, and of each bucket the newest that was said. `event_time` is the newest that is known."""

    slots: np.ndarray
    moments: np.ndarray
    event_time: EventTime | None
    checks: Mapping[str, Verdicts]
    buckets: Mapping[str, Mapping[datetime, Status]]


class SeenReader(RunReader):
    """The part of the history that reads all runs at once."""

    def seen(self, since: datetime, dataset: str | None = None) -> dict[str, Seen]:
        """What runs from `since` on have said, by dataset; of one, or of all. Learned checks are left out."""
        limits = [dataset, naive(since)]
        runs = self._columns(
            f"""SELECT dataset, list(slot) AS slots, list(started_at) AS moments,
                       arg_max(event_time, slot) FILTER (event_time IS NOT NULL) AS event_time FROM runs
                WHERE {_OF_DATASET} AND slot >= $2 AND {_SAID} GROUP BY ALL""",
            limits,
        )
        checks, buckets = self._verdicts(limits), self._bucket_verdicts(limits)
        found = {}
        for place, name in enumerate(runs["dataset"]):
            slots, moments = _moments(runs["slots"][place]), _moments(runs["moments"][place])
            order, said = np.argsort(slots), runs["event_time"][place]
            event_time = event_time_of(said) if isinstance(said, dict) else None
            found[name] = Seen(slots[order], moments[order], event_time, checks.get(name, {}), buckets.get(name, {}))
        return found

    def first_run(self) -> datetime | None:
        """The moment of the first run that is known, of any dataset."""
        ((moment,),) = self._rows("SELECT min(started_at) FROM runs")
        return aware(moment)

    def slots_of(self, dataset: str, check: str, since: datetime) -> np.ndarray:
        """The slots of the runs that said something of a check, in order: a contract may have done without it."""
        slots = self._columns(
            """SELECT slot FROM results WHERE dataset = $1 AND slot >= $2 AND "check" = $3 AND bucket IS NULL
               ORDER BY slot""",
            [dataset, naive(since), check],
        )["slot"]
        return _moments(slots)

    def _verdicts(self, limits: list) -> dict[str, dict[str, Verdicts]]:
        rows = self._columns(
            f"""SELECT dataset, "check", min(slot) AS first, count(*) AS count,
                       coalesce(list(slot) FILTER (status <> 'pass'), []) AS slots,
                       coalesce(list(status) FILTER (status <> 'pass'), []) AS statuses
                FROM results WHERE {_OF_DATASET} AND slot >= $2 AND bucket IS NULL AND NOT learned GROUP BY ALL""",
            limits,
        )
        found: dict[str, dict[str, Verdicts]] = {}
        for place, name in enumerate(rows["dataset"]):
            found.setdefault(name, {})[rows["check"][place]] = Verdicts(
                rows["first"][place].astype("M8[us]"),
                int(rows["count"][place]),
                _moments(rows["slots"][place]),
                np.ma.getdata(rows["statuses"][place]),
            )
        return found

    def _bucket_verdicts(self, limits: list) -> dict[str, dict[str, dict[datetime, Status]]]:
        rows = self._rows(
            f"""SELECT dataset, "check", bucket, arg_max(status, slot) FROM results
                WHERE {_OF_DATASET} AND bucket >= $2 AND NOT learned
                  AND status IN ('pass', 'warn', 'fail', 'no_data') GROUP BY ALL""",
            limits,
        )
        found: dict[str, dict[str, dict[datetime, Status]]] = {}
        for dataset, check, bucket, status in rows:
            found.setdefault(dataset, {}).setdefault(check, {})[bucket] = Status(status)
        return found

    def _columns(self, sql: str, values: list) -> dict[str, Any]:
        with self._store.reading() as cursor:
            return cursor.execute(sql, values).fetchnumpy()


def _moments(slots: np.ndarray) -> np.ndarray:
    """As datetime64; lists of moments come as they are."""
    return np.ma.getdata(slots).astype("M8[us]")
