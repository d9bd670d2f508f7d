"""Whatever happens to incidents, people and receivers: what is promised of notifications holds."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import timedelta

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from checks.notify import retrying
from checks.notify.channels import Audience
from checks.notify.planning import WINDOW, Situation, plan
from checks.notify.telling import Teller, following
from checks.records import Delivery, EventKind, Fate, Incident, IncidentSeverity, IncidentState, MessageKind, Posted
from tests.notifying import DAY, HOUR, MINUTE, NOON, SECOND, change, channel, incident, resolved

AT_MOST = 3
WAITS = st.sampled_from([SECOND, 20 * SECOND, MINUTE, 5 * MINUTE, 30 * MINUTE, 5 * HOUR, DAY])


class House(RuleBasedStateMachine):
    """An outbox of one channel in memory, with what `planning` and `telling` decide, and a receiver that may fail, take
    a message without saying so, or see the sender die."""

    @initialize(quiet=st.booleans(), seed=st.integers(0, 99))
    def begin(self, quiet: bool, seed: int) -> None:
        hours = {"quiet": (NOON.time(), (NOON + 3 * HOUR).time())} if quiet else {}
        self.channel = channel(at_most=AT_MOST, give_up_after=30 * DAY, **hours)
        self.now, self.chance = NOON, random.Random(seed)
        self.incidents: dict[int, Incident] = {}
        self.counts: dict[int, int] = {}
        self.outbox: dict[str, Posted] = {}
        self.arrived: list[tuple[str, MessageKind, int | None]] = []
        self.works = True
        self.tell = Teller({"ops": self.channel}, (), lambda _: Audience(), self._told)

    def _told(self, number: int) -> set[str]:
        return {each.message.channel for each in self.outbox.values() if each.message.incident == number}

    def _happens(self, kind: EventKind, after: Incident) -> None:
        self.counts[after.id] = self.counts.get(after.id, 0) + 1
        of = change(kind, after, self.incidents.get(after.id), self.counts[after.id])
        self.incidents[after.id] = after
        for message in self.tell([of], self.now):
            self.outbox.setdefault(message.id, Posted(message))

    # -- what happens --------------------------------------------------------------------------------------------------

    @rule(severity=st.sampled_from(IncidentSeverity))
    def opens(self, severity: IncidentSeverity) -> None:
        number = len(self.incidents) + 1
        self._happens(EventKind.OPENED, incident(number, noticed_at=self.now, severity=severity))

    @rule(data=st.data())
    def resolves_or_breaks_again(self, data: st.DataObject) -> None:
        if self.incidents:
            one = self.incidents[data.draw(st.sampled_from(sorted(self.incidents)))]
            if one.is_open:
                self._happens(EventKind.RESOLVED, resolved(self.now, one.id, severity=one.severity))
            else:
                again = replace(one, state=IncidentState.OPEN, resolved_at=None)
                self._happens(EventKind.REOPENED, again)

    @rule(data=st.data(), what=st.sampled_from(["acknowledge", "mute", "worsen"]))
    def somebody_acts(self, data: st.DataObject, what: str) -> None:
        still = sorted(number for number, one in self.incidents.items() if one.is_open)
        if not still:
            return
        one = self.incidents[data.draw(st.sampled_from(still))]
        if what == "acknowledge":
            self._happens(EventKind.ACKNOWLEDGED, replace(one, state=IncidentState.ACKNOWLEDGED))
        elif what == "mute":
            self._happens(EventKind.MUTED, replace(one, muted_until=self.now + HOUR))
        else:
            self._happens(EventKind.WORSENED, replace(one, severity=IncidentSeverity.CRITICAL))

    @rule()
    def the_receiver_breaks_or_is_mended(self) -> None:
        self.works = not self.works

    @rule(wait=WAITS)
    def time_passes(self, wait: timedelta) -> None:
        self.now += wait
        self._deliver()

    # -- a look at the outbox, as the sender does it -------------------------------------------------------------------

    def _deliver(self) -> None:
        waiting = [each for each in self.outbox.values() if each.fate is None or not each.fate.is_final]
        due = [each for each in waiting if each.due_at <= self.now]
        ids = {each.message.id for each in due}
        tried = [one for each in self.outbox.values() for one in each.deliveries if one.attempt]
        ended = [each for each in tried if each.fate is not Fate.BEGUN]
        sent = [each.at for each in tried if each.fate is Fate.SENT]
        others = [each for key, each in self.outbox.items() if key not in ids]
        newest = max(ended, key=lambda each: each.at, default=None)
        decided = plan(self.channel, Situation(due, others, self.incidents, sent, newest), self.now)
        for message in decided.new:
            self.outbox.setdefault(message.id, Posted(message))
        for each in decided.settled:
            self._note(each)
        for posted in decided.send:
            if not self._try(posted.message.id):
                return

    def _try(self, key: str) -> bool:
        posted = self.outbox[key]
        attempt = posted.attempts + 1
        self._note(Delivery(key, self.now, attempt, Fate.BEGUN))
        dies = self.chance.random() < 0.1
        if self.works or self.chance.random() < 0.2:  # a broken one may take it all the same
            self.arrived.append((key, posted.message.kind, posted.message.incident))
        if dies:
            return False
        if self.works:
            after = following(posted.message, self.channel, self.now)
            if after is not None:
                self.outbox.setdefault(after.id, Posted(after))
            self._note(Delivery(key, self.now, attempt, Fate.SENT))
        else:
            self._note(retrying.failed(self.outbox[key], "500", self.now, None, self.channel.give_up_after))
        return self.works

    def _note(self, delivery: Delivery) -> None:
        posted = self.outbox[delivery.message]
        self.outbox[delivery.message] = Posted(posted.message, (*posted.deliveries, delivery))

    # -- what is promised ----------------------------------------------------------------------------------------------

    @invariant()
    def no_recovery_without_an_alert(self) -> None:
        for number in self.incidents if hasattr(self, "incidents") else ():
            first = next((kind for _, kind, about in self._distinct() if about == number), None)
            known = number in self._told_together() or self._was_held(number)
            assert first not in (MessageKind.RECOVERED, MessageKind.MERGED) or known

    def _distinct(self) -> list[tuple[str, MessageKind, int | None]]:
        return list(dict.fromkeys(self.arrived))

    def _told_together(self) -> set[int]:
        summaries = [self.outbox[key].message for key, kind, _ in self.arrived if kind is MessageKind.SUMMARY]
        return {each["incident"] for message in summaries for each in message.about["told"]}

    def _was_held(self, number: int) -> bool:
        """Whether an alert was told by its recovery: it lasted, and could not be told before."""
        mine = [each for each in self.outbox.values() if each.message.incident == number]
        return any(each.message.kind.alerts and each.fate is Fate.SUPERSEDED for each in mine)

    @invariant()
    def a_channel_keeps_to_its_limit(self) -> None:
        sent = sorted(
            one.at
            for each in (self.outbox.values() if hasattr(self, "outbox") else ())
            for one in each.deliveries
            if one.fate is Fate.SENT
        )
        assert all(later - first >= WINDOW for first, later in zip(sent, sent[AT_MOST:], strict=False))

    @invariant()
    def what_arrives_twice_has_one_key_and_one_reason(self) -> None:
        for each in self.outbox.values() if hasattr(self, "outbox") else ():
            count = sum(key == each.message.id for key, *_ in self.arrived)
            assert count <= each.attempts

    def teardown(self) -> None:
        """In the end the receiver works: whoever is still concerned has heard of every incident."""
        if not hasattr(self, "outbox"):
            return
        self.works, self.chance = True, random.Random(1)
        self.chance.random = lambda: 0.5  # nobody dies any more
        for _ in range(60):
            self.now += HOUR
            self._deliver()
        told = {about for _, kind, about in self.arrived if kind.alerts} | self._told_together()
        # muted before it was told, and acknowledged since: somebody has seen it
        seen = {number for number, one in self.incidents.items() if one.state is IncidentState.ACKNOWLEDGED}
        assert {number for number, one in self.incidents.items() if one.is_open} <= told | seen


House.TestCase.settings = settings(max_examples=30, stateful_step_count=25, deadline=None)
TestPromises = House.TestCase
