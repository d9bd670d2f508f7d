"""What somebody has said of a dataset and runs do not go by, with the reason."""

from __future__ import annotations

from collections.abc import Iterator

from checks.arrivals import lately
from checks.history import RunRow
from checks.loadtime import field_of_dbt, why_not
from checks.monitor import Monitor

_REMEDY = "`load_time` in config.toml or vitals.loadTime in a contract names another column"


def load_times(monitor: Monitor) -> Iterator[tuple[str, str]]:
    """Datasets of which a manifest of dbt says when their rows were loaded (`loaded_at_field`), where that is not used,
    and why. Of those that were never measured nothing is known."""
    runs = monitor.history.latest_evaluated()
    for dataset in monitor.datasets().values():
        field = monitor.lineage_known.dated(dataset).dbt_load_time
        if field is None or dataset.load_time or dataset.name not in runs:
            continue
        reason = _why(monitor, runs[dataset.name], field)
        if reason is not None:
            yield dataset.name, f"loaded_at_field `{field}` of dbt is not used: {reason}; {_REMEDY}"


def _why(monitor: Monitor, run: RunRow, field: str) -> str | None:
    schemas = monitor.history.schemas(run.dataset)
    if not schemas:
        return None
    if run.event_time is None:
        return "nothing says when its rows happened, so that it is not known how late they came"
    others = [column for column in schemas[-1][1] if column.name != run.event_time.column]
    if field_of_dbt(field, others) is None:
        return why_not(field, schemas[-1][1], run.event_time.column)
    known = lately(monitor.history, run.dataset, run.event_time, monitor.clock()).loads
    return known.doubt if known is not None else None
