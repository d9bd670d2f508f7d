"""What a contract of 200 columns and 400 rules costs: seconds of linting it in this process, the first time, when it
has changed, and when it has not (the goal is half a second).

    python -m bench.contract [--columns 200]
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from pathlib import Path

from checks.contracts import Level, lint

GOAL = 0.5  # seconds
_HEAD = "apiVersion: v3.1.0\nkind: DataContract\nid: wide\nname: Wide\nstatus: active\nschema:\n  - name: wide\n"
_RULES = """        quality:
          - {metric: nullValues, mustBeLessThan: 5, unit: percent}
          - metric: invalidValues
            arguments: {validValues: [0, 1, 2, 3, 4, 5, 6, 7]}
            mustBe: 0
            severity: warning
            dimension: conformity
"""


def contract_text(columns: int, version: str = "1.0.0") -> str:
    """A contract for a table `wide` of that many columns c0, c1..., with two rules on each."""
    properties = [
        f"      - name: c{number}\n        logicalType: integer\n        physicalType: bigint\n"
        f"        description: Number {number}.\n{_RULES}"
        for number in range(columns)
    ]
    return f"{_HEAD}    properties:\n{''.join(properties)}version: {version}\n"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--columns", type=int, default=200)
    columns = parser.parse_args().columns
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "wide.yaml"
        file.write_text(contract_text(columns), encoding="utf-8")
        print(f"{columns} columns, {2 * columns} rules, {file.stat().st_size / 1000:,.0f} kB")
        print(f"first, with the JSON Schema read: {_seconds(file):.3f} s")
        changed = [_changed(file, columns, patch) for patch in range(7)]
        spread = f"{min(changed):.3f}..{max(changed):.3f}"
        print(f"changed: median {statistics.median(changed):.3f} s (goal {GOAL}; {spread})")
        print(f"unchanged: median {statistics.median(_seconds(file) for _ in range(7)) * 1000:.1f} ms")


def _changed(file: Path, columns: int, patch: int) -> float:
    file.write_text(contract_text(columns, f"1.1.{patch}"), encoding="utf-8")
    return _seconds(file)


def _seconds(file: Path) -> float:
    started = time.perf_counter()
    (linted,) = lint([file])
    seconds = time.perf_counter() - started
    assert linted.worst is not Level.ERROR, linted.findings
    return seconds


if __name__ == "__main__":
    main()
