"""The figures as Markdown tables, written between the markers of docs/detection-benchmark.md."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from bench.detect.tasks import TASKS, Task

PAGE = Path(__file__).parents[2] / "docs" / "detection-benchmark.md"
BEGIN, END = "<!-- figures: python -m bench.detect table -->", "<!-- end of figures -->"
HALVES = ("held-out", "tuning")
#: what was set out to be reached: the recall of each fault, at no more than one false alarm and 85 % quiet series
GOALS = {
    "Rows per day": (0.60, 0.80, 0.95, 1.00, 0.85, 0.70),
    "Rows per hour": (0.65, 0.90, 1.00),
    "Null rate per day, 1 % usual": (0.50, 0.90, 1.00),
}


def write(found: dict[str, Any]) -> None:
    """Replaces what stands between the markers."""
    page = PAGE.read_text()
    if BEGIN not in page or END not in page:
        raise SystemExit(f"{PAGE} has no place for the figures: it needs the lines {BEGIN!r} and {END!r}")
    pattern = re.escape(BEGIN) + ".*?" + re.escape(END)
    PAGE.write_text(re.sub(pattern, lambda _: f"{BEGIN}\n\n{markdown(found)}\n{END}", page, flags=re.DOTALL))


def markdown(found: dict[str, Any]) -> str:
    """Per half and task one table at the same false-alarm rate, one at own defaults, one by source for Vitals."""
    parts = []
    for half in HALVES:
        for name, task in TASKS.items():
            rivals = found.get(half, {}).get(name)
            if rivals:
                parts += [f"### {task.title}, {half} half", *_tables(task, rivals)]
    return "\n\n".join(parts) + "\n"


def _tables(task: Task, rivals: dict[str, Any]) -> list[str]:
    any_rival = next(iter(rivals.values()))["own"]
    injections = ", ".join(f"{name}: {count}" for name, count in any_rival["injections"].items())
    own = [_row(name, task, figures["own"]) for name, figures in _ranked(rivals, task, "own")]
    same = [_row(name, task, figures["same"]) for name, figures in _ranked(rivals, task, "same")]
    parts = [f"{any_rival['series']} series." + (f" Injections: {injections}." if injections else "")]
    if injections:  # without any, a limit at the same rate says nothing
        said = "At the limit that gives one false alarm per series and 90 days on the tuning half:"
        parts += [said, _table(task, "detector", same)]
    parts += ["At each one's own default:", _table(task, "detector", [*own, *_goal(task)])]
    if "Vitals" in rivals:
        sources = rivals["Vitals"]["own"]["sources"]
        rows = [_row(source, task, figures) for source, figures in sources.items()]
        parts += ["Vitals at its default, by source:", _table(task, "source", rows)]
    return parts


def _goal(task: Task) -> list[list[str]]:
    goals = GOALS.get(task.title)
    if goals is None:
        return []
    figures = {"series": "", "false_alarms": 1.0, "quiet": 0.85, "recall": dict(zip(task.faults, goals, strict=True))}
    return [_row("*goal*", task, figures)]


def _ranked(rivals: dict[str, Any], task: Task, at: str) -> list[tuple[str, dict[str, Any]]]:
    return sorted(rivals.items(), key=lambda pair: -sum(pair[1][at]["recall"][fault] for fault in task.faults))


def _table(task: Task, first: str, rows: list[list[str]]) -> str:
    head = [first, "series", "false alarms / 90 days", "at most 1", *task.faults]
    lines = [head, ["---", *["---:"] * (len(head) - 1)], *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def _row(name: str, task: Task, figures: dict[str, Any]) -> list[str]:
    recall = [f"{figures['recall'][fault]:.0%}".replace("%", " %") for fault in task.faults]
    return [
        name,
        str(figures["series"]),
        f"{figures['false_alarms']:.2f}",
        f"{figures['quiet']:.0%}".replace("%", " %"),
        *recall,
    ]


def line(name: str, task: Task, figures: dict[str, Any]) -> str:
    """For the terminal: the figures at the own default and at the same false-alarm rate."""
    parts = []
    for at in ("own", "same"):
        recall = " ".join(f"{figures[at]['recall'][fault] * 100:4.0f}" for fault in task.faults)
        quiet, alarms = figures[at]["quiet"] * 100, figures[at]["false_alarms"]
        parts.append(f"{at} (limit {figures[at]['limit']:.3g}): FA {alarms:5.2f} quiet {quiet:3.0f} recall {recall}")
    return f"  {name:30}" + " | ".join(parts) + f" | {figures['seconds']} s"
