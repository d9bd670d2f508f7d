"""A time limit for what can not be interrupted: other people's code that waits for a network."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass, field

from checks.notify.attempt import Attempt

log = logging.getLogger(__name__)
SECONDS = 30.0
_MOST_HANGING = 3


@dataclass
class Patience:
    """How long one channel's attempts may take, and those that still hang."""

    seconds: float = SECONDS
    hanging: list[threading.Thread] = field(default_factory=list)


def within(patience: Patience, deliver: Callable[[], Attempt]) -> Attempt:
    """What came of it, or that it took too long. What hangs is left to itself: it may yet arrive, and is sent again
    with the same key. Where several hang still, no other is added to them."""
    patience.hanging = [thread for thread in patience.hanging if thread.is_alive()]
    if len(patience.hanging) >= _MOST_HANGING:
        return Attempt(f"the last {_MOST_HANGING} attempts hang still, so no other was made")
    came: list[Attempt] = []
    thread = threading.Thread(target=lambda: came.append(_safely(deliver)), name="deliver", daemon=True)
    thread.start()
    thread.join(patience.seconds)
    if came:
        return came[0]
    patience.hanging.append(thread)
    return Attempt(f"no answer within {patience.seconds:g} s")


def _safely(deliver: Callable[[], Attempt]) -> Attempt:
    try:
        return deliver()
    except Exception as error:
        log.error("a message could not be delivered", exc_info=error)
        return Attempt(f"Vitals itself failed ({type(error).__name__}); see the log")
