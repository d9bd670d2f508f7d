"""Bands and verdicts: watched series in, what was expected of them and what left its band out. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import numpy as np
import pandas as pd

from checks.detect import Days, Scores, Settings, by_day, score_many
from checks.learned import categories, edges, exact
from checks.learned import labels as said
from checks.learned.before import Before, Series
from checks.learned.drifts import drifts
from checks.learned.exact import UNWATCHED
from checks.learned.families import DISTINCT, READINGS, RULES, SHARES, VALUES, VOLUME, Family, family_of
from checks.learned.grids import Watched, of_rows
from checks.records import Alert, Bands, Drift, Finding, Label, LabelKind, Metric

_TWO_WEEKS, _FOUR_WEEKS = 14, 28  # days


@dataclass(frozen=True, slots=True)
class Judged:
    """Watched series with their bands over all buckets. `state` has a word of `detect.STATES` for each value, `learned`
    says how many values each series has been learned from, `drifts` how far the level moved where (series, bucket) that
    is told."""

    watched: Watched
    bands: Bands
    state: np.ndarray
    learned: np.ndarray
    drifts: Mapping[tuple[int, int], Drift]

    def finding(self, row: int, at: int) -> Finding:
        """One value with its band."""
        bands = self.bands
        parts = (bands.values, bands.expected, bands.lower, bands.upper, bands.score)
        value, expected, lower, upper, score = (float(part[row, at]) for part in parts)
        return Finding(bands.metrics[row], value, expected, lower, upper, score, self.drifts.get((row, at)))

    def outside(self, at: int) -> list[Finding]:
        """What left its band in the bucket of number `at`, the leading finding first: too few rows explain the rest."""
        rows = np.flatnonzero(np.isin(self.state[:, at], ("anomaly", "drift")))
        found = [self.finding(int(row), at) for row in rows]
        return sorted(found, key=lambda one: (family_of(one.metric) is not VOLUME, -abs(one.score), one.metric))


def judged(
    watched: Watched,
    allowed: np.ndarray,
    holidays: str | None,
    labels: Sequence[Label],
    scored: Callable[..., Scores] = score_many,
) -> Judged:
    """The band of every value, made from the values before it. `allowed` is what each series may spend (`spending`).
    Where `scored` leaves the first buckets out, nothing that is said of them counts."""
    heard = said.heard(watched, labels)
    scores = verdicts(watched, allowed, holidays, heard, scored)
    parts = {name: getattr(scores, name) for name in ("expected", "lower", "upper", "score")}
    bands = Bands(watched.grain, watched.metrics, watched.buckets, watched.values, **parts)
    moved = drifts(watched, _days(watched, heard), scores, holidays) if "drift" in scores.state else {}
    return Judged(watched, bands, scores.state, _lessons(watched, heard), moved)


def verdicts(
    watched: Watched,
    allowed: np.ndarray,
    holidays: str | None,
    heard: said.Heard,
    scored: Callable[..., Scores] = score_many,
) -> Scores:
    """The verdicts on series of any families. All are followed at once, which costs as much as to follow few."""
    found = _whole(watched.values.shape)
    learned = np.flatnonzero([not family_of(metric).exact for metric in watched.metrics])
    asked = _question(watched, learned, allowed, heard.of(learned))
    _put(found, learned, scored(settings=Settings(holidays=holidays), **asked))
    for family in dict.fromkeys(family_of(metric) for metric in watched.metrics):
        rows = np.flatnonzero([family_of(metric) is family for metric in watched.metrics])
        _put(found, rows, _by_rules(family, of_rows(watched, rows), found.of(rows), heard.of(rows)))
    unwatched = allowed == 0
    return replace(
        found,
        state=np.where(unwatched, UNWATCHED, found.state),
        is_anomaly=found.is_anomaly & ~unwatched,
    )


def _question(watched: Watched, rows: np.ndarray, allowed: np.ndarray, heard: said.Heard) -> dict[str, Any]:
    """What detection is asked of these series."""
    part = of_rows(watched, rows)
    kinds = [READINGS[metric.name].kind for metric in part.metrics]
    return {
        "grid": part.values,
        "buckets": pd.DatetimeIndex(part.buckets),
        "kinds": kinds,
        "excluded": heard.void,
        "excused": heard.excused,
        "allowed": np.where(allowed[rows] > 0, allowed[rows], 1.0),
        "denominators": part.rows,
        "regimes": [list(pd.DatetimeIndex(moments)) for moments in heard.begins],
        "days": None if part.earlier is None else _days(part, heard),
    }


def _days(watched: Watched, heard: said.Heard) -> Days:
    """The days of series, without what nothing is learned from."""
    taught = np.where(heard.untaught, np.nan, watched.values)
    if watched.earlier is None:
        return Days(watched.buckets, taught, watched.rows)
    kinds = [READINGS[metric.name].kind for metric in watched.metrics]
    return watched.earlier.then(by_day(watched.buckets, taught, kinds, watched.rows))


def _by_rules(family: Family, part: Watched, scores: Scores, heard: said.Heard) -> Scores:
    """The verdicts on a family, with what its rules without statistics make of them."""
    if family.exact:
        return exact.fixed_length(part, heard.untaught, heard.fresh)
    if family is SHARES:
        return categories.judged(part, scores, heard)
    if family is DISTINCT:
        enough = exact.one_more(part.values, scores, heard.untaught, part.per_day)
        several = exact.constant(part.values, enough, heard.untaught, part.per_day)
        return exact.at_rest(part.values, several, heard, part.per_day)
    if family in (VALUES, RULES):
        return edges.within(part, scores, heard)
    if family.only_up:
        rates = READINGS[part.metrics[0].name].kind == "rate"
        return _upward(part.values, scores, never_seen(part, heard) if rates else np.inf)
    return scores


def _whole(shape: tuple[int, ...]) -> Scores:
    numbers = (np.full(shape, np.nan) for _ in range(4))
    return Scores(*numbers, np.zeros(shape, dtype=bool), np.full(shape, "unmeasured", dtype=object))


def _put(whole: Scores, rows: np.ndarray, part: Scores) -> None:
    for name, array in vars(whole).items():
        array[rows] = getattr(part, name)


def _upward(values: np.ndarray, scores: Scores, never: np.ndarray | float) -> Scores:
    """Scores of series of which only too much is said. What is beyond `never` is outside, however wide the band is that
    a few odd days of the past have made."""
    judged = np.isin(scores.state, ("normal", "anomaly", "drift"))
    upper = np.fmin(scores.upper, np.where(np.isfinite(scores.upper), never, np.nan))
    beyond = judged & (upper < scores.upper) & (values > upper)
    # in an outage of days the level may have moved over to what the outage does
    expected = np.where(beyond | (scores.expected > upper), np.fmin(scores.expected, upper / 3), scores.expected)
    narrower = judged & (upper < scores.upper) & (values > expected)
    with np.errstate(invalid="ignore", divide="ignore"):
        score = np.where(narrower, (values - expected) / (upper - expected), scores.score)
    state = np.where(judged & (scores.score < 0) & ~narrower, "normal", scores.state)
    state = np.where(beyond, "anomaly", state)
    lower = np.where(np.isnan(scores.lower), np.nan, 0.0)
    is_anomaly = np.isin(state, ("anomaly", "drift"))
    return replace(scores, expected=expected, lower=lower, upper=upper, score=score, state=state, is_anomaly=is_anomaly)


def never_seen(part: Watched, heard: said.Heard) -> np.ndarray:
    """For each bucket three times the largest share before it, and at least two points more; infinite before four
    weeks. What is beyond does not count as seen until it has lasted two weeks: each day of an outage is told. Nothing
    of the time before a declared regime counts."""
    series, few, lasting = len(part.values), _FOUR_WEEKS * part.per_day, _TWO_WEEKS * part.per_day
    largest, seen, beyond = np.full(series, -np.inf), np.zeros(series, dtype=int), np.zeros(series, dtype=int)
    never = np.full(part.values.shape, np.inf)
    for at, fresh in enumerate(heard.fresh.T):
        largest[fresh], seen[fresh], beyond[fresh] = -np.inf, 0, 0
        values = part.values[:, at]
        never[:, at] = np.where(seen >= few, np.maximum(3 * largest, largest + 0.02), np.inf)
        taught = np.isfinite(values) & ~heard.untaught[:, at]
        outside = taught & (values > never[:, at])
        beyond = np.where(outside, beyond + 1, np.where(taught, 0, beyond))
        usual = taught & (~outside | (beyond > lasting))
        largest = np.where(usual, np.fmax(largest, values), largest)
        seen += usual
    return never


def _lessons(watched: Watched, heard: said.Heard) -> np.ndarray:
    taught = np.isfinite(watched.values) & ~heard.untaught
    newest = max(watched.buckets)
    for row, moments in enumerate(heard.begins):
        begun = [moment for moment in moments if moment <= newest]
        if begun:
            taught[row] &= np.array([bucket >= begun[-1] for bucket in watched.buckets])
    return taught.sum(axis=1)


def to_keep(result: Judged, done: Series) -> Bands | None:
    """The bands of the values that this run has judged for the first time, or anew because they were restated."""
    bands, watched = result.bands, result.watched
    keep = np.isin(result.state, ("normal", "anomaly", "drift")) & watched.judge[None, :]
    for row, metric in enumerate(bands.metrics):
        known = done.get(metric, {})
        for at in np.flatnonzero(keep[row]):
            keep[row, at] = known.get(bands.buckets[at]) != bands.values[row, at]
    columns = np.flatnonzero(keep.any(axis=0))
    if not len(columns):
        return None
    cut = {
        name: np.where(keep, getattr(bands, name), np.nan)[:, columns]
        for name in ("values", "expected", "lower", "upper", "score")
    }
    return Bands(bands.grain, bands.metrics, tuple(bands.buckets[at] for at in columns), **cut)


def alerts(result: Judged, dataset: str, before: Before, at: datetime) -> list[Alert]:
    """Alerts that are new, have other series than before, or are withdrawn, of the buckets that this run has read. What
    a label quiets opens none; an alert that was labelled when it stood already keeps standing, with its label. Of older
    buckets, an alert is withdrawn where labels have moved the band (what followed a new regime is usual then), and
    comes back where such a label was undone."""
    standing = {alert.bucket: alert for alert in before.alerts if alert.grain is result.bands.grain}
    found = []
    for number in np.flatnonzero(result.watched.judge):
        bucket = result.bands.buckets[number]
        known = _series(standing.get(bucket))
        findings = tuple(
            one
            for one in result.outside(number)
            if one.metric in known or said.quieting(before.labels, one.metric, bucket) is None
        )
        if {one.metric for one in findings} != known:
            found.append(Alert(dataset, bucket, result.bands.grain, at, findings))
    return found + _relabelled(result, dataset, standing, before, at)


def _relabelled(
    result: Judged, dataset: str, standing: Mapping[datetime, Alert], before: Before, at: datetime
) -> list[Alert]:
    """The alerts of buckets that this run has not read where labels of today leave less of them, or where one that was
    undone gives them back."""
    told = {alert.bucket: _series(alert) for alert in before.ever_told if alert.grain is result.bands.grain}
    moves = [label for label in (*before.labels, *before.undone) if said.moves_bands(label)]
    found = []
    for number in np.flatnonzero(~result.watched.judge):
        bucket = result.bands.buckets[number]
        known = _series(standing.get(bucket))
        if not (known or before.undone) or not any(label.first <= bucket for label in moves):
            continue
        left = tuple(
            one
            for one in result.outside(int(number))
            if one.metric in known or _is_given_back(one.metric, bucket, told.get(bucket, set()), before)
        )
        if {one.metric for one in left} != known:
            found.append(Alert(dataset, bucket, result.bands.grain, at, left))
    return found


def _is_given_back(metric: Metric, bucket: datetime, told: set[Metric], before: Before) -> bool:
    """Whether a label that was undone had kept a series quiet that is outside its band without it: one that was `told`
    of the bucket once, or would have been. What came after a new regime was held against that alone."""
    undone = [label for label in before.undone if label.first <= bucket and label.speaks_of(metric)]
    is_new = any(label.kind is LabelKind.NEW_REGIME for label in undone)
    was_quiet = is_new or (undone and metric in told) or said.quieting(undone, metric, bucket) is not None
    return bool(was_quiet) and said.quieting(before.labels, metric, bucket) is None


def _series(alert: Alert | None) -> set[Metric]:
    return {one.metric for one in alert.findings} if alert else set()
