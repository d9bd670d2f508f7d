"""Which charts a dataset has, and what is drawn into them: series, limits and failing buckets in, panels out. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import pandas as pd

from checks.learned.families import READINGS
from checks.learned.words import label_words, sentence
from checks.metrics import OF_CARRYING
from checks.records import (
    Alert,
    Check,
    Dataset,
    FreshnessExpected,
    Grain,
    Label,
    LabelKind,
    Metric,
    NumberExpected,
    Operator,
    ReconcileExpected,
    ReferenceExpected,
    Result,
    RowsExpected,
    Status,
    UniqueExpected,
    ValuesExpected,
)
from dashboard import words
from dashboard.charts import Limit, Mark, Panel
from dashboard.charts_spans import Span

_NAMES = {
    "row_count": "rows in the table",
    "freshness": "age of the newest row",
    "future_rows": "rows from the future",
    "null_count": "nulls of {}",
    "null_rate": "null rate of {}",
    "distinct_count": "distinct values of {} (approximate)",
    "min": "smallest {}",
    "max": "largest {}",
    "mean": "mean of {}",
    "stddev": "standard deviation of {}",
    "min_length": "shortest {}",
    "max_length": "longest {}",
    "empty_count": "empty texts of {}",
    "true_rate": "share of true of {}",
    "nan_count": "NaN values of {}",
    "infinite_count": "infinite values of {}",
    "duplicate_count": "duplicates of {}",
    "orphan_count": "rows whose {} has no partner",
    "missing_count": "missing values of {}",
    "invalid_count": "invalid values of {}",
    "mean_length": "mean length of {}",
    "violation_count": "rows against a condition on {}",
    "difference": "difference",
}
_RATES = ("null_rate", "true_rate")
_ROWS = ("row_count", "bucket_rows", "future_rows", "null_count", "empty_count", "nan_count", "infinite_count")
_ROWS_OF_CHECKS = (
    "duplicate_count",
    "orphan_count",
    "missing_count",
    "invalid_count",
    "violation_count",
    "odd_form_count",
)
_COMPARED = {
    Operator.BE: ("must be",),
    Operator.NOT_BE: ("must not be",),
    Operator.GREATER: ("more than",),
    Operator.GREATER_OR_EQUAL: ("at least",),
    Operator.LESS: ("less than",),
    Operator.LESS_OR_EQUAL: ("at most",),
    Operator.BETWEEN: ("at least", "at most"),
    Operator.NOT_BETWEEN: ("not from", "to"),
}


def label(metric: Metric) -> str:
    """'null rate of carrier', 'rows per day'."""
    if metric.name == "bucket_rows":
        return f"rows per {metric.grain.value}"
    if metric.category is not None:
        return f"share of {metric.column} = {metric.category}"
    if metric.name == "odd_form_count":
        return f"rows with a {metric.column} of another form than {metric.check}"
    name = _NAMES.get(metric.name, metric.name + (" of {}" if metric.column else ""))
    about = name.replace("{}", metric.column or "all columns")
    return f"{about} (check {metric.check})" if metric.check else about


def token(metric: Metric) -> str:
    """The metric as the URL writes it: `null_rate.carrier`, with `@check` where it belongs to one."""
    return metric.name + (f".{metric.column}" if metric.column else "") + (f"@{metric.check}" if metric.check else "")


def unit(metric: Metric) -> str:
    if _is_share(metric):
        return "%"
    if metric.name == "freshness":
        return "h"
    if metric.name in _ROWS or metric.name in _ROWS_OF_CHECKS:
        return "rows"
    return "characters" if metric.name.endswith("_length") else ""


def offered(series: Iterable[Metric], temporal: Sequence[str]) -> dict[str, Metric]:
    """What a reader can add to the trends: token -> metric, by name. The smallest and largest of dates are left out:
    they are a clock, not a trend."""
    # how long runs took is on the Runs page, and how a table grew in the chart of its rows
    left_out = {"bucket_rows", "freshness", "run_seconds", "row_change", *OF_CARRYING}
    useful = [
        one
        for one in series
        if one.name not in left_out and not (one.column in temporal and one.name in ("min", "max"))
    ]
    # of a metric that is measured by bucket and as a whole, the buckets are the trend: they come last, and stay
    ordered = sorted(
        useful, key=lambda one: (one.column or "", one.name, one.check or "", one.grain is not Grain.TABLE)
    )
    return {token(one): one for one in ordered}


def series_of(check: Check) -> tuple[str, str | None] | None:
    """The metric and column that a check's trend is shown in; None where it has none."""
    expects = check.expects
    if isinstance(expects, FreshnessExpected):
        return "freshness", None
    if isinstance(expects, NumberExpected):
        return _number_series(expects)
    if isinstance(expects, ValuesExpected):
        return f"{expects.kind}_count", expects.column
    if isinstance(expects, RowsExpected):
        return "violation_count", ", ".join(expects.columns)
    if isinstance(expects, UniqueExpected | ReferenceExpected):
        return ("duplicate_count" if isinstance(expects, UniqueExpected) else "orphan_count"), ", ".join(
            expects.columns
        )
    return ("difference", None) if isinstance(expects, ReconcileExpected) else None


