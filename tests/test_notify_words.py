"""Messages to the letter."""

from __future__ import annotations

from dataclasses import replace

import pytest

from checks.notify import words
from checks.records import Dimension, Family, IncidentState, Key, MessageKind
from tests.notifying import HOUR, MINUTE, NOON, incident, message, resolved, symptom

BASE = "https://vitals.example.com"
KEY = message().id


def told(kind: MessageKind, of, at=NOON + 4 * HOUR) -> words.Words:
    return words.about_incident(message(kind), of, at, BASE)


def test_an_alert_says_what_broke_since_when_how_bad_who_is_affected_why_and_where_to_look():
    broken = incident(
        symptoms=(symptom(), symptom("demo.delays", Dimension.COMPLETENESS)),
        title="flights lost 17 % of its rows since 25 Nov: carrier = UA",
        cause="100 % of the missing rows are carrier = UA.",
        consumers=("Delay dashboard", "Crew model"),
        owners=("Flight operations", "Analytics"),
    )
    assert told(MessageKind.OPENED, broken, NOON + MINUTE).subject == (
        "[high] flights lost 17 % of its rows since 25 Nov: carrier = UA"
    )
    assert told(MessageKind.OPENED, broken, NOON + MINUTE).text == (
        "What broke: demo.flights: 821 rows, not 950 (and 1 more symptom)\n"
        "Since: 6 h 1 min, 2026-03-15 06:00 UTC; noticed 2026-03-15 12:00 UTC\n"
        "How bad: high; open, nobody has acknowledged it\n"
        "Affected: demo.delays, demo.flights; consumers: Delay dashboard, Crew model\n"
        "Owners: Flight operations, Analytics\n"
        "Likely cause: 100 % of the missing rows are carrier = UA\n"
        "Look: https://vitals.example.com/incident?id=7\n"
        f"(message {KEY})"
    )


def test_what_is_not_known_is_said():
    broken = incident(owners=(), happened_at=None, noticed_at=NOON)
    assert told(MessageKind.OPENED, broken, NOON + 5 * MINUTE).lines[1:] == (
        ("Since", "not known; noticed 5 min ago, 2026-03-15 12:00 UTC"),
        ("How bad", "high; open, nobody has acknowledged it"),
        ("Affected", "demo.flights; no consumer is known"),
        ("Owners", "nobody is named"),
        ("Likely cause", "not known yet; its page says what was looked at"),
    )


def test_a_recovery_says_how_long_it_lasted_and_how_it_ended():
    over = resolved(NOON + 3 * HOUR + 5 * MINUTE)
    assert told(MessageKind.RECOVERED, over).subject == "[recovered] flights lost 17 % of its rows"
    assert told(MessageKind.RECOVERED, over).text == (
        "What broke: demo.flights: 821 rows, not 950\n"
        "Broken: 9 h 5 min, from 2026-03-15 06:00 UTC to 2026-03-15 15:05 UTC\n"
        "How it ended: its checks are healthy again\n"
        "Look: https://vitals.example.com/incident?id=7\n"
        f"(message {message(MessageKind.RECOVERED).id})"
    )


def test_what_a_person_resolved_did_not_recover():
    closed = resolved(NOON + HOUR, symptoms=(symptom(),), resolution="the strike is over")
    assert told(MessageKind.RECOVERED, closed).subject == "[resolved] flights lost 17 % of its rows"
    assert told(MessageKind.RECOVERED, closed).lines[-1] == ("How it ended", "the strike is over")


def test_what_was_taken_out_of_the_configuration_did_not_recover_either():
    why = "source demo is no longer configured"
    assert told(MessageKind.RECOVERED, resolved(NOON + HOUR, resolution=why)).subject.startswith("[resolved] ")


@pytest.mark.parametrize(
    ("key", "ending"),
    [
        (Key("demo", None, Family.SOURCE), "the source answers again"),
        (Key("demo.flights", None, Family.RUNS), "its runs measure it again"),
    ],
)
def test_where_nothing_was_known_of_the_data_a_recovery_does_not_say_that_checks_are_healthy(key, ending):
    over = resolved(NOON + HOUR, symptoms=(replace(symptom(), key=key, recovered_at=NOON + HOUR),))
    assert told(MessageKind.RECOVERED, over).lines[-1] == ("How it ended", ending)


