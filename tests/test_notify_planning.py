"""What a channel does at a moment: sends, joins, holds or drops."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checks.notify import retrying
from checks.notify.planning import Plan, Situation, plan, was_told
from checks.notify.quiet import digest_due, quiet_until
from checks.records import Delivery, Fate, IncidentSeverity, IncidentState, MessageKind, Posted
from tests.notifying import DAY, HOUR, MINUTE, NOON, SECOND, channel, incident, message, posted, resolved

LATER = NOON + 5 * MINUTE
NIGHT = (time(22), time(7))


def plan_of(*due: Posted, others=(), now: datetime = LATER, of=None, incidents=None, **more) -> Plan:
    incidents = incidents if incidents is not None else [incident()]
    situation = Situation(due, others, {each.id: each for each in incidents}, **more)
    return plan(of or channel(), situation, now)


def fates(of: Plan) -> list[tuple[str, Fate, str | None]]:
    return [(each.message, each.fate, each.error) for each in of.settled]


def sent(of: Plan) -> list[MessageKind]:
    return [each.message.kind for each in of.send]


# -- what is worth telling ---------------------------------------------------------------------------------------------


def test_an_open_incident_is_told():
    assert plan_of(posted(message())) == Plan(send=(posted(message()),))


def test_what_is_over_within_the_hold_is_not_told_at_all():
    over = resolved(NOON + 40 * SECOND)
    alert, end = message(), message(MessageKind.RECOVERED, NOON + 40 * SECOND)
    decided = plan_of(posted(alert), posted(end), incidents=[over])
    assert (sent(decided), [each.fate for each in decided.settled]) == ([], [Fate.CANCELLED, Fate.CANCELLED])


def test_a_recovery_that_comes_when_its_alert_was_dropped_is_dropped_too():
    dropped = posted(message(), Fate.CANCELLED)
    end = message(MessageKind.RECOVERED, NOON + 40 * SECOND)
    decided = plan_of(posted(end), others=[dropped], incidents=[resolved(NOON + 40 * SECOND)])
    assert fates(decided) == [(end.id, Fate.CANCELLED, "no alert of it went here")]


def test_a_recovery_goes_where_the_alert_went():
    end = posted(message(MessageKind.RECOVERED, LATER))
    decided = plan_of(end, others=[posted(message(), Fate.BEGUN, Fate.SENT)], incidents=[resolved(LATER)])
    assert decided == Plan(send=(end,))


def test_what_was_held_through_the_night_is_told_with_its_end():
    night = channel(quiet=NIGHT)
    alert = message(at=NOON + 12 * HOUR)  # midnight
    end = message(MessageKind.RECOVERED, NOON + 14 * HOUR)
    over, morning = resolved(NOON + 14 * HOUR), NOON + 19 * HOUR
    assert sent(plan_of(posted(alert), of=night, now=NOON + 13 * HOUR)) == []
    decided = plan_of(posted(alert), posted(end), of=night, now=morning, incidents=[over])
    assert (sent(decided), fates(decided)) == ([MessageKind.RECOVERED], [(alert.id, Fate.SUPERSEDED, end.id)])


def test_a_recovery_waits_for_an_alert_of_which_nobody_knows_whether_it_arrived():
    doubtful, end = posted(message(), Fate.BEGUN), posted(message(MessageKind.RECOVERED, LATER))
    assert sent(plan_of(doubtful, end, incidents=[resolved(LATER)])) == [MessageKind.OPENED]
    failed = posted(message(), Fate.BEGUN, Fate.FAILED)
    assert plan_of(end, others=[failed], incidents=[resolved(LATER)]) == Plan()


def test_no_recovery_without_an_alert_that_arrived():
    given_up = posted(message(), Fate.BEGUN, Fate.FAILED, Fate.BEGUN, Fate.DEAD)
    end = posted(message(MessageKind.RECOVERED, LATER))
    assert sent(plan_of(end, others=[given_up], incidents=[resolved(LATER)])) == []


def test_a_second_recovery_needs_a_second_alert():
    first = posted(message(), Fate.BEGUN, Fate.SENT)
    ended = posted(message(MessageKind.RECOVERED, NOON + MINUTE), Fate.BEGUN, Fate.SENT)
    again = posted(message(MessageKind.REOPENED, NOON + 2 * MINUTE), Fate.BEGUN, Fate.SENT)
    assert was_told([first], {}) and not was_told([first, ended], {}) and was_told([first, ended, again], {})


def test_a_clock_that_was_set_back_does_not_silence_a_channel():
    ahead = NOON + 30 * DAY
    failed = Delivery("x", ahead, 1, Fate.FAILED, "no", ahead + MINUTE)
    assert sent(plan_of(posted(message()), newest=failed)) == [MessageKind.OPENED]
    assert sent(plan_of(posted(message()), sent=[ahead] * 9)) == [MessageKind.OPENED]
    assert sent(plan_of(posted(message()), newest=failed, now=ahead)) == []
    assert sent(plan_of(posted(message()), sent=[ahead] * 9, now=ahead)) == []


def joined_in(*fates: Fate) -> dict[str, Posted]:
    """The message in which the alert of incident 7 was joined with that of a critical one, and what became of it."""
    of = message(MessageKind.SUMMARY, number=None, about={"told": [{"kind": "opened", "incident": n} for n in (7, 8)]})
    return {of.id: posted(of, *fates)}


JOINED = posted(message(), Fate.SUPERSEDED, error=next(iter(joined_in())))


def test_an_alert_that_a_summary_tells_counts_as_told_when_that_arrived():
    assert was_told([JOINED], joined_in(Fate.BEGUN, Fate.SENT))
    assert not was_told([JOINED], joined_in(Fate.BEGUN, Fate.DEAD))
    assert not was_told([posted(message(), Fate.SUPERSEDED, error="another alert")], {})


def test_a_recovery_waits_for_the_summary_that_tells_its_alert():
    end = posted(message(MessageKind.RECOVERED, LATER))
    for fates in ((), (Fate.BEGUN,), (Fate.BEGUN, Fate.FAILED)):
        waits = plan_of(end, others=[JOINED], summaries=joined_in(*fates), incidents=[resolved(LATER)])
        assert waits == Plan()
    told = plan_of(end, others=[JOINED], summaries=joined_in(Fate.BEGUN, Fate.SENT), incidents=[resolved(LATER)])
    assert told.send == (end,)


def test_a_summary_that_was_never_tried_hands_on_all_that_it_tells():
    """A message before it failed, or the process ended; then there was too much again."""
    [waiting] = joined_in().values()
    fresh = [posted(message(number=number)) for number in range(20, 24)]
    decided = plan_of(waiting, *fresh, of=channel(at_most=1), incidents=[incident(number) for number in range(7, 24)])
    assert sorted(each["incident"] for each in decided.new[0].about["told"]) == [7, 8, 20, 21, 22, 23]


def test_a_summary_of_something_critical_does_not_wait_for_the_morning():
    [failed] = joined_in(Fate.BEGUN, Fate.FAILED).values()
    worst = [incident(7), incident(8, severity=IncidentSeverity.CRITICAL)]
    assert plan_of(failed, of=channel(quiet=NIGHT), now=NOON + 12 * HOUR, incidents=worst).send == (failed,)
    assert plan_of(failed, of=channel(quiet=NIGHT), now=NOON + 12 * HOUR, incidents=worst[:1]).send == ()


def test_a_recovery_of_what_is_broken_again_is_dropped():
    end = message(MessageKind.RECOVERED)
    decided = plan_of(posted(end), others=[posted(message(), Fate.SENT)])
    assert fates(decided) == [(end.id, Fate.CANCELLED, "it is broken again")]


def test_several_alerts_of_one_incident_are_one():
    opened, worse = message(), message(MessageKind.WORSENED, NOON + SECOND)
    decided = plan_of(posted(opened), posted(worse))
    assert (sent(decided), fates(decided)) == ([MessageKind.OPENED], [(worse.id, Fate.SUPERSEDED, opened.id)])


def test_a_reminder_that_another_message_tells_does_not_end_the_reminders():
    reminder = message(MessageKind.REMINDER, about={"turn": 1})
    decided = plan_of(posted(message()), posted(reminder))
    assert [(each.kind, each.due_at - LATER) for each in decided.new] == [(MessageKind.REMINDER, 8 * HOUR)]


@pytest.mark.parametrize("state", [IncidentState.ACKNOWLEDGED, IncidentState.MONITORING])
@pytest.mark.parametrize("kind", [MessageKind.REMINDER, MessageKind.ESCALATION])
def test_once_somebody_has_it_nobody_is_reminded(kind, state):
    decided = plan_of(posted(message(kind)), incidents=[incident(state=state)])
    assert (sent(decided), [each.fate for each in decided.settled]) == ([], [Fate.CANCELLED])
    assert sent(plan_of(posted(message(kind)))) == [kind]


@pytest.mark.parametrize("kind", [MessageKind.REMINDER, MessageKind.ESCALATION])
def test_of_two_that_ask_for_the_same_only_the_later_one_counts(kind):
    """It was opened, claimed mended and broken again: what was to come of the first alert does not come too."""
    first, second = message(kind), message(kind, NOON + MINUTE, due_at=NOON + DAY)
    decided = plan_of(posted(first), others=[posted(second)])
    assert fates(decided) == [(first.id, Fate.CANCELLED, "a later one takes its place")]
    assert sent(plan_of(posted(second), others=[posted(first, Fate.CANCELLED)], now=NOON + DAY)) == [kind]


def test_muted_is_silent():
    muted = incident(muted_until=LATER + HOUR)
    assert fates(plan_of(posted(message()), incidents=[muted])) == [
        (message().id, Fate.CANCELLED, "the incident is muted")
    ]
    assert sent(plan_of(posted(message()), incidents=[incident(muted_until=LATER)])) == [MessageKind.OPENED]


def test_what_became_part_of_another_incident_is_told_only_where_it_was_told_itself():
    merged, end = resolved(LATER, merged_into=3), message(MessageKind.MERGED, LATER)
    assert sent(plan_of(posted(message()), posted(end), incidents=[merged], now=LATER + HOUR)) == []
    told = posted(message(), Fate.BEGUN, Fate.SENT)
    assert sent(plan_of(posted(end), others=[told], incidents=[merged])) == [MessageKind.MERGED]


def test_a_forgotten_incident_is_not_told():
    assert sent(plan_of(posted(message()), incidents=[])) == []
    assert sent(plan_of(posted(message(), Fate.BEGUN), incidents=[])) == []  # there are no words for it any more


# -- quiet hours -------------------------------------------------------------------------------------------------------


def test_in_quiet_hours_only_what_is_critical_passes():
    night, midnight = channel(quiet=NIGHT), NOON + 12 * HOUR
    critical = incident(8, severity=IncidentSeverity.CRITICAL)
    decided = plan_of(
        posted(message()), posted(message(number=8)), of=night, now=midnight, incidents=[incident(), critical]
    )
    assert [each.message.incident for each in decided.send] == [8]
    assert decided.settled == ()  # the other one waits


def test_the_digest_and_tests_come_when_they_are_wanted():
    due = [posted(message(kind, number=None)) for kind in (MessageKind.DIGEST, MessageKind.TEST)]
    assert len(plan_of(*due, of=channel(quiet=NIGHT), now=NOON + 12 * HOUR).send) == 2


BERLIN = ZoneInfo("Europe/Berlin")
MOMENTS = st.integers(0, 366 * 24 * 60).map(lambda minutes: datetime(2026, 1, 1, tzinfo=UTC) + minutes * MINUTE)
TIMES = st.times().map(lambda each: each.replace(second=0, microsecond=0))


@given(TIMES, TIMES, MOMENTS)
def test_quiet_hours_end_within_a_day_and_their_end_is_not_quiet(begin, end, at):
    if begin == end:
        return
    until = quiet_until((begin, end), BERLIN, at)
    if until is not None:
        assert at < until <= at + DAY + HOUR  # the day on which clocks go back has 25 hours
        assert quiet_until((begin, end), BERLIN, until) is None or until.astimezone(BERLIN).time() != end


@pytest.mark.parametrize(
    ("local", "until"),
    [
        ("2026-03-15T21:59", None),
        ("2026-03-15T22:00", "2026-03-16T07:00"),
        ("2026-03-16T06:59", "2026-03-16T07:00"),
        ("2026-03-16T07:00", None),
        ("2026-03-28T23:00", "2026-03-29T07:00"),
        ("2026-10-24T23:00", "2026-10-25T07:00"),
    ],
)
def test_quiet_hours_are_those_of_the_clock_on_the_wall(local, until):
    at = datetime.fromisoformat(local).replace(tzinfo=BERLIN)
    ends = quiet_until(NIGHT, BERLIN, at.astimezone(ZoneInfo("UTC")))
    assert (ends and ends.astimezone(BERLIN).replace(tzinfo=None).isoformat(timespec="minutes")) == until


def test_the_digest_is_due_at_its_time_and_for_some_hours():
    eight = time(8)
    assert digest_due(eight, BERLIN, NOON) == NOON.replace(hour=7)
    assert digest_due(eight, BERLIN, NOON.replace(hour=6, minute=59)) is None
    assert digest_due(eight, BERLIN, NOON.replace(hour=13, minute=1)) is None
    assert digest_due(None, BERLIN, NOON) is None


# -- limits and trouble ------------------------------------------------------------------------------------------------


def storm(count: int) -> tuple[list[Posted], list]:
    return [posted(message(number=n)) for n in range(1, count + 1)], [incident(n) for n in range(1, count + 1)]


def test_a_storm_of_three_hundred_incidents_is_five_messages():
    due, incidents = storm(300)
    decided = plan_of(*due, incidents=incidents)
    assert sent(decided) == [MessageKind.OPENED] * 4 + [MessageKind.SUMMARY]
    [summary] = decided.new
    assert len(summary.about["told"]) == 296
    assert {each.error for each in decided.settled} == {summary.id}
    assert len(decided.settled) == 296


def test_the_worst_are_told_by_themselves():
    due, incidents = storm(9)
    incidents[8] = incident(9, severity=IncidentSeverity.CRITICAL)
    assert plan_of(*due, incidents=incidents).send[0].message.incident == 9


def test_what_was_sent_lately_counts_and_what_is_too_much_waits():
    due, incidents = storm(3)
    lately = [LATER - 9 * MINUTE] * 4
    assert sent(plan_of(*due, incidents=incidents, sent=lately)) == [MessageKind.SUMMARY]
    assert plan_of(*due, incidents=incidents, sent=[*lately, LATER]) == Plan()
    assert len(plan_of(*due, incidents=incidents, sent=[LATER - 10 * MINUTE] * 5).send) == 3


def test_after_a_failed_attempt_the_channel_rests_and_then_tries_one_message():
    due, incidents = storm(20)
    newest = Delivery("x", LATER, 1, Fate.FAILED, "500", LATER + 30 * SECOND)
    assert plan_of(*due, incidents=incidents, newest=newest) == Plan()
    assert len(plan_of(*due, incidents=incidents, newest=newest, now=LATER + 30 * SECOND).send) == 1


def test_one_that_is_refused_does_not_stand_in_the_way_but_few_are_in_doubt():
    def failed(n: int) -> Posted:
        return posted(message(number=n, at=NOON + n * SECOND), Fate.BEGUN, Fate.FAILED)

    newest = Delivery("x", NOON, 1, Fate.FAILED, "400", NOON)
    incidents = [incident(n) for n in range(1, 6)]
    fresh = posted(message(number=5))
    decided = plan_of(failed(1), failed(2), fresh, incidents=incidents, newest=newest)
    assert decided.send == (fresh,)
    decided = plan_of(failed(3), failed(2), failed(4), fresh, incidents=incidents, newest=newest)
    assert decided.send == (failed(2),)


def test_what_may_have_arrived_is_sent_under_its_own_key_whatever_else_there_is():
    due, incidents = storm(50)
    doubtful = [posted(each.message, Fate.BEGUN) for each in due[:2]]
    decided = plan_of(*doubtful, *due[2:], incidents=incidents)
    assert decided.send[:2] == tuple(doubtful)
    assert len(decided.send) == 5
    gone = [resolved(NOON + SECOND, 1), resolved(NOON + SECOND, 2)]
    assert plan_of(*doubtful, incidents=gone).send == tuple(doubtful)


FATES = st.sampled_from([(), (Fate.BEGUN,), (Fate.BEGUN, Fate.FAILED)])
KINDS = st.sampled_from([kind for kind in MessageKind if kind is not MessageKind.SUMMARY])
STATES = st.sampled_from(IncidentState)
DUE = st.lists(st.tuples(KINDS, st.integers(1, 6), st.integers(0, 600), FATES), max_size=25)


@given(DUE, st.lists(STATES, min_size=6, max_size=6), st.integers(1, 6), st.integers(0, 8), st.booleans())
def test_nothing_is_lost_sent_twice_or_beyond_the_limit(due, states, at_most, lately, in_trouble):
    """Each due message is sent, settled, joined or still there; never two of these; never more than the limit."""
    given_messages = {}
    for kind, number, seconds, met in due:
        of = message(kind, NOON + seconds * SECOND, number)
        given_messages[of.id] = posted(of, *met)
    incidents = [
        resolved(NOON + n * MINUTE, n) if state is IncidentState.RESOLVED else incident(n, state=state)
        for n, state in enumerate(states, start=1)
    ]
    newest = Delivery("x", NOON, 1, Fate.FAILED, "500", NOON) if in_trouble else None
    decided = plan_of(
        *given_messages.values(),
        of=channel(at_most=at_most),
        incidents=incidents,
        sent=[LATER] * lately,
        newest=newest,
        now=LATER + 10 * MINUTE - SECOND,
    )
    settled, sending = [each.message for each in decided.settled], [each.message.id for each in decided.send]
    assert not set(settled) & set(sending)
    assert max(Counter(settled + sending).values(), default=1) == 1
    doubtful = {key for key, each in given_messages.items() if each.may_have_arrived}
    assert not doubtful & set(settled)
    limited = [each for each in decided.send if each.message.kind not in (MessageKind.DIGEST, MessageKind.TEST)]
    assert len(limited) <= max(0, at_most - lately) or in_trouble
    for each in decided.settled:
        if each.fate is Fate.SUPERSEDED:
            assert each.error in given_messages or each.error in {new.id for new in decided.new}
            assert each.error in sending or each.error in given_messages.keys() - set(settled) or each.error in settled


# -- trying again ------------------------------------------------------------------------------------------------------


@given(st.integers(1, 40), st.text(max_size=20))
def test_waits_double_up_to_an_hour_with_a_fifth_of_jitter(attempt, key):
    wait, plainly = retrying.wait_after(key, attempt), min(30 * 2 ** (attempt - 1), 3600)
    assert 0.8 * plainly <= wait.total_seconds() <= 1.2 * plainly
    assert wait == retrying.wait_after(key, attempt)


def test_what_the_receiver_asks_for_is_kept_up_to_a_day():
    tried = posted(message(), Fate.BEGUN)
    asked = retrying.failed(tried, "429", NOON, timedelta(minutes=20), DAY)
    assert (asked.fate, asked.next_at) == (Fate.FAILED, NOON + 20 * MINUTE)
    assert retrying.failed(tried, "429", NOON, timedelta(days=9), DAY).next_at == NOON + DAY


def test_a_message_is_given_up_a_day_after_its_first_attempt_or_after_it_was_sent_again():
    tried = posted(message(), Fate.BEGUN, Fate.FAILED, Fate.BEGUN)
    assert retrying.failed(tried, "500", NOON + DAY - SECOND, None, DAY).fate is Fate.FAILED
    dead = retrying.failed(tried, "500", NOON + DAY, None, DAY)
    assert (dead.fate, dead.next_at, dead.attempt) == (Fate.DEAD, None, 2)
    again = Posted(
        tried.message,
        (*tried.deliveries, dead, Delivery(dead.message, NOON + 2 * DAY, 0, Fate.QUEUED, None, NOON + 2 * DAY)),
    )
    assert retrying.failed(again, "500", NOON + 2 * DAY + HOUR, None, DAY).fate is Fate.FAILED