def _number_series(expects: NumberExpected) -> tuple[str, str | None]:
    if expects.metric == "null_count":
        return "null_rate", expects.column
    if expects.metric == "row_count" and expects.per_bucket:
        return "bucket_rows", None
    return expects.metric, expects.column


def checks_on(metric: Metric, dataset: Dataset) -> list[Check]:
    """The checks whose threshold and failures belong into the chart of a metric."""
    if metric.check:
        return [check for check in dataset.checks if check.id == metric.check]
    return [check for check in dataset.checks if series_of(check) == (metric.name, metric.column)]


def limits(metric: Metric, checks: Iterable[Check]) -> tuple[Limit, ...]:
    """The thresholds of the checks in the unit of the chart. A limit on a count is no line in a chart of rates."""
    found: dict[tuple[float, str], Limit] = {}
    for check in checks:
        expects = check.expects
        if isinstance(expects, FreshnessExpected):
            hours = expects.limit.total_seconds() / words.HOUR
            found[hours, ""] = Limit(hours, f"at most {words.duration(expects.limit.total_seconds())}")
        elif isinstance(expects, NumberExpected | ValuesExpected | RowsExpected | UniqueExpected) and _in_unit(
            metric, expects.percent
        ):
            sign = " %" if expects.percent else ""
            for word, value in zip(_COMPARED[expects.threshold.operator], expects.threshold.values, strict=False):
                found[value, word] = Limit(value, f"{word} {words.number(value)}{sign}")
    return tuple(found.values())


def _lines(metric: Metric, checks: Sequence[Check]) -> tuple[Limit, ...]:
    """The limits with what they are of: one on the whole table, which single buckets may pass, says so in a chart of
    buckets."""
    whole = [check for check in checks if metric.grain is not Grain.TABLE and _of_whole_table(check)]
    of_whole = [replace(one, name=f"{one.name} in the whole table") for one in limits(metric, whole)]
    return (*limits(metric, [check for check in checks if check not in whole]), *of_whole)


def _of_whole_table(check: Check) -> bool:
    expects = check.expects
    judged = NumberExpected | ValuesExpected | RowsExpected
    return isinstance(expects, judged) and not expects.per_bucket


def _in_unit(metric: Metric, percent: bool) -> bool:
    return percent == (metric.name in _RATES)


def marks(results: Iterable[Result], *, hourly: bool = False) -> tuple[Mark, ...]:
    """The buckets in which a check failed or warned."""
    return tuple(
        Mark(result.bucket, result.status.value, words.finding(result, hourly=hourly))
        for result in results
        if result.bucket is not None and result.status in (Status.FAIL, Status.NO_DATA, Status.WARN)
    )


@dataclass(frozen=True, slots=True)
class Past:
    """What was learned of a series: its bands as the history has them, the alerts and labels of its dataset."""

    bands: pd.DataFrame
    alerts: Sequence[Alert] = ()
    labels: Sequence[Label] = ()


