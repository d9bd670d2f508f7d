"""Reading measurements: what is known now, and what was known at a moment."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import numpy as np

from checks.history.moments import DISTANT_FUTURE, DISTANT_PAST, lenient
from checks.history.runs import NO_REPLAY, RunReader, moments_of
from checks.records import Grain, Metric

if TYPE_CHECKING:
    import pandas as pd

# of several grains of one metric a bucketed one says more than the whole table, and a later one replaced an earlier
_BEST_GRAIN = "ORDER BY grain = 'table', series_id DESC"
#: buckets whose value has changed since, from which on it may be a habit
LEAST_RESTATED = 3


class PointReader(RunReader):
    """The part of the history that reads measurements."""

    def series(self, dataset: str) -> list[Metric]:
        """All series that were ever measured for the dataset, sorted by metric, column, grain."""
        return sorted(
            self._metrics(dataset).values(),
            key=lambda metric: (metric.name, metric.column or "", metric.grain, metric.check or ""),
        )

    def points(  # noqa: PLR0913 a series has four parts to its name, and two limits
        self,
        dataset: str,
        metric: str,
        column: str | None = None,
        *,
        grain: Grain | None = None,
        check: str | None = None,
        since: datetime | None = None,
        known_at: datetime | None = None,
    ) -> pd.DataFrame:
        """[bucket, observed_at, value] of one series, oldest first: the newest value of each bucket as known at
        `known_at` (default: now). A whole-table series has one row per observation, with bucket NaT. Without a `grain`
        the bucketed series is meant, where there is one. Empty where there is no such series. `since` is the first
        bucket (whole-table: the first observation)."""
        limits = [lenient(since, DISTANT_PAST), lenient(known_at, DISTANT_FUTURE)]
        found = self._rows(
            f"""SELECT series_id, grain FROM series WHERE dataset = $1 AND metric = $2
                AND "column" IS NOT DISTINCT FROM $3 AND "check" IS NOT DISTINCT FROM $4
                AND ($5 IS NULL OR grain = $5) {_BEST_GRAIN} LIMIT 1""",
            [dataset, metric, column, check, grain],
        )
        series, of_table = (found[0][0], found[0][1] == Grain.TABLE) if found else (-1, False)
        sql = _OBSERVATIONS if of_table else _NEWEST_PER_BUCKET
        return moments_of(self._frame(sql, [series, *limits]), "observed_at")

    def buckets(self, dataset: str, since: datetime) -> dict[Metric, dict[datetime, float]]:
        """The newest value per bucket of every bucketed series, for buckets from `since` on."""
        metrics = self._metrics(dataset)
        if not metrics:
            return {}
        with self._store.reading() as cursor:
            found = cursor.execute(
                """SELECT series_id, bucket, arg_max(value, observed_at) AS value FROM measurements
                   WHERE series_id BETWEEN ? AND ? AND bucket >= ? GROUP BY series_id, bucket ORDER BY ALL""",
                [min(metrics), max(metrics), lenient(since, DISTANT_PAST)],
            ).fetchnumpy()
        return by_metric(metrics, *(np.asarray(found[name]) for name in ("series_id", "bucket", "value")))

    def at_age(
        self, dataset: str, since: datetime, ages: tuple[timedelta, timedelta]
    ) -> dict[Metric, dict[datetime, float]]:
        """The value that was known of each bucket when it was as old as the second of the `ages`, for the series of
        which another is known by now in LEAST_RESTATED buckets at least, and for buckets that a run has seen between
        these ages. Ages are counted from the start of a bucket as it is written, to a moment of UTC. A value of a
        column with few that had no rows by then has 0, another series without a value has none."""
        metrics = self._metrics(dataset)
        if not metrics:
            return {}
        asked = [min(metrics), max(metrics), since, ages[1], LEAST_RESTATED, dataset, ages[0]]
        with self._store.reading() as cursor:
            found = cursor.execute(_AT_AGE, asked).fetchnumpy()
        values = np.ma.filled(found["value"].astype(float), np.nan)
        ids = np.asarray(found["series_id"])
        of_values = np.isin(ids, [number for number, metric in metrics.items() if metric.category is not None])
        values = np.where(of_values & np.isnan(values), 0.0, values)
        return by_metric(metrics, ids, np.asarray(found["bucket"]), values)

    def sparklines(self, metric: str, since: datetime, datasets: Sequence[str] | None = None) -> pd.DataFrame:
        """[dataset, bucket, value] of one metric of the datasets (all when None) as a whole (no column), from the
        bucket `since` on; whole-table values stand at the day on which they were observed."""
        return self._frame(
            f"""WITH chosen AS (
                    SELECT dataset, series_id FROM series WHERE metric = $1 AND "column" IS NULL AND "check" IS NULL
                        AND ($3 IS NULL OR list_contains($3, dataset))
                    QUALIFY row_number() OVER (PARTITION BY dataset {_BEST_GRAIN}) = 1)
                SELECT dataset, coalesce(bucket, date_trunc('day', observed_at))::TIMESTAMP AS bucket,
                       arg_max(value, observed_at) AS value
                FROM measurements JOIN chosen USING (series_id)
                WHERE bucket >= $2 OR (bucket IS NULL AND observed_at >= $2) GROUP BY ALL ORDER BY 1, 2""",
            [metric, lenient(since, DISTANT_PAST), None if datasets is None else list(datasets)],
        )

    def _metrics(self, dataset: str) -> dict[int, Metric]:
        """All series of a dataset by their number."""
        rows = self._rows('SELECT series_id, metric, "column", grain, "check" FROM series WHERE dataset = ?', [dataset])
        return {number: Metric(name, column, Grain(grain), check) for number, name, column, grain, check in rows}


_AT_AGE = f"""
    WITH known AS (SELECT series_id, bucket, arg_max(value, observed_at) AS newest,
                          arg_max(value, observed_at) FILTER (observed_at <= bucket + $4) AS value
                   FROM measurements WHERE series_id BETWEEN $1 AND $2 AND bucket >= $3 GROUP BY ALL),
         looks AS (SELECT started_at FROM runs
                   WHERE dataset = $6 AND outcome = 'finished' AND started_at >= $3 AND {NO_REPLAY}),
         seen AS (SELECT bucket FROM (SELECT DISTINCT bucket FROM known WHERE value IS NOT NULL)
                  ASOF JOIN looks ON bucket + $4 >= started_at WHERE started_at >= bucket + $7),
         restated AS (SELECT series_id FROM known SEMI JOIN seen USING (bucket) WHERE value IS DISTINCT FROM newest
                      GROUP BY ALL HAVING count(*) >= $5)
    SELECT series_id, bucket, value FROM known SEMI JOIN seen USING (bucket) SEMI JOIN restated USING (series_id)
    ORDER BY ALL
"""

_NEWEST_PER_BUCKET = """
    SELECT bucket, max(observed_at) AS observed_at, arg_max(value, observed_at) AS value FROM measurements
    WHERE series_id = ? AND bucket >= ? AND observed_at <= ? GROUP BY bucket ORDER BY bucket"""
_OBSERVATIONS = """
    SELECT bucket, observed_at, value FROM measurements
    WHERE series_id = ? AND bucket IS NULL AND observed_at >= ? AND observed_at <= ? ORDER BY observed_at"""


def by_metric(
    metrics: dict[int, Metric], series: np.ndarray, buckets: np.ndarray, values: np.ndarray
) -> dict[Metric, dict[datetime, float]]:
    """Rows sorted by series, cut into one dictionary per series."""
    if not len(series):
        return {}
    ids, starts = np.unique(series, return_index=True)
    ends = [*starts[1:].tolist(), len(series)]
    moments, numbers = buckets.astype("M8[us]").tolist(), values.tolist()
    return {
        metrics[number]: dict(zip(moments[start:end], numbers[start:end], strict=True))
        for number, start, end in zip(ids.tolist(), starts.tolist(), ends, strict=True)
    }
