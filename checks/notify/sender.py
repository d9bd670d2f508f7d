"""Delivers what is due: one worker for each channel, so that one that hangs holds up no other.

For each message: that it is being tried is written down, then it is sent, then what came of it is written down. A
process that dies in between leaves a message of which nobody knows whether it arrived; it is sent again, with the same
key.
`deliver_due` does all the work and can be called by itself.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Mapping, MutableMapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial

from checks.history import History, HistoryError
from checks.notify import retrying
from checks.notify.attempt import Attempt
from checks.notify.channels import Channel
from checks.notify.planning import WINDOW, Plan, Situation, incidents_told, is_summary, plan
from checks.notify.telling import following
from checks.notify.within import Patience, within
from checks.notify.writing import Writer
from checks.records import Delivery, Fate, Message, MessageKind, Posted

log = logging.getLogger(__name__)
PACE = 5.0  # seconds between two looks at the outbox
_STOPPING = 2.0  # seconds that attempts under way may delay the end of the process


@dataclass
class Delivered:
    """What a look at the outbox came to: how many messages were sent, and a sentence for each that was not."""

    sent: int = 0
    failed: list[str] = field(default_factory=list)


class Sender:
    """Everything that leaves the house goes through here. `troubles` gets a sentence for each channel that does not
    work, until it does again, and one for what was given up."""

    def __init__(
        self,
        history: History,
        channels: Mapping[str, Channel],
        writer: Writer,
        clock: Callable[[], datetime],
        troubles: MutableMapping[str, str],
    ) -> None:
        self.channels = channels
        self._history = history
        self._writer = writer
        self._clock = clock
        self._troubles = troubles
        self._busy: dict[str, threading.Thread] = {}
        self._patience = {name: Patience() for name in channels}
        self._lock = threading.Lock()
        self._stopping = threading.Event()
        self._digests: dict[str, datetime] = {}
        self._thread: threading.Thread | None = None

    # -- the thread of the app -----------------------------------------------------------------------------------------

    def start(self) -> None:
        """Looks at the outbox every few seconds from now on; nothing where there is no channel."""
        if self.channels:
            self._tell_of_the_dead()
            self._thread = threading.Thread(target=self._go_on, name="sender", daemon=True)
            self._thread.start()

    def stop(self) -> None:
        """Begins no more attempts, and waits a little for those that are under way."""
        self._stopping.set()
        deadline = time.monotonic() + _STOPPING
        for thread in (*([self._thread] if self._thread else ()), *self._busy.values()):
            thread.join(max(0.0, deadline - time.monotonic()))

    def _go_on(self) -> None:
        while not self._stopping.wait(PACE):
            try:
                self._begin(self._clock(), timedelta(0), Delivered())
                self._troubles.pop("notifications", None)
            except Exception as error:  # noqa: BLE001 recorded, and the next look tries again
                if not self._stopping.is_set():
                    self._note("notifications", _told(error), error)

    # -- one look ------------------------------------------------------------------------------------------------------

    def deliver_due(self, at: datetime, ahead: timedelta = timedelta(0)) -> Delivered:
        """Delivers what is due at this moment, or will be within `ahead`, and returns when all channels are done."""
        delivered = Delivered()
        for thread in self._begin(at, ahead, delivered):
            thread.join()
        return delivered

    def _begin(self, at: datetime, ahead: timedelta, delivered: Delivered) -> list[threading.Thread]:
        """Starts a worker for each channel that has something due and none at work."""
        self._post_digests(at)
        started = []
        with self._lock:
            # asked before the outbox is: who ends in between has changed what was read of it
            at_work = {name for name, thread in self._busy.items() if thread.is_alive()}
            for name, due in self._history.due_messages(at + ahead).items():
                if name not in self.channels:
                    self._history.post((), [_homeless(each, at) for each in due])
                elif name not in at_work:
                    started.append(
                        self._put_to_work(name, partial(self._channel, self.channels[name], due, at, delivered))
                    )
        return started

    def _put_to_work(self, name: str, work: Callable[[], None]) -> threading.Thread:
        thread = threading.Thread(target=work, name=f"notify-{name}", daemon=True)
        self._busy[name] = thread
        thread.start()
        return thread

    def _channel(self, channel: Channel, due: list[Posted], at: datetime, delivered: Delivered) -> None:
        job = f"notifications through {channel.name}"
        try:
            decided = self._decided(channel, due, at)
            for posted in decided.send:
                if self._stopping.is_set():
                    return
                error = self._try(channel, posted)
                if error is not None:
                    delivered.failed.append(f"{channel.name}: {error}")
                    self._note(job, error, None)
                    return
                delivered.sent += 1
                self._troubles.pop(job, None)
        except Exception as error:  # noqa: BLE001 recorded, and the next look tries again
            if not self._stopping.is_set():
                delivered.failed.append(f"{channel.name}: {_told(error)}")
                self._note(job, _told(error), error)

    def _decided(self, channel: Channel, due: list[Posted], at: datetime) -> Plan:
        numbers = {each.message.incident for each in due if each.message.incident is not None}
        ids = {each.message.id for each in due}
        about = self._history.messages_about(channel.name, numbers) if numbers else []
        told = {number for each in due for number in incidents_told(each.message)}
        situation = Situation(
            due,
            [each for each in about if each.message.id not in ids],
            self._history.incidents_of(told) if told else {},
            self._history.sent_since(channel.name, at - WINDOW),
            self._history.newest_attempts().get(channel.name),
            self._summaries(about),
        )
        decided = plan(channel, situation, at)
        if decided.settled or decided.new:
            self._history.post(decided.new, decided.settled)
        return decided

    def _summaries(self, about: list[Posted]) -> dict[str, Posted]:
        """The messages in which these were joined with others, and in which those were."""
        found: dict[str, Posted] = {}
        while about:
            names = {
                each.last.error for each in about if each.last and each.fate is Fate.SUPERSEDED and each.last.error
            }
            about = self._history.messages_named({name for name in names if is_summary(name)} - found.keys())
            found |= {each.message.id: each for each in about}
        return found

    def _try(self, channel: Channel, posted: Posted) -> str | None:
        """One attempt; the sentence of what went wrong, None where it was delivered."""
        begun = Delivery(posted.message.id, self._clock(), posted.attempts + 1, Fate.BEGUN)
        self._history.post((), [begun])
        posted = Posted(posted.message, (*posted.deliveries, begun))
        attempt = within(
            self._patience[channel.name], lambda: self._writer.deliver(channel, posted.message, self._clock())
        )
        at = self._clock()
        if attempt.error is None:
            after = following(posted.message, channel, at)
            self._history.post([after] if after else [], [Delivery(begun.message, at, begun.attempt, Fate.SENT)])
            return None
        came = retrying.failed(posted, attempt.error, at, attempt.retry_after, channel.give_up_after)
        self._history.post((), [came])
        if came.fate is Fate.DEAD:
            self._tell_of_the_dead()
        return attempt.error

    # -- beside it -----------------------------------------------------------------------------------------------------

    def test(self, channel: str) -> Attempt:
        """Sends a message that says no more than that messages arrive; it is recorded as all others are. Raises
        KeyError for what is no channel."""
        at, came = self._clock(), list[Attempt]()
        message = Message(f"{at:%Y%m%dT%H%M%S%f}-test-{channel}", channel, MessageKind.TEST, None, at, at)
        target = self.channels[channel]
        with self._lock:
            before = self._busy.get(channel)
            thread = self._put_to_work(channel, lambda: came.append(self._once(target, message, before)))
        thread.join()
        return came[0]

    def _once(self, channel: Channel, message: Message, before: threading.Thread | None) -> Attempt:
        """A message that is tried when the channel's worker is done, and not again: who asked for it has the answer."""
        if before is not None:
            before.join()
        self._history.post([message])
        error = self._try(channel, Posted(message))
        if error is not None:
            self._history.post((), [Delivery(message.id, self._clock(), 0, Fate.CANCELLED, "a test is made once")])
        return Attempt(error)

    def send_again(self, identity: str) -> bool:
        """Puts a message that was given up into the outbox again; False where there is none such."""
        posted = self._history.message(identity)
        if posted is None or posted.fate is not Fate.DEAD:
            return False
        self._history.post((), [Delivery(identity, self._clock(), 0, Fate.QUEUED, next_at=self._clock())])
        self._tell_of_the_dead()
        return True

    def _post_digests(self, at: datetime) -> None:
        for name, channel in self.channels.items():
            due = channel.digest_due(at)
            if due is not None and self._digests.get(name) != due:
                self._history.post(
                    [Message(f"{due:%Y%m%dT%H%M}-digest-{name}", name, MessageKind.DIGEST, None, due, due)]
                )
                self._digests[name] = due

    def _tell_of_the_dead(self) -> None:
        count = len(self._history.dead_messages())
        if not count:
            self._troubles.pop("dead letters", None)
            return
        given_up = "1 message was given up" if count == 1 else f"{count:,} messages were given up"
        where = "the Sources page says which and why, and so does python -m checks notify list"
        self._troubles["dead letters"] = f"{given_up} after many attempts; {where}"

    def _note(self, job: str, sentence: str, error: BaseException | None) -> None:
        if job not in self._troubles:  # once, not at every attempt
            log.warning("%s: %s", job, sentence, exc_info=None if isinstance(error, HistoryError) else error)
        self._troubles[job] = f"{job}: {sentence}"


def _homeless(posted: Posted, at: datetime) -> Delivery:
    return Delivery(posted.message.id, at, 0, Fate.CANCELLED, "the channel is no longer in config.toml")


def _told(error: BaseException) -> str:
    return (
        str(error) if isinstance(error, HistoryError) else f"Vitals itself failed ({type(error).__name__}); see the log"
    )
