"""What is to be told of a change, to whom, and when it is due."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from checks.lineage.graph import Edge, Graph, Kind, Node, Origin
from checks.notify.channels import Audience, audience_of, routed
from checks.notify.telling import Teller, following
from checks.records import Dataset, EventKind, Family, IncidentSeverity, IncidentState, Key, MessageKind
from connectors import TableName
from tests.notifying import DAY, HOUR, MINUTE, NOON, change, channel, incident, kinds, message, resolved, symptom

FLIGHTS = Audience(teams=frozenset({"flight operations"}))


def teller(*channels, told=(), audience=FLIGHTS, default=()) -> Teller:
    return Teller({each.name: each for each in channels}, default, lambda _: audience, lambda _: told)


# -- who ---------------------------------------------------------------------------------------------------------------


def test_the_audience_is_both_sides_and_the_channels_that_contracts_name():
    flights = Dataset("demo", TableName(None, "flights"), owner="Ops", channels=("pager",))
    delays = Dataset("demo", TableName(None, "delays"), owner="Analytics")
    other = Dataset("demo", TableName(None, "weather"), owner="Weather", channels=("rain",))
    nodes = [Node(each.name, owner=each.owner) for each in (flights, delays, other)]
    nodes.append(Node("board", Kind.CONSUMER, owner="Airport"))
    edges = [
        Edge("demo.flights", "demo.delays", Origin.CONTRACT),
        Edge("demo.delays", "board", Origin.CONSUMER),
    ]
    datasets = {each.name: each for each in (flights, delays, other)}
    found = audience_of(incident(owners=(), consumers=("Board",)), datasets, Graph.of(nodes, edges))
    assert found == Audience(frozenset({"ops", "analytics", "airport"}), frozenset({"board"}), frozenset({"pager"}))


def test_of_a_source_that_does_not_answer_all_its_datasets_are_concerned():
    mine = Dataset("demo", TableName(None, "flights"), owner="Ops")
    theirs = Dataset("shop", TableName(None, "orders"), owner="Shop")
    broken = incident(owners=(), symptoms=(replace(symptom(), key=Key("demo", None, Family.SOURCE)),))
    assert audience_of(broken, {each.name: each for each in (mine, theirs)}, Graph({})).teams == {"ops"}


@pytest.mark.parametrize(
    ("given", "is_told"),
    [
        ({}, True),  # everybody
        ({"teams": frozenset({"flight operations"})}, True),
        ({"teams": frozenset({"shop"})}, False),
        ({"teams": frozenset()}, False),
        ({"teams": frozenset(), "consumers": frozenset({"board"})}, True),
        ({"teams": frozenset(), "consumers": frozenset({"other"})}, False),
        ({"severity": IncidentSeverity.HIGH}, True),
        ({"severity": IncidentSeverity.CRITICAL}, False),
    ],
)
def test_a_channel_is_told_of_what_concerns_its_people_and_is_bad_enough(given, is_told):
    audience = Audience(frozenset({"flight operations"}), frozenset({"board"}))
    assert bool(routed(audience, IncidentSeverity.HIGH, [channel(**given)], ())) is is_told


def test_a_channel_that_a_contract_names_is_told_without_any_team():
    audience = Audience(channels=frozenset({"ops"}))
    assert routed(audience, IncidentSeverity.LOW, [channel(teams=frozenset())], ()) == [channel(teams=frozenset())]


def test_the_default_channels_get_what_concerns_nobody_else():
    ops, shop = channel("ops", teams=frozenset()), channel("shop", teams=frozenset({"shop"}))
    of_nobody, of_shop = Audience(), Audience(teams=frozenset({"shop"}))
    assert routed(of_nobody, IncidentSeverity.LOW, [ops, shop], ["ops"]) == [ops]
    assert routed(of_shop, IncidentSeverity.LOW, [ops, shop], ["ops"]) == [shop]


# -- what --------------------------------------------------------------------------------------------------------------


def test_an_opened_incident_is_told_after_the_hold_with_a_reminder_and_an_escalation_to_come():
    ops = channel(escalate_after=30 * MINUTE, escalate_to=("boss",))
    boss = channel("boss", teams=frozenset())
    told = teller(ops, boss)([change(EventKind.OPENED, incident())], NOON)
    assert [(each.channel, each.kind, each.due_at - NOON) for each in told] == [
        ("ops", MessageKind.OPENED, MINUTE),
        ("ops", MessageKind.REMINDER, 4 * HOUR),
        ("boss", MessageKind.ESCALATION, 30 * MINUTE),
    ]
    assert {each.incident for each in told} == {7}
    assert len({each.id for each in told}) == 3


def test_the_same_change_has_the_same_keys():
    tell = teller(channel())
    assert tell([change(EventKind.OPENED, incident())], NOON) == tell([change(EventKind.OPENED, incident())], NOON)


def test_without_channels_nothing_is_told():
    assert teller()([change(EventKind.OPENED, incident())], NOON) == []


@pytest.mark.parametrize("kind", [EventKind.OBSERVED, EventKind.NOTED, EventKind.ACKNOWLEDGED, EventKind.EVIDENCE])
def test_what_needs_nobody_is_not_told(kind):
    assert teller(channel(), told=["ops"])([change(kind, incident(), incident())], NOON) == []


def test_worse_is_told_only_when_the_severity_is():
    tell, mild = teller(channel(), told=["ops"]), incident(severity=IncidentSeverity.LOW)
    assert kinds(tell([change(EventKind.WORSENED, incident(), mild)], NOON)) == [("ops", MessageKind.WORSENED)]
    assert tell([change(EventKind.WORSENED, incident(), incident())], NOON) == []


def test_another_check_that_breaks_is_told_although_the_severity_is_the_same():
    found = change(EventKind.WORSENED, incident(), incident())
    event = replace(found.events[0], about={**found.events[0].about, "title": "total is wrong", "cause": None})
    [told] = teller(channel(), told=["ops"])([replace(found, events=(event,))], NOON)
    assert (told.kind, told.channel, told.about) == (MessageKind.WORSENED, "ops", {"another": True})


@pytest.mark.parametrize("kind", [EventKind.ATTACHED, EventKind.WORSENED])
def test_whom_it_did_not_concern_before_hears_of_it_as_of_a_new_one(kind):
    told = teller(channel(), channel("new"), told=["ops"])([change(kind, incident(), incident())], NOON)
    assert kinds(told) == [("new", MessageKind.OPENED), ("new", MessageKind.REMINDER)]


@pytest.mark.parametrize("kind", [EventKind.REOPENED, EventKind.REALERTED])
def test_broken_again_is_told_to_all_whom_it_concerns(kind):
    told = teller(channel(), told=["ops"])([change(kind, incident(), resolved())], NOON)
    assert kinds(told) == [("ops", MessageKind.REOPENED), ("ops", MessageKind.REMINDER)]


def test_the_end_is_told_where_the_beginning_was_addressed_and_nowhere_else():
    tell = teller(channel(), channel("other"), channel("third"), told=["ops", "third", "a channel that is gone"])
    ended = tell([change(EventKind.RESOLVED, resolved(), incident())], NOON)
    assert kinds(ended) == [("ops", MessageKind.RECOVERED), ("third", MessageKind.RECOVERED)]
    merged = tell([change(EventKind.MERGED, resolved(merged_into=3), incident())], NOON)
    assert kinds(merged) == [("ops", MessageKind.MERGED), ("third", MessageKind.MERGED)]


def test_one_commit_is_one_alert_whatever_joined_in_it():
    events = [EventKind.OPENED, EventKind.ATTACHED, EventKind.WORSENED]
    parts = [change(kind, incident(), None, number).events[0] for number, kind in enumerate(events, start=1)]
    of = replace(change(EventKind.OPENED, incident()), events=tuple(parts))
    ops = channel(escalate_after=HOUR, escalate_to=("ops", "boss"))
    told = kinds(teller(ops, channel("boss", teams=frozenset()))([of], NOON))
    assert sorted(told) == [
        ("boss", MessageKind.ESCALATION),
        ("ops", MessageKind.ESCALATION),
        ("ops", MessageKind.OPENED),
        ("ops", MessageKind.REMINDER),
    ]


def test_a_muted_incident_is_silent_until_the_mute_ends():
    tell, muted = teller(channel(), told=["ops"]), incident(muted_until=NOON + DAY)
    assert tell([change(EventKind.WORSENED, muted, incident(severity=IncidentSeverity.LOW))], NOON) == []
    [later] = tell([change(EventKind.MUTED, muted, incident())], NOON)
    assert (later.kind, later.due_at) == (MessageKind.REMINDER, NOON + DAY)
    [now] = tell([change(EventKind.UNMUTED, incident(), muted)], NOON)
    assert (now.kind, now.due_at) == (MessageKind.REMINDER, NOON + MINUTE)


def test_whom_a_muted_incident_came_to_concern_is_told_when_the_mute_ends():
    """It was mild when it was muted, and is critical now."""
    ops, pager = channel(), channel("pager", severity=IncidentSeverity.CRITICAL)
    worst = incident(muted_until=NOON + DAY, severity=IncidentSeverity.CRITICAL)
    both = change(EventKind.ATTACHED, worst), change(EventKind.WORSENED, worst, number=2)
    one_commit = replace(both[0], events=tuple(each for one in both for each in one.events))
    [told] = teller(ops, pager, told=["ops"])([one_commit], NOON)
    assert (told.channel, told.kind, told.due_at) == ("pager", MessageKind.REMINDER, NOON + DAY)


def test_reminders_come_after_twice_the_time_and_at_least_daily():
    sent, waits, at = message(MessageKind.REMINDER, about={"turn": 1}), [], NOON
    for _ in range(5):
        after = following(sent, channel(), at)
        assert after is not None
        waits.append(after.due_at - at)
        sent, at = after, after.due_at
    assert waits == [8 * HOUR, 16 * HOUR, DAY, DAY, DAY]
    assert sent.id == f"{message(MessageKind.REMINDER).id}-6"


def test_there_is_no_reminder_after_anything_else_or_where_none_are_wanted():
    assert following(message(MessageKind.OPENED), channel(), NOON) is None
    assert following(message(MessageKind.REMINDER), channel(remind=timedelta(0)), NOON) is None
    told = teller(channel(remind=timedelta(0)))([change(EventKind.OPENED, incident())], NOON)
    assert kinds(told) == [("ops", MessageKind.OPENED)]


def test_what_opened_and_ended_in_one_commit_is_not_told():
    both = [change(EventKind.OPENED, resolved()), change(EventKind.RESOLVED, resolved(), None, 2)]
    assert teller(channel())(both, NOON) == []
    assert incident(state=IncidentState.RESOLVED).is_open is False
