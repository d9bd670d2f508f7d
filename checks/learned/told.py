"""What a run says of its learned checks: one result for each family, in words. Pure.

a value outside its band           warn, by the family that leads; the others refer to it
outside, and labelled              skipped where it was expected, pass where it was a false alarm
all values inside                  pass
too little was learned yet         learning, with how far it is
nothing was measured               skipped
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from checks import phrases, wording
from checks.detect.walk import LEARN_DAILY, LEARN_HOURLY
from checks.learned import labels as said
from checks.learned.exact import UNWATCHED
from checks.learned.families import DISTINCT, Family, family_of
from checks.learned.judging import Judged
from checks.learned.words import expected, label_words, name_of, observed, sentence
from checks.records import Finding, Grain, Label, LabelKind, Result, Severity, Status

_NAMED = 3


def results(judged: Judged, labels: Sequence[Label]) -> list[Result]:
    """The results of the newest bucket."""
    newest = len(judged.watched.buckets) - 1
    outside = judged.outside(newest)
    families = dict.fromkeys(
        family_of(metric) for row, metric in enumerate(judged.watched.metrics) if judged.state[row, newest] != UNWATCHED
    )
    return [_result(judged, family, outside, labels) for family in families]


def _result(judged: Judged, family: Family, outside: Sequence[Finding], labels: Sequence[Label]) -> Result:
    bucket = judged.watched.buckets[-1]
    quiet = [(one, label) for one in outside if (label := said.quieting(labels, one.metric, bucket))]
    loud = [one for one in outside if one not in [finding for finding, _ in quiet]]
    own = [one for one in loud if family_of(one.metric) is family]
    if own and own[0] is loud[0]:
        return _alarm(judged, family, loud, labels)
    if own:
        leader = family_of(loud[0].metric).check
        return _made(judged, family, Status.SKIPPED, own[0], f"{_sentence(own[0], judged)}; part of what {leader} says")
    labelled = [(one, label) for one, label in quiet if family_of(one.metric) is family]
    if labelled:
        finding, label = labelled[0]
        status = Status.PASS if label.kind is LabelKind.FALSE_ALARM else Status.SKIPPED
        return _made(judged, family, status, finding, f"{_sentence(finding, judged)}; {label_words(label)}")
    return _inside(judged, family)


def _alarm(judged: Judged, family: Family, loud: Sequence[Finding], labels: Sequence[Label]) -> Result:
    words = _sentence(loud[0], judged)
    if len(loud) > 1:
        others = [name_of(one.metric) for one in loud[1:]]
        words += f"; with it {phrases.listed(others, _NAMED)}"
    known = said.known_error(labels, loud[0].metric, judged.watched.buckets[-1])
    return _made(judged, family, Status.WARN, loud[0], f"{words}; {label_words(known)}" if known else words)


def _inside(judged: Judged, family: Family) -> Result:
    rows = np.array([index for index, metric in enumerate(judged.watched.metrics) if family_of(metric) is family])
    states = judged.state[rows, -1]
    normal = rows[np.isin(states, ("normal", "anomaly", "drift"))]
    if len(normal):
        if len(rows) == 1 and not family.exact:
            return _made(judged, family, Status.PASS, judged.finding(int(rows[0]), -1))
        inside = f"{len(normal):,} series inside their bands"
        young = f", {int((states == 'learning').sum()):,} still learning" if (states == "learning").any() else ""
        return _plain(judged, family, Status.PASS, observed=inside + young, expected="what each did before")
    if (states == "learning").any():
        return _plain(judged, family, Status.LEARNING, reason=progress(judged, rows))
    return _plain(judged, family, Status.SKIPPED, reason=f"nothing was measured{_when(judged)}")


def progress(judged: Judged, rows: np.ndarray) -> str:
    """'learning: 5 of 14 days'."""
    hourly = judged.watched.grain is Grain.HOUR
    needed = LEARN_HOURLY if hourly else LEARN_DAILY
    least = min(int(judged.learned[rows].max()), needed)
    if least == needed and family_of(judged.watched.metrics[rows[0]]) is DISTINCT:
        return "there is at most one on most days, so nobody can say how many there are when there are more"
    if least == needed:
        return "it is 0 on most days, so nobody can say how far it goes when it moves"
    return f"learning: {least} of {needed} {'hours' if hourly else 'days'}"


def _sentence(finding: Finding, judged: Judged) -> str:
    return sentence(finding, judged.watched.buckets[-1], judged.watched.grain)


def _made(judged: Judged, family: Family, status: Status, finding: Finding, reason: str | None = None) -> Result:
    return _plain(
        judged,
        family,
        status,
        column=finding.metric.column,
        observed=observed(finding),
        expected=expected(finding),
        value=finding.value,
        reason=reason,
    )


def _plain(judged: Judged, family: Family, status: Status, **evidence) -> Result:
    bucket = None if judged.watched.grain is Grain.TABLE else judged.watched.buckets[-1]
    return Result(family.check, family.dimension, status, Severity.WARNING, bucket=bucket, learned=True, **evidence)


def _when(judged: Judged) -> str:
    grain = judged.watched.grain
    return "" if grain is Grain.TABLE else wording.when(judged.watched.buckets[-1], hourly=grain is Grain.HOUR)
