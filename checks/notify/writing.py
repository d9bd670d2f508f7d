"""Puts a message into words from what is known when it is sent, and hands it over."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from checks.history import History
from checks.notify import words
from checks.notify.attempt import Attempt
from checks.notify.channels import Audience, Channel, concerned
from checks.notify.words import Words
from checks.records import Incident, Message, MessageKind

_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Writer:
    """Writes messages and sends them. `audience` says whom an incident concerns, `default` names the channels of what
    concerns no other, `base` is where the pages are. `shown` answers incidents as they may be told today."""

    history: History
    channels: Mapping[str, Channel]
    audience: Callable[[Incident], Audience]
    default: Collection[str]
    base: str
    shown: Callable[[Iterable[Incident]], Sequence[Incident]]

    def deliver(self, channel: Channel, message: Message, at: datetime) -> Attempt:
        """Sends a message through its channel."""
        written, incidents = self.write(channel, message, at)
        if channel.key is not None:
            from checks.notify import webhook  # here and not above: loaded by the first message

            return webhook.post(channel, message, written, incidents, at)
        from checks.notify import by_apprise

        return by_apprise.send(channel, message, written)

    def write(self, channel: Channel, message: Message, at: datetime) -> tuple[Words, tuple[Incident, ...]]:
        """The message in words, and the incidents that it is about."""
        if message.kind is MessageKind.TEST:
            return words.of_test(message, self.base), ()
        if message.kind is MessageKind.SUMMARY:
            many = self._found(each["incident"] for each in message.about["told"])
            return words.about_many(message, many, at, self.base), many
        if message.kind is MessageKind.DIGEST:
            return self._digest(channel, message, at)
        [incident] = self._found([message.incident])
        return words.about_incident(message, incident, at, self.base), (incident,)

    def _found(self, numbers: Iterable[int | None]) -> tuple[Incident, ...]:
        wanted = list(dict.fromkeys(number for number in numbers if number is not None))
        return tuple(self.shown(self.history.incidents_of(wanted).values()))

    def _digest(self, channel: Channel, message: Message, at: datetime) -> tuple[Words, tuple[Incident, ...]]:
        """All that concerns the channel, however mild it is."""
        since = message.due_at - _DAY
        meant = self.shown(each for each in self.history.incidents(since=since) if self._concerns(channel, each))
        open_ones = [each for each in meant if each.is_open]
        resolved = [each for each in meant if not each.is_open and each.merged_into is None]
        return words.digest(message, open_ones, resolved, at, self.base), (*open_ones, *resolved)

    def _concerns(self, channel: Channel, incident: Incident) -> bool:
        return channel in concerned(self.audience(incident), self.channels.values(), self.default)
