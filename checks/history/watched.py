"""Reading how buckets filled: every count that was ever known of them, and the moments at which runs looked."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import numpy as np

from checks.history.loads import LoadReader
from checks.history.moments import naive
from checks.history.points import PointReader
from checks.records import Grain

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Watched:
    """`observed` holds [bucket, observed_at, value], `runs` the moments of the runs that measured; all naive, by the
    clocks that the buckets have."""

    observed: pd.DataFrame
    runs: np.ndarray


class WatchedReader(PointReader, LoadReader):
    """The part of the history that reads how buckets filled."""

    def watched(self, dataset: str, grain: Grain, zone: str, since: timedelta, at: datetime) -> Watched:
        """The rows of the buckets of the last while, as they were seen up to the moment `at`."""
        limits = [naive(at - since), naive(at)]
        observed = self._frame(
            """SELECT bucket, observed_at, value FROM measurements
               WHERE bucket >= $3 AND observed_at <= $4 AND series_id =
                   (SELECT max(series_id) FROM series WHERE dataset = $1 AND metric = 'bucket_rows' AND grain = $2)
               ORDER BY bucket, observed_at""",
            [dataset, grain, *limits],
        )
        runs = self._frame(
            """SELECT DISTINCT started_at FROM runs
               WHERE dataset = $1 AND outcome = 'finished' AND started_at >= $2 AND started_at <= $3 ORDER BY 1""",
            [dataset, *limits],
        )["started_at"]
        return Watched(
            observed.assign(observed_at=_local(observed["observed_at"], zone)), _local(runs, zone).to_numpy()
        )


def _local(moments: pd.Series, zone: str) -> pd.Series:
    return moments.dt.tz_localize("UTC").dt.tz_convert(zone).dt.tz_localize(None)
