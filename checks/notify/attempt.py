"""What came of one attempt to deliver a message."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True, slots=True)
class Attempt:
    """`error` is the sentence of what went wrong, None where it was delivered. `retry_after` is how long the receiver
    asks to be left alone."""

    error: str | None = None
    retry_after: timedelta | None = None
