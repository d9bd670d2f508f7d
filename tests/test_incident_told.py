"""What the timeline of an incident says of messages about it, to the letter."""

from __future__ import annotations

import pytest
from incidents import HOUR, NINE, incident

from checks.history import History
from checks.incidents.timeline import timeline
from checks.incidents.told import told
from checks.records import Delivery, Fate, Message, MessageKind, Posted

REFUSED = "mail.example.org refuses it: 550 no such user."


def posted(*deliveries: Delivery, kind: MessageKind = MessageKind.OPENED) -> Posted:
    return Posted(Message("m1", "mail", kind, 7, NINE, NINE), deliveries)


def delivery(fate: Fate, attempt: int = 1, error: str | None = None, **more) -> Delivery:
    return Delivery("m1", NINE + attempt * HOUR, attempt, fate, error, **more)


@pytest.mark.parametrize(
    ("found", "sentence"),
    [
        (posted(delivery(Fate.SENT)), "mail was told that it is open"),
        (posted(delivery(Fate.SENT), kind=MessageKind.RECOVERED), "mail was told that it is over"),
        (
            posted(delivery(Fate.SENT), kind=MessageKind.REMINDER),
            "mail was told again, because nobody had acknowledged it",
        ),
        (
            posted(delivery(Fate.FAILED, 1, REFUSED), delivery(Fate.SENT, 2)),
            "mail was told that it is open",
        ),
        (
            posted(delivery(Fate.FAILED, 1, REFUSED, next_at=NINE + 2 * HOUR)),
            (
                "mail could not be told that it is open: mail.example.org refuses it: 550 no such user; "
                "tried again 2026-11-23 11:00 UTC"
            ),
        ),
        (
            posted(delivery(Fate.DEAD, 9, REFUSED)),
            "mail could not be told that it is open, and was given up: mail.example.org refuses it: 550 no such user",
        ),
        (
            posted(delivery(Fate.SUPERSEDED, 0, "m2")),
            "mail was told that it is open in a message that tells more at once",
        ),
    ],
)
def test_a_message_is_one_line_that_says_what_became_of_it(found, sentence):
    line = told(found)
    assert line == (found.deliveries[-1].at, sentence)


@pytest.mark.parametrize("found", [posted(), posted(delivery(Fate.BEGUN)), posted(delivery(Fate.CANCELLED, 0))])
def test_what_waits_or_had_nothing_to_tell_any_more_is_no_line(found):
    assert told(found) is None


def test_the_timeline_has_it_in_its_place(tmp_path):
    with History.open(tmp_path / "history.duckdb", NINE) as history:
        message = posted().message
        history.commit([], [message])
        history.post(deliveries=[delivery(Fate.SENT)])
        [line] = timeline(history, incident(), {}, NINE + HOUR)
    assert (line.at, line.kind, line.author, line.sentence) == (
        NINE + HOUR,
        "notified",
        "Vitals",
        "mail was told that it is open",
    )
