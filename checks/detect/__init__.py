"""Learned detection: what a series does, how sure that is, and which values do not fit.

Pure: numbers in, numbers out; no store, no clock, no warehouse. The journey of a value: `scales` (where a change has
the same size at every level), `calendars` (its place in the week and among the holidays), `following` (what was
expected of it, and how far off values usually are), `threshold` (how far off is too far, by the budget), `drift`
(several buckets together; hours by their `days`), `scoring` (verdicts bucket by bucket), `fitting` (the same after all
the history: a `Fit` judges what comes next), `trails` (the same verdicts for runs that bring a few new values)."""

from checks.detect.beliefs import Beliefs
from checks.detect.days import Days, by_day
from checks.detect.fits import Fit, Verdict, Visible
from checks.detect.fitting import fit, fit_many
from checks.detect.scoring import STATES, Scores, score, score_many
from checks.detect.settings import KINDS, PARTS, Kind, Settings
from checks.detect.trails import Trails

__all__ = [
    "KINDS",
    "PARTS",
    "STATES",
    "Beliefs",
    "Days",
    "Fit",
    "Kind",
    "Scores",
    "Settings",
    "Trails",
    "Verdict",
    "Visible",
    "by_day",
    "fit",
    "fit_many",
    "score",
    "score_many",
]
