"""When a message is tried again, and when it is given up. Pure; the jitter comes from the message's own identity."""

from __future__ import annotations

from datetime import datetime, timedelta
from hashlib import blake2b

from checks.records import Delivery, Fate, Posted

FIRST_WAIT = timedelta(seconds=30)
LONGEST_WAIT = timedelta(hours=1)
_LONGEST_ASKED = timedelta(days=1)
_JITTER = 0.2


def failed(
    posted: Posted, error: str, at: datetime, retry_after: timedelta | None, give_up_after: timedelta
) -> Delivery:
    """What is remembered of an attempt that has just failed: 30 s, 1 min, 2 min, ... up to an hour to the next one, and
    not before the receiver asks for it (at most a day). Given up where the first attempt, or the moment at which a
    person sent it again, is longer ago than `give_up_after`."""
    attempt, message = posted.attempts, posted.message.id
    if at - _since(posted, at) >= give_up_after:
        return Delivery(message, at, attempt, Fate.DEAD, error)
    wait = wait_after(message, attempt)
    if retry_after is not None:
        wait = max(wait, min(retry_after, _LONGEST_ASKED))
    return Delivery(message, at, attempt, Fate.FAILED, error, at + wait)


def wait_after(message: str, attempt: int) -> timedelta:
    """How long to wait after an attempt: twice as long as after the one before, give or take a fifth."""
    wait = min(FIRST_WAIT * 2 ** min(attempt - 1, 20), LONGEST_WAIT)
    drawn = int.from_bytes(blake2b(f"{message} {attempt}".encode(), digest_size=4).digest()) / 2**32
    return wait * (1 - _JITTER + 2 * _JITTER * drawn)


def _since(posted: Posted, at: datetime) -> datetime:
    """When trying began: anew with every time that a person sends it again."""
    begun = [each.at for each in posted.deliveries if each.fate is Fate.QUEUED]
    tried = [each.at for each in posted.deliveries if each.fate is Fate.BEGUN]
    return begun[-1] if begun else tried[0] if tried else at
