"""Why alerts opened, as it was kept with them, for readers of today: what was classified since is not told any more."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from checks.drill import hidden_columns
from checks.explain.subject import SHOWS_VALUES
from checks.history import History
from checks.records import Dataset, Grain


def reasons(
    history: History, datasets: Mapping[str, Dataset], name: str | None = None, since: datetime | None = None
) -> dict[tuple[str, datetime, Grain], str]:
    """The sentences, by dataset, bucket and grain; of one dataset or of all. Of a dataset that is there no more
    everything is hidden that is hidden somewhere."""
    kept = history.explanations(name, since)
    hidden = hidden_columns(datasets) if kept else {}
    everywhere = frozenset[str]().union(*hidden.values())
    return {key: _sentence(json.loads(text), hidden.get(key[0], everywhere)) for key, text in kept.items()}


def _sentence(document: dict[str, Any], hidden: frozenset[str]) -> str:
    named = [column for segment in document["segments"] for column in segment["values"]]
    if document["metric"] in SHOWS_VALUES:
        named.append(document["column"])
    now_hidden = sorted({column for column in named if column.lower() in hidden})
    if not now_hidden:
        return document["sentence"]
    verb = "is" if len(now_hidden) == 1 else "are"
    return f"Not shown: it tells values of {' and '.join(now_hidden)}, which {verb} classified by now."
