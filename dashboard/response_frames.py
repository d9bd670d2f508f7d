"""How soon people respond, as tables for pages. Documents in. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from dashboard import words

Document = Mapping[str, Any]
_STEPS = {"To detect": "detect", "To acknowledge": "acknowledge", "To mend": "repair"}


def table(response: Document) -> pd.DataFrame:
    """Everything, then each team, then each contract; without the columns of which nothing is known."""
    parts = [
        ("everything", response["all"]),
        *((f"team {each['team']}", each) for each in response["teams"]),
        *((f"contract {each['contract']}", each) for each in response["contracts"]),
    ]
    frame = pd.DataFrame([_row(name, record) for name, record in parts])
    return frame.drop(columns=[name for name in frame.columns if (frame[name] == "").all()])


def noisiest(response: Document) -> pd.DataFrame:
    """The checks with the most incidents."""
    return pd.DataFrame(
        {
            "Check": each["check"],
            "Dataset": each["dataset"],
            "Incidents": each["incidents"],
            "False alarms": each["false_alarms"],
        }
        for each in response["noisiest"]
    )


def _row(name: str, record: Document) -> dict[str, object]:
    row: dict[str, object] = {
        "Of": name,
        "Incidents": record["incidents"],
        "A week": "" if record["per_week"] is None else words.number(record["per_week"]),
        "Open": record["open"],
    }
    for title, step in _STEPS.items():
        row[title] = _took(record[step])
        row[f"{title}: promised"] = _promised(record[step])
    return row


def _took(step: Document) -> str:
    """'3 h 10 min', with the median where there are several."""
    if step["mean_seconds"] is None:
        return words.NOTHING
    mean = words.coarse(step["mean_seconds"])
    return mean if step["count"] == 1 else f"{mean} (median {words.coarse(step['median_seconds'])}, n {step['count']})"


def _promised(step: Document) -> str:
    """'✕ 2 of 12 missed', '✓ all 12 kept'; nothing where nothing was promised or is known yet."""
    total = step["kept"] + step["missed"]
    if not total:
        return ""
    return f"✕ {step['missed']} of {total} missed" if step["missed"] else f"✓ {total} of {total} kept"
