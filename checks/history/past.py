"""Reading what the last runs have left, for service levels that are about more than one run."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from checks.facts import WINDOW, Past
from checks.history.moments import naive
from checks.history.runs import NEWEST_BUCKET
from checks.history.watched import WatchedReader
from checks.records import Grain


class PastReader(WatchedReader):
    """The part of the history that sums up runs."""

    def past(self, dataset: str, before: datetime, grain: Grain | None, apart_from: Sequence[str] = ()) -> Past:
        """The runs of the 30 days before a slot, and the rows of the buckets since then as they were known at that
        moment. Runs that ended otherwise than by an answer or by none say nothing of the warehouse and are not
        counted. The checks in `apart_from` are no rules: that they fail is no error of the data."""
        since = before - WINDOW
        limits = [dataset, naive(since), naive(before)]
        ((asked, reached),) = self._rows(
            """SELECT count(*) FILTER (outcome IN ('finished', 'unreachable')), count(*) FILTER (outcome = 'finished')
               FROM runs WHERE dataset = $1 AND slot >= $2 AND slot < $3""",
            limits,
        )
        failing = self._rows(
            f"""WITH told AS (
                    SELECT * FROM results SEMI JOIN runs ON runs.dataset = results.dataset AND runs.slot = results.slot
                        AND runs.outcome = 'finished'
                    WHERE dataset = $1 AND slot >= $2 AND slot < $3 AND NOT list_contains($4, "check")
                    QUALIFY {NEWEST_BUCKET})
                SELECT if(grouping("column") = 1, NULL, "column"), count(DISTINCT slot) FROM told
                WHERE status IN ('fail', 'no_data') AND severity = 'error'
                GROUP BY GROUPING SETS (("column"), ()) HAVING grouping("column") = 1 OR "column" IS NOT NULL""",
            [*limits, list(apart_from)],
        )
        rows = {}
        if grain is not None:
            points = self.points(dataset, "bucket_rows", grain=grain, since=since.replace(tzinfo=None), known_at=before)
            buckets = points["bucket"].to_numpy().astype("M8[us]").tolist()
            rows = dict(zip(buckets, points["value"].tolist(), strict=True))
        return Past(asked, reached, {column: runs for column, runs in failing if runs}, rows)
