"""Runs detectors over the series and keeps the figures.

    python -m bench.detect run [--task daily …] [--detector Vitals …] [--quick] [--held-out] [--results FILE]
    python -m bench.detect series          # what there is
    python -m bench.detect table           # the figures as Markdown, into docs/detection-benchmark.md

Limits at the same false-alarm rate are set on the tuning half. The held-out half is for one look at the end.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from bench.detect import catalogue, operational, results, table
from bench.detect.detectors import NAMES, named
from bench.detect.measure import calibrated
from bench.detect.tasks import TASKS, Task, Trial, run


def main(words: Sequence[str] | None = None) -> None:
    arguments = _arguments(words)
    if arguments.what == "series":
        _print_series()
    elif arguments.what == "table":
        table.write(results.read(arguments.results or results.FILE))
    else:
        for name in arguments.task:
            _run(TASKS[name], name, arguments)


def _run(task: Task, name: str, arguments: argparse.Namespace) -> None:
    half = "held-out" if arguments.held_out else "tuning"
    trials = list(task.trials(half))
    if arguments.quick:
        trials = [_shorter(trial) for trial in trials[::3]]
    print(f"{name}, {half}: {len(trials)} series", flush=True)
    if not trials:
        return
    for detector in arguments.detector:
        begun = time.perf_counter()
        scored = run(named(detector), trials)
        kept = results.read(arguments.results or results.FILE)
        limit = _limit(kept, name, detector) if arguments.held_out else calibrated(scored)
        place = kept.setdefault(half, {}).setdefault(name, {})
        place[detector] = {
            "own": results.figures(task, scored, 1.0),
            "same": results.figures(task, scored, limit),
            "seconds": round(time.perf_counter() - begun, 1),
        }
        if arguments.results or not arguments.quick:
            results.write(arguments.results or results.FILE, kept)
        print(table.line(detector, task, place[detector]), flush=True)


def _limit(kept: dict, task: str, detector: str) -> float:
    found = kept.get("tuning", {}).get(task, {}).get(detector)
    if found is None:
        raise SystemExit(f"{detector} has no limit for {task}: run the tuning half first")
    return found["same"]["limit"]


def _shorter(trial: Trial) -> Trial:
    """Every third injection, for a quick look."""
    return replace(trial, broken=trial.broken[::3])


def _print_series() -> None:
    for half in ("tuning", "held-out"):
        for grain in ("day", "hour"):
            for series in catalogue.load(half, grain):
                dates = series.values.index
                span = f"{dates[0].date()} to {dates[-1].date()}"
                print(f"{half:9}{grain:5}{series.name:45}{span}, median {series.values.median():,.0f}")
        for series in operational.load(half):
            print(f"{half:9}short {series.name}")


def _arguments(words: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["run", "series", "table"])
    parser.add_argument("--task", action="append", choices=list(TASKS))
    parser.add_argument("--detector", action="append", choices=list(NAMES))
    parser.add_argument(
        "--quick",
        action="store_true",
        help="a third of the series and injections; nothing is kept unless --results says where",
    )
    parser.add_argument("--held-out", action="store_true", help="the half that nothing was tuned on: look once")
    parser.add_argument(
        "--results", type=Path, help=f"where the figures are kept; {results.FILE.name} beside this file"
    )
    arguments = parser.parse_args(words)
    arguments.task = arguments.task or list(TASKS)
    arguments.detector = arguments.detector or list(NAMES)
    return arguments


if __name__ == "__main__":
    main()
