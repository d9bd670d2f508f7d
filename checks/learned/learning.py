"""The learned part of a run: what it measured is held against the past, and told. Pure."""

from __future__ import annotations

from checks.facts import Facts
from checks.learned import judging, schema, told
from checks.learned.before import Before
from checks.learned.families import budget
from checks.learned.past import bucketed, observed
from checks.records import Dataset, Learned, Result


def learn(dataset: Dataset, facts: Facts, before: Before) -> tuple[tuple[Result, ...], Learned]:
    """The results of the learned checks of a run, and what is to be remembered beside them."""
    detection = dataset.detection
    grids = [grid for grid in (bucketed(facts, before), observed(facts, before)) if grid is not None]
    spent = budget((metric for grid in grids for metric in grid.metrics), detection.alerts_per_90_days)
    results, bands, alerts = [], [], []
    for grid in grids:
        judged = judging.judged(grid, spent, detection.holidays, before.labels)
        results += told.results(judged, before.labels)
        bands.append(judging.to_keep(judged, before.judged))
        alerts += judging.alerts(judged, dataset.name, before, facts.at)
    columns = schema.result(facts.measured.columns, before.schemas, before.labels, facts.at)
    results += [columns] if columns else []
    return tuple(results), Learned(tuple(one for one in bands if one is not None), tuple(alerts))
