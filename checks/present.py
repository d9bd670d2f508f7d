"""'Now' in statements that are compiled once and kept: a stand-in in them, for which the moment of the run is put, with
the leeway that rows from the future have."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from checks.eventtime import LEEWAY
from checks.moments import literal_naive
from checks.predicates import NotInFuture
from checks.records import Check

if TYPE_CHECKING:
    from connectors import Source

#: looks like nothing else in a statement
STAND_IN = datetime(9731, 2, 3, 4, 5, 6, 789000, tzinfo=UTC)
_TYPES = ("date", "timestamp", "timestamp('UTC')")


def with_now(sql: str, source: Source, checks: Iterable[Check], now: datetime) -> str:
    """The statement with the end of the leeway from `now` on (aware) in the place of the stand-in, as every zone of the
    checks has it."""
    zones = {
        predicate.zone
        for check in checks
        for predicate in getattr(check.expects, "predicates", ())
        if isinstance(predicate, NotInFuture)
    }
    for zone in {"UTC", *zones} if zones else ():
        for kind in _TYPES:
            sql = sql.replace(_literal(source, STAND_IN, zone, kind), _literal(source, now + LEEWAY, zone, kind))
    return sql


def _literal(source: Source, moment: datetime, zone: str, kind: str) -> str:
    import ibis

    wall = moment.astimezone(ZoneInfo(zone)).replace(tzinfo=None)
    of_kind: Any = ibis.null(kind)
    select = source.compile(literal_naive(wall, of_kind, source.dialect).name("x"))
    return re.sub(r"^SELECT\s+|\s+AS\s+\S+$", "", select.strip())