def panel(
    metric: Metric, points: pd.DataFrame, checks: Sequence[Check], found: Sequence[Result], at: datetime
) -> Panel:
    """One chart. Rates become percent and seconds hours; a value of the whole table stands where it was observed."""
    factor = _factor(metric)
    moments = pd.to_datetime(points["bucket"]).fillna(naive(points["observed_at"]))
    drawn = pd.DataFrame({"moment": moments, "value": points["value"] * factor}).sort_values("moment")
    name = label(metric)
    return Panel(
        name=f"{name[0].upper()}{name[1:]}",
        title_unit=_title_unit(metric),
        unit=unit(metric),
        points=drawn,
        bars=metric.name == "bucket_rows",
        limits=_lines(metric, checks),
        marks=marks(found, hourly=metric.grain is Grain.HOUR),
        hover=",.0f" if unit(metric) == "rows" else ",.4~g",
        open_from=None if metric.grain == Grain.TABLE else naive_moment(at) - metric.grain.length,
        zero=unit(metric) != "",
    )


def with_past(drawn: Panel, metric: Metric, past: Past) -> Panel:
    """The chart with what was expected, where that was left, and what was said of it. The band of a count that is
    judged as a share of the rows has no place in a chart of counts."""
    counted = metric.name in READINGS and READINGS[metric.name].part and not _is_share(metric)
    bands = past.bands.iloc[:0] if counted else past.bands
    factor = _factor(metric)
    shown = pd.DataFrame({"moment": pd.to_datetime(bands["bucket"])})
    for name in ("lower", "expected", "upper"):
        shown[name] = bands[name] * factor
    found = tuple(_learned_marks(metric, past.alerts))
    spans = [span for label in past.labels if label.speaks_of(metric) for span in _spans(label, metric, drawn)]
    return replace(drawn, band=shown, marks=(*drawn.marks, *found), spans=tuple(spans))


def _learned_marks(metric: Metric, alerts: Sequence[Alert]) -> Iterator[Mark]:
    for alert in alerts:
        for one in alert.findings:
            if one.metric == metric:
                yield Mark(alert.bucket, Status.WARN.value, f"learned: {sentence(one, alert.bucket, alert.grain)}")


def _spans(label: Label, metric: Metric, drawn: Panel) -> Iterator[Span]:
    """The days of a label as strips; a new regime is a thin line where it begins. What repeats has several."""
    length = timedelta(days=1) if metric.grain is Grain.TABLE else metric.grain.length
    half, regime = length / 2, label.kind is LabelKind.NEW_REGIME
    buckets = [moment.to_pydatetime() for moment in drawn.points["moment"]]
    covered = [label.first] if regime and label.first in buckets else [one for one in buckets if label.covers(one)]
    begun: datetime | None = None
    for bucket in [] if regime and label.first not in buckets else covered:
        begun = begun or bucket
        if bucket + length not in covered:
            yield Span(begun - half, bucket + (half if not regime else timedelta(0)), label_words(label))
            begun = None


def _is_share(metric: Metric) -> bool:
    """Rows of one value are shown as a share, as they are judged."""
    return metric.name in _RATES or metric.category is not None


def shares(points: pd.DataFrame, rows: pd.DataFrame) -> pd.DataFrame:
    """Counts of a part of the rows as shares of them; `rows` are those of the same buckets, or of the same moments
    where there are none. Left out is where there are no rows."""
    by = "observed_at" if points["bucket"].isna().all() else "bucket"
    whole = points[by].map(rows.drop_duplicates(by).set_index(by)["value"])
    return points.assign(value=points["value"] / whole)[whole > 0]


def _factor(metric: Metric) -> float:
    return 100.0 if _is_share(metric) else 1 / words.HOUR if metric.name == "freshness" else 1.0


def _title_unit(metric: Metric) -> str:
    return {"h": ", hours", "%": ", % of rows"}.get(unit(metric), "")


def naive(moments: pd.Series) -> pd.Series:
    """Moments as naive UTC, as buckets are: one axis can not mix both."""
    stamps = pd.to_datetime(moments, utc=True)
    return stamps.dt.tz_localize(None)


def naive_moment(moment: datetime) -> datetime:
    return moment.astimezone(UTC).replace(tzinfo=None)
