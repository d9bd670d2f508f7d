"""What was learned: the band of every judged value, and the alerts. Rows are only added, and the newest of each counts.

A series of the whole table has its bands by day of observation.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import duckdb
import numpy as np

from checks.history.bulk import Insert
from checks.history.labels import LabelKeeper
from checks.history.memory import Memory
from checks.history.moments import DISTANT_FUTURE, DISTANT_PAST, aware, lenient, naive
from checks.history.points import PointReader, by_metric
from checks.history.runs import NO_REPLAY
from checks.learned.before import DURATION, QUICK, REACH, Before
from checks.records import Alert, Drift, Finding, Grain, Metric, RunReport

if TYPE_CHECKING:
    import pandas as pd

_NUMBERS = dict.fromkeys(("value", "expected", "lower", "upper", "score"), "DOUBLE")
_BANDS = Insert("bands", ("judged_at",), {"series_id": "BIGINT", "bucket": "TIMESTAMP"} | _NUMBERS)
_PARTS = ("values", "expected", "lower", "upper", "score")


class LearnedReader(PointReader, LabelKeeper):
    """The part of the history that reads what was learned, and what is needed to learn."""

    def before(
        self, dataset: str, at: datetime, since: datetime | None, ages: tuple[timedelta, timedelta] | None = None
    ) -> Before:
        """What the learned checks of a run at `at` need; `since` is the first bucket that it has read (None: all),
        `ages` as in `at_age` (None: how values change with the age of a bucket is not asked)."""
        reach = {grain: naive(at) - length for grain, length in REACH.items()}
        metrics = self._metrics(dataset)
        said, read_from = self.labels(dataset, undone=True), lenient(since, DISTANT_PAST)
        labels = [label for label in said if label.undone_at is None]
        last_run = self._last_run(dataset)
        undone = [label for label in said if label.undone_at is not None and naive(label.undone_at) >= last_run]
        return Before(
            buckets=self.buckets(dataset, since=min(reach.values())),
            young=self.at_age(dataset, min(reach.values()), ages) if ages else {},
            days=self._by_day(metrics, reach[Grain.TABLE]) | self._durations(dataset, reach[Grain.TABLE]),
            judged=self._judged(metrics, read_from),
            alerts=self.alerts(dataset, since=min((read_from, *(label.first for label in (*labels, *undone))))),
            labels=labels,
            undone=undone,
            ever_told=self._ever_told(dataset, min(label.first for label in undone)) if undone else (),
            schemas=[one for one in self.schemas(dataset) if one[0] < at],
        )

    def bands(self, dataset: str, metric: Metric, since: datetime | None = None) -> pd.DataFrame:
        """[bucket, value, expected, lower, upper, score] of one series, oldest first, as it was judged last."""
        return self._frame(
            """SELECT bucket, arg_max(bands.value, judged_at) AS value, arg_max(expected, judged_at) AS expected,
                      arg_max("lower", judged_at) AS "lower", arg_max("upper", judged_at) AS "upper",
                      arg_max(score, judged_at) AS score
               FROM bands JOIN series USING (series_id)
               WHERE dataset = $1 AND metric = $2 AND "column" IS NOT DISTINCT FROM $3 AND grain = $4
                   AND "check" IS NOT DISTINCT FROM $5 AND bucket >= $6 GROUP BY bucket ORDER BY bucket""",
            [dataset, metric.name, metric.column, metric.grain, metric.check, lenient(since, DISTANT_PAST)],
        )

    def alerts(
        self, dataset: str | None = None, since: datetime | None = None, until: datetime | None = None
    ) -> list[Alert]:
        """The alerts that stand, of one dataset or of all, newest bucket first. `noticed_at` is when the bucket was
        first found to be outside."""
        rows = self._rows(
            """SELECT dataset, bucket, grain, min(noticed_at) FILTER (len(findings) > 0), arg_max(findings, noticed_at)
               FROM alerts WHERE (dataset = $1 OR $1 IS NULL) AND bucket >= $2 AND bucket <= $3
               GROUP BY dataset, bucket, grain HAVING len(arg_max(findings, noticed_at)) > 0
               ORDER BY bucket DESC, dataset, grain""",
            [dataset, lenient(since, DISTANT_PAST), lenient(until, DISTANT_FUTURE)],
        )
        return [
            Alert(name, bucket, Grain(grain), aware(at), tuple(_finding(one, grain) for one in findings))
            for name, bucket, grain, at, findings in rows
        ]

    def _last_run(self, dataset: str) -> datetime:
        """When the newest run that came to its end began; a replay judges nothing by labels."""
        [(began,)] = self._rows(
            f"SELECT max(started_at) FROM runs WHERE dataset = ? AND outcome = 'finished' AND {NO_REPLAY}", [dataset]
        )
        return began or DISTANT_PAST

    def _ever_told(self, dataset: str, since: datetime) -> list[Alert]:
        """All that was told of each bucket from `since` on, also where it was withdrawn; of a series once."""
        rows = self._rows(
            """SELECT bucket, grain, min(noticed_at), flatten(list(findings ORDER BY noticed_at)) FROM alerts
               WHERE dataset = ? AND bucket >= ? GROUP BY bucket, grain ORDER BY bucket, grain""",
            [dataset, since],
        )
        told = [
            (bucket, Grain(grain), at, [_finding(one, grain) for one in found]) for bucket, grain, at, found in rows
        ]
        return [
            Alert(dataset, bucket, grain, aware(at), tuple({one.metric: one for one in found}.values()))
            for bucket, grain, at, found in told
        ]

    def keep_explanation(self, alert: Alert, document: str, at: datetime) -> None:
        """Keeps why an alert opened, as a JSON text."""
        row = [alert.dataset, alert.bucket, alert.grain, naive(at), document]
        with self._store.transaction() as cursor:
            cursor.execute("INSERT INTO explanations VALUES (?, ?, ?, ?, ?)", row)

    def explanations(
        self, dataset: str | None = None, since: datetime | None = None
    ) -> dict[tuple[str, datetime, Grain], str]:
        """The newest explanation of each alert, of one dataset or of all: JSON texts by dataset, bucket and grain."""
        rows = self._rows(
            """SELECT dataset, bucket, grain, arg_max(document, made_at) FROM explanations
               WHERE (dataset = $1 OR $1 IS NULL) AND bucket >= $2 GROUP BY dataset, bucket, grain""",
            [dataset, lenient(since, DISTANT_PAST)],
        )
        return {(name, bucket, Grain(grain)): document for name, bucket, grain, document in rows}

    def _by_day(self, metrics: dict[int, Metric], since: datetime) -> dict[Metric, dict[datetime, float]]:
        """Whole-table values by day of observation: the last, for freshness the largest."""
        if not metrics:
            return {}
        fresh = [number for number, metric in metrics.items() if metric.name == "freshness"]
        with self._store.reading() as cursor:
            found = cursor.execute(
                """SELECT series_id, date_trunc('day', observed_at)::TIMESTAMP AS bucket,
                          if(list_contains($4, series_id), max(value), arg_max(value, observed_at)) AS value
                   FROM measurements WHERE series_id BETWEEN $1 AND $2 AND bucket IS NULL AND observed_at >= $3
                   GROUP BY 1, 2 ORDER BY ALL""",
                [min(metrics), max(metrics), since, fresh],
            ).fetchnumpy()
        return by_metric(metrics, *(np.asarray(found[name]) for name in ("series_id", "bucket", "value")))

    def _durations(self, dataset: str, since: datetime) -> dict[Metric, dict[datetime, float]]:
        """The seconds of the slowest run of each day, none before the first one."""
        rows = self._rows(
            """SELECT date_trunc('day', started_at)::TIMESTAMP, greatest(max(seconds), $3) FROM runs
               WHERE dataset = $1 AND started_at >= $2 AND outcome = 'finished' GROUP BY 1 ORDER BY 1""",
            [dataset, since, QUICK],
        )
        return {DURATION: dict(rows)} if rows else {}

    def _judged(self, metrics: dict[int, Metric], since: datetime) -> dict[Metric, dict[datetime, float]]:
        """The values that have a band, from the bucket `since` on."""
        if not metrics:
            return {}
        with self._store.reading() as cursor:
            found = cursor.execute(
                """SELECT series_id, bucket, arg_max(value, judged_at) AS value FROM bands
                   WHERE series_id BETWEEN ? AND ? AND bucket >= ? GROUP BY series_id, bucket ORDER BY ALL""",
                [min(metrics), max(metrics), since],
            ).fetchnumpy()
        return by_metric(metrics, *(np.asarray(found[name]) for name in ("series_id", "bucket", "value")))


def write_learned(cursor: duckdb.DuckDBPyConnection, memory: Memory, report: RunReport) -> None:
    """Appends the bands and alerts of a run; its measurements, and so its series, are written already."""
    for bands in report.learned.bands:
        series = np.array([memory.id_of(metric) for metric in bands.metrics], dtype=np.int64)
        rows, columns = np.nonzero(np.isfinite(bands.expected))
        buckets = np.array(bands.buckets, dtype="M8[us]")
        parts = [getattr(bands, part)[rows, columns] for part in _PARTS]
        _BANDS.columns(cursor, [naive(report.started_at)], [series[rows], buckets[columns], *parts])
    _write_alerts(cursor, report.learned.alerts)


def _write_alerts(cursor: duckdb.DuckDBPyConnection, alerts: Sequence[Alert]) -> None:
    for alert in alerts:
        findings = [
            {
                "metric": one.metric.name,
                "column": one.metric.column,
                "check": one.metric.check,
                **{name: getattr(one, name) for name in _NUMBERS},
                "drift": one.drift is not None,
                "before": one.drift and one.drift.before,
                "now": one.drift and one.drift.now,
            }
            for one in alert.findings
        ]
        row = [alert.dataset, alert.bucket, alert.grain, naive(alert.noticed_at), findings]
        cursor.execute("INSERT INTO alerts VALUES (?, ?, ?, ?, ?)", row)


def _finding(stored: dict, grain: str) -> Finding:
    name, column, check, *numbers, is_drift, before, now = stored.values()
    drift = Drift(_known(before), _known(now)) if is_drift else None
    return Finding(Metric(name, column, Grain(grain), check), *numbers, drift=drift)


def _known(level: float | None) -> float:
    return math.nan if level is None else level
