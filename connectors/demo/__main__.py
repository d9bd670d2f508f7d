"""python -m connectors.demo FOLDER [--fresh]: builds the demo warehouse, or brings it up to now."""

from __future__ import annotations

import argparse
import sys
from datetime import UTC, datetime
from pathlib import Path

from connectors.demo import FAULTS, DemoReport, build
from connectors.errors import SourceError


def main(arguments: list[str] | None = None) -> int:
    """Returns the exit code: 0 built, 3 not built (the reason is on stderr)."""
    parser = argparse.ArgumentParser(prog="python -m connectors.demo", description=__doc__)
    parser.add_argument("folder", type=Path, metavar="FOLDER", help="where the Parquet files go")
    parser.add_argument("--fresh", action="store_true", help="remove what is there; the faults start anew")
    options = parser.parse_args(arguments)
    try:
        report = build(options.folder, datetime.now(UTC), fresh=options.fresh, progress=_say)
    except SourceError as error:
        sys.stderr.write(f"{error}\n")
        return 3
    _tell(report)
    return 0


def _tell(report: DemoReport) -> None:
    rows = ", ".join(f"{dataset} {count:,}" for dataset, count in report.rows.items())
    _say(f"{report.folder}: {report.files_written} day files written in {report.seconds:.1f} s; rows: {rows}")
    _say(f"injected faults, counted from {report.built_at:%Y-%m-%d %H:%M} UTC:")
    for fault in FAULTS:
        _say(f"  {fault.dataset}: {fault.title} ({fault.dimension})")


def _say(line: str) -> None:
    sys.stdout.write(f"demo warehouse: {line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
