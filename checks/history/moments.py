"""Time at the edge of the file: aware UTC moments outside, naive UTC inside. Buckets are naive on both sides."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import overload

DISTANT_PAST = datetime(1, 1, 1)  # noqa: DTZ001 naive as everything in the file
DISTANT_FUTURE = datetime(9999, 12, 31)  # noqa: DTZ001


def naive(moment: datetime) -> datetime:
    """An aware moment as the file keeps it. Raises ValueError for a naive one, whose meaning nobody knows."""
    if moment.tzinfo is None:
        raise ValueError(f"the history takes moments with a time zone, not {moment.isoformat()}")
    return moment.astimezone(UTC).replace(tzinfo=None)


@overload
def aware(moment: datetime) -> datetime: ...
@overload
def aware(moment: None) -> None: ...
def aware(moment: datetime | None) -> datetime | None:
    """A timestamp of the file as an aware UTC moment."""
    return None if moment is None else moment.replace(tzinfo=UTC)


def lenient(moment: datetime | None, otherwise: datetime) -> datetime:
    """A limit given as an aware moment or as a naive bucket; `otherwise` where none is given."""
    if moment is None:
        return otherwise
    return naive(moment) if moment.tzinfo else moment
