"""Counts the alerts of real tables and the faults that are found in them, and keeps the figures.

    python -m bench.datasets run [--table flights …] [--held-out]
    python -m bench.datasets table     # the figures as Markdown, into docs/detection-benchmark.md

The held-out half is for one look at the end.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path

from bench.datasets import page
from bench.datasets.faults import told
from bench.datasets.replaying import Replayed, replayed
from bench.datasets.tables import TABLES, rows_of
from checks.backtest.document import sentence


def main() -> None:
    arguments = _arguments()
    if arguments.what == "table":
        page.write()
        return
    half = "held-out" if arguments.held_out else "tuning"
    names = [name for name, table in TABLES.items() if table.half == half]
    for name in arguments.table or names:
        if name not in names:
            raise SystemExit(f"{name} is no table of the {half} half; there are {', '.join(names)}")
        page.keep(half, {name: _run(name)})


def _run(name: str) -> dict:
    begun, table = time.process_time(), TABLES[name]
    with tempfile.TemporaryDirectory() as folder, replayed(name, table, rows_of(table), Path(folder)) as own:
        found = page.figures(own, told(own, Path(folder)))
        _print(name, own, found)
    print(f"  {time.process_time() - begun:.0f} s", flush=True)
    return found


def _print(name: str, own: Replayed, found: dict) -> None:
    print(f"{name}: {len(own.rows):,} rows, {found['series']} series, {found['alerts']} alerts in {found['days']} days")
    for event in own.replay.events:
        print(f"  {event.first:%Y-%m-%d} {sentence(event)}")
    for fault, counts in found["recall"].items():
        print(f"  {fault}: {counts}")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["run", "table"])
    parser.add_argument("--table", action="append")
    parser.add_argument("--held-out", action="store_true", help="the half that nothing was tuned on: look once")
    return parser.parse_args()


if __name__ == "__main__":
    main()
