"""Reading objectives for pages, as `load` reads the rest."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from checks.objectives import response_document
from checks.objectives.document import kept_of
from checks.objectives.ledger import Kept
from checks.objectives.status import Told, told
from dashboard import load, process


@load.shared
def objectives() -> tuple[Told, ...]:
    """How every objective stands."""
    at = load.now()
    return tuple(told(kept, at) for kept in kept_of(process.current(), (), None))


@load.shared
def objective(dataset: str, level: str) -> Kept | None:
    """What is known of one objective."""
    known = kept_of(process.current(), (dataset,), None)
    return next((kept for kept in known if kept.objective.level == level), None)


@load.shared
def responses() -> Mapping[str, Any]:
    """How soon people responded to the incidents of the last 90 days, as /api/objectives tells it."""
    monitor = process.current()
    return response_document.responses(monitor, list(monitor.datasets()))