@pytest.mark.parametrize(
    ("kind", "mark"),
    [
        (MessageKind.OPENED, "high"),
        (MessageKind.WORSENED, "now high"),
        (MessageKind.REOPENED, "high, broken again"),
        (MessageKind.REMINDER, "high, still open after 4 h"),
        (MessageKind.ESCALATION, "high, nobody has it after 4 h"),
    ],
)
def test_the_subject_says_why_it_is_written(kind, mark):
    assert told(kind, incident()).subject == f"[{mark}] flights lost 17 % of its rows"


def test_another_check_that_breaks_makes_an_incident_not_worse_than_it_was():
    further = message(MessageKind.WORSENED, about={"another": True})
    subject = words.about_incident(further, incident(), NOON, BASE).subject
    assert subject == "[high, broken further] flights lost 17 % of its rows"


def test_an_alert_that_arrives_late_does_not_alarm():
    assert told(MessageKind.OPENED, resolved(NOON + HOUR)).subject == "[high, over now] flights lost 17 % of its rows"


def test_a_part_of_another_incident_leads_to_that_one():
    merged = told(MessageKind.MERGED, resolved(merged_into=3))
    assert (merged.subject, merged.url) == (
        "[part of incident 3] flights lost 17 % of its rows",
        "https://vitals.example.com/incident?id=3",
    )


@pytest.mark.parametrize(
    ("state", "assignee", "said"),
    [
        (IncidentState.ACKNOWLEDGED, None, "high; acknowledged"),
        (IncidentState.ACKNOWLEDGED, "Ann", "high; acknowledged, Ann has it"),
        (IncidentState.MONITORING, "Ann", "high; claimed mended, and watched"),
    ],
)
def test_who_has_it_is_said(state, assignee, said):
    found = dict(told(MessageKind.WORSENED, incident(state=state, assignee=assignee)).lines)
    assert found["How bad"] == said


def test_a_summary_lists_the_worst_and_counts_the_rest():
    many = [incident(number) for number in range(1, 30)] + [resolved(NOON, 30)]
    about = {"told": [{"kind": "opened" if each.is_open else "recovered", "incident": each.id} for each in many]}
    joined = words.about_many(message(MessageKind.SUMMARY, number=None, about=about), many, NOON, BASE)
    assert joined.subject == "[30 incidents] 29 in trouble, 1 over: too many for a message each"
    assert len(joined.lines) == 21
    assert joined.lines[0] == ("", "[high, since 6 h] flights lost 17 % of its rows (Flight operations)")
    assert joined.lines[-1] == ("", "and 10 more")
    assert joined.url == "https://vitals.example.com/incidents"


def test_a_digest_of_nothing_says_so():
    nothing = words.digest(message(MessageKind.DIGEST, number=None), [], [], NOON, BASE)
    assert nothing.subject == "[digest] nothing is open; 0 incidents resolved in the last 24 hours"


def test_a_test_says_that_it_is_one():
    assert words.of_test(message(MessageKind.TEST, number=None), BASE).text == (
        "What: this is a test of the channel ops; nothing is wrong\n"
        f"Look: https://vitals.example.com\n(message {message(MessageKind.TEST, number=None).id})"
    )


def test_names_and_sentences_are_one_line_of_text_whatever_is_in_them():
    nasty = symptom('demo."a\nSubject: b\r\n\x00*c*_[d](javascript:e)"', sentence="<b>@here</b>\n# title")
    broken = replace(incident(), symptoms=(nasty,), title="x\r\nBcc: all@example.com\n**y**", owners=("`z`",))
    alert = told(MessageKind.OPENED, broken)
    assert alert.subject == "[high] x Bcc: all@example.com **y**"
    assert alert.lines[0] == (
        "What broke",
        'demo."a Subject: b *c*_[d](javascript:e)": <b>@here</b> # title',
    )
    assert "\\<b\\>\\@here\\</b\\> \\# title" in alert.markdown
    assert "\\[d\\]\\(javascript\\:e\\)" in alert.markdown
    assert alert.markdown.endswith(f"[Look]({BASE}/incident?id=7)")


def test_a_long_title_is_cut_in_the_subject():
    assert len(told(MessageKind.OPENED, incident(title="x" * 500)).subject) == 200
