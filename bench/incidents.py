"""What incidents cost: of a run that finds nothing, while nothing or much is open, and of each run of a storm, in
processor time.

    python -m bench.incidents [--below 300]
"""

from __future__ import annotations

import argparse
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

from checks.config import IncidentsConfig
from checks.history import History
from checks.incidents import Around, Asking, Desk
from checks.lineage import Edge, Graph, Node, Origin
from checks.records import Dataset, Dimension, Outcome, Result, RunReport, Severity, Status
from checks.refusal import Refused
from connectors import TableName

AT = datetime(2026, 4, 1, 12, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
_ROUNDS = 2000


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--below", type=int, default=300, help="tables made from the one that breaks")
    below = parser.parse_args().below
    names = ["lake.root", *(f"lake.t{number}" for number in range(below))]
    datasets = {name: Dataset("lake", TableName(None, name[5:])) for name in (*names, "lake.well")}
    graph = Graph.of(map(Node, datasets), [Edge(names[0], name, Origin.VIEW) for name in names[1:]])
    asking = Asking(_nobody, _nobody, lambda names, since, until: {})
    with tempfile.TemporaryDirectory() as folder, History.open(Path(folder) / "history.duckdb", AT) as history:
        desk = Desk(history, IncidentsConfig(), Around(lambda: datasets, lambda: graph), asking)
        print(f"a healthy run, nothing open: {_healthy(desk):.3f} ms")
        each = _storm(desk, names)
        print(f"a run of a storm over {below} tables: {each:.1f} ms")
        print(f"a healthy run, {3 * len(names)} symptoms open: {_healthy(desk):.3f} ms")


def _healthy(desk: Desk) -> float:
    """Milliseconds of a run of 60 checks that pass."""
    report = _report("lake.well", Status.PASS, 60, AT + HOUR)
    began = time.process_time()
    for _ in range(_ROUNDS):
        desk.observe(report)
    return 1000 * (time.process_time() - began) / _ROUNDS


def _storm(desk: Desk, names: list[str]) -> float:
    began = time.process_time()
    for name in names:
        desk.observe(_report(name, Status.FAIL, 3, AT))
    return 1000 * (time.process_time() - began) / len(names)


def _report(dataset: str, status: Status, checks: int, at: datetime) -> RunReport:
    dimensions = list(Dimension)
    results = tuple(
        Result(f"check-{n}", dimensions[n % 7], status, Severity.ERROR, reason="7 rows are wrong, expected none")
        for n in range(checks)
    )
    return RunReport(dataset, at, Outcome.FINISHED, 1, at, 1.0, results=results)


def _nobody(*_: object):
    raise Refused("there is no warehouse here")


if __name__ == "__main__":
    main()
