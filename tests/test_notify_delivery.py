"""Messages on their way: a real outbox, real receivers on this machine, and a clock that goes where it is put."""

from __future__ import annotations

import base64
import hashlib
import hmac
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from email.header import decode_header, make_header
from pathlib import Path

import pytest

from checks.history import History
from checks.notify.channels import Audience, Channel
from checks.notify.sender import Delivered, Sender
from checks.notify.within import Patience
from checks.notify.writing import Writer
from checks.records import Change, EventKind, Fate, Incident, IncidentSeverity, Message, MessageKind
from checks.values import Secret
from tests.apps import free_port
from tests.monitors import Clock
from tests.notifying import DAY, HOUR, MINUTE, NOON, SECOND, change, incident, message, resolved
from tests.sinks import HANG, mail_sink, web_sink

pytestmark = pytest.mark.filterwarnings("ignore:'imghdr' is deprecated")  # apprise, for a library that is not there
KEY = b"0123456789abcdef0123456789abcdef"


class House:
    """A history with incidents and an outbox, and a sender."""

    def __init__(self, folder: Path) -> None:
        self.clock = Clock(NOON)
        self.history = History.open(folder / "history.duckdb", NOON)
        self.troubles: dict[str, str] = {}
        self.sender = self.with_channels()

    def with_channels(self, *channels: Channel) -> Sender:
        named = {each.name: each for each in channels}
        writer = Writer(self.history, named, lambda _: Audience(), (), "https://vitals.example.com", list)
        self.sender = Sender(self.history, named, writer, self.clock, self.troubles)
        return self.sender

    def happens(self, kind: EventKind, what: Incident, *messages: Message) -> None:
        of: Change = change(kind, what, number=len(self.history.incident_events(what.id)) + 1)
        self.history.commit([of], messages)

    def opened(self, *numbers: int, channel: str = "hook") -> list[Message]:
        told = [message(at=self.clock(), number=number, channel=channel) for number in numbers]
        self.history.commit([change(EventKind.OPENED, incident(number)) for number in numbers], told)
        return told

    def fates(self, of: Message) -> list[Fate]:
        found = self.history.message(of.id)
        assert found is not None
        return [each.fate for each in found.deliveries]

    def deliver(self, after: timedelta = timedelta(0)):
        self.clock.forward(after)
        return self.sender.deliver_due(self.clock())


@pytest.fixture
def house(tmp_path) -> Iterator[House]:
    found = House(tmp_path)
    yield found
    found.sender.stop()
    found.history.close()


def hook(url: str, name: str = "hook", **more) -> Channel:
    return Channel(name, Secret(f"{url}/vitals"), KEY, **({"allow_private": True} | more))


# -- webhooks ----------------------------------------------------------------------------------------------------------


def test_a_webhook_gets_a_signed_cloud_event(house):
    with web_sink() as sink:
        house.with_channels(hook(sink.url))
        [told] = house.opened(7)
        assert house.deliver().sent == 1
    [request] = sink.arrived
    event = request.json
    assert request.headers["content-type"] == "application/cloudevents+json; charset=utf-8"
    assert {name: event[name] for name in ("specversion", "id", "source", "type", "subject", "time")} == {
        "specversion": "1.0",
        "id": told.id,
        "source": "https://vitals.example.com",
        "type": "vitals.incident.opened",
        "subject": "incident/7",
        "time": "2026-03-15T12:00:00Z",
    }
    assert event["data"]["incident"]["severity"] == "high"
    assert event["data"]["url"] == "https://vitals.example.com/incident?id=7"
    assert house.fates(told) == [Fate.BEGUN, Fate.SENT]


def verified(headers: dict[str, str], body: bytes, secret: bytes, now: datetime) -> bool:
    """As docs/notifications.md tells receivers to do it; shares nothing with the code that signs."""
    if abs(now.timestamp() - int(headers["webhook-timestamp"])) > 300:
        return False
    content = b".".join([headers["webhook-id"].encode(), headers["webhook-timestamp"].encode(), body])
    expected = base64.b64encode(hmac.digest(secret, content, hashlib.sha256)).decode()
    given = [part.partition(",")[2] for part in headers["webhook-signature"].split(" ") if part.startswith("v1,")]
    return any(hmac.compare_digest(expected, each) for each in given)


def test_the_receiver_can_verify_the_signature_and_sees_what_was_changed(house):
    with web_sink() as sink:
        house.with_channels(hook(sink.url))
        house.opened(7)
        house.deliver()
    [request] = sink.arrived
    assert verified(request.headers, request.body, KEY, NOON)
    assert not verified(request.headers, request.body + b" ", KEY, NOON)
    assert not verified(request.headers, request.body, KEY[::-1], NOON)
    assert not verified(request.headers, request.body, KEY, NOON + HOUR)
    assert not verified({**request.headers, "webhook-id": "another"}, request.body, KEY, NOON)


def test_redirects_are_not_followed(house):
    with web_sink() as inner, web_sink() as sink:
        sink.answers = [(302, {"location": inner.url})]
        house.with_channels(hook(sink.url))
        house.opened(7)
        assert house.deliver().failed == [
            "hook: 127.0.0.1 answered 302 Found; redirects are not followed, so write the new address"
        ]
        assert inner.arrived == inner.refused == []


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]", "10.1.2.3", "169.254.169.254", "0.0.0.0"])
def test_private_addresses_are_refused_unless_allowed(house, host):
    house.with_channels(hook(f"http://{host}:9", allow_private=False))
    house.opened(7)
    [error] = house.deliver().failed
    assert "is not a public address, so nothing was sent; set allow_private = true" in error


# -- trouble with the receiver -----------------------------------------------------------------------------------------


def test_a_receiver_that_answers_429_and_500_gets_the_message_in_the_end_once_and_with_one_key(house):
    with web_sink() as sink:
        sink.answers = [(429, {"retry-after": "600"}), 500, 503]
        house.with_channels(hook(sink.url))
        [told] = house.opened(7)
        assert house.deliver().failed == ["hook: 127.0.0.1 answered 429 Too Many Requests"]
        assert house.deliver(9 * MINUTE).failed == []  # it asked for ten
        assert len(house.deliver(MINUTE).failed) == 1
        assert len(house.deliver(2 * MINUTE).failed) == 1
        assert house.deliver(4 * MINUTE).sent == 1
        house.deliver(HOUR)
    assert [each.headers["webhook-id"] for each in (*sink.refused, *sink.arrived)] == [told.id] * 4
    assert house.fates(told) == [Fate.BEGUN, Fate.FAILED] * 3 + [Fate.BEGUN, Fate.SENT]


@pytest.mark.parametrize(
    ("asked", "least"),
    [
        ("1200", 20 * MINUTE),
        ("Sun, 15 Mar 2026 12:20:00 GMT", 20 * MINUTE),
        ("Sun, 15 Mar 2026 11:00:00 GMT", 24 * SECOND),
        ("soon", 24 * SECOND),
        ("-5", 24 * SECOND),
        ("9" * 30, DAY),
    ],
)
def test_what_a_receiver_asks_for_is_seconds_or_a_date(house, asked, least):
    with web_sink() as sink:
        sink.answers = [(429, {"retry-after": asked})]
        house.with_channels(hook(sink.url))
        [told] = house.opened(7)
        house.deliver()
    [_, failed] = house.history.message(told.id).deliveries
    assert least <= failed.next_at - NOON <= max(least, 36 * SECOND)


def test_a_channel_that_does_not_work_is_a_trouble_until_it_does(house):
    with web_sink() as sink:
        sink.answers = [500]
        house.with_channels(hook(sink.url))
        house.opened(7)
        house.deliver()
        assert house.troubles == {
            "notifications through hook": "notifications through hook: 127.0.0.1 answered 500 Internal Server Error"
        }
        house.deliver(MINUTE)
        assert house.troubles == {}


def test_a_receiver_that_hangs_holds_up_no_other(house):
    with web_sink() as slow, web_sink() as fast:
        slow.answers = [HANG]
        house.with_channels(hook(slow.url, "slow"), hook(fast.url, "fast"))
        [late] = house.opened(7, channel="slow")
        house.opened(8, channel="fast")
        house.sender._begin(house.clock(), timedelta(0), delivered := Delivered())
        house.sender._busy["fast"].join()
        assert (len(fast.arrived), house.sender._busy["slow"].is_alive()) == (1, True)
        slow.let_go.set()
        house.sender._busy["slow"].join()
        assert delivered.failed == ["slow: 127.0.0.1 answered 503 Service Unavailable"]
        house.deliver(MINUTE)
        assert [each.headers["webhook-id"] for each in slow.arrived] == [late.id]


def test_one_that_hangs_for_ever_gathers_no_threads(house):
    before = threading.active_count()
    with web_sink() as sink:
        sink.answers = [HANG] * 9
        house.with_channels(hook(sink.url))
        house.sender._patience["hook"] = Patience(0.05)
        house.opened(7)
        assert house.deliver().failed == ["hook: no answer within 0.05 s"]
        for _ in range(5):
            house.deliver(2 * HOUR)
        found = house.history.dead_messages() or house.history.messages(7)
        assert "attempts hang still" in (found[0].last.error or "")
        assert len(sink.answers) == 6
        sink.let_go.set()
        deadline = time.monotonic() + 10
        while threading.active_count() > before + 1 and time.monotonic() < deadline:
            time.sleep(0.01)


def test_a_receiver_that_is_away_and_comes_back_loses_nothing(house):
    port = free_port()
    house.with_channels(hook(f"http://127.0.0.1:{port}"))
    house.opened(*range(1, 4))
    for _ in range(5):
        assert len(house.deliver(2 * MINUTE).failed) <= 1
    with web_sink(port) as sink:
        for _ in range(8):
            house.deliver(10 * MINUTE)
    assert sorted(each.json["subject"] for each in sink.arrived) == ["incident/1", "incident/2", "incident/3"]


def test_what_is_given_up_is_told_and_can_be_sent_again(house):
    port = free_port()
    house.with_channels(hook(f"http://127.0.0.1:{port}"))
    [told] = house.opened(7)
    house.deliver()
    house.deliver(DAY)
    assert house.fates(told)[-1] is Fate.DEAD
    assert [each.message for each in house.history.dead_messages()] == [told]
    assert house.troubles["dead letters"].startswith("1 message was given up after many attempts; ")
    assert "`" not in house.troubles["dead letters"]  # pages write it as it is
    assert house.sender.send_again(told.id) and not house.sender.send_again("no such message")
    assert "dead letters" not in house.troubles
    with web_sink(port) as sink:
        house.deliver(SECOND)
    assert [each.headers["webhook-id"] for each in sink.arrived] == [told.id]
    assert house.history.dead_messages() == []


def test_a_message_that_was_begun_when_the_process_died_is_sent_with_its_key(house):
    with web_sink() as sink:
        house.with_channels(hook(sink.url))
        [told] = house.opened(7)
        house.sender._history = _DiesAfterSending(house.history)
        house.deliver()
        house.with_channels(hook(sink.url))
        house.deliver(MINUTE)
    assert [each.headers["webhook-id"] for each in sink.arrived] == [told.id, told.id]
    assert house.fates(told) == [Fate.BEGUN, Fate.BEGUN, Fate.SENT]


class _DiesAfterSending:
    """A history that can no longer be written when the message has left."""

    def __init__(self, history: History) -> None:
        self._history = history

    def __getattr__(self, name: str):
        return getattr(self._history, name)

    def post(self, messages=(), deliveries=()) -> None:
        if not any(each.fate is Fate.SENT for each in deliveries):
            self._history.post(messages, deliveries)


def test_messages_to_a_channel_that_is_gone_are_dropped(house):
    [told] = house.opened(7, channel="gone")
    house.with_channels(hook("http://127.0.0.1:9"))
    house.deliver()
    assert house.fates(told) == [Fate.CANCELLED]


# -- what is sent ------------------------------------------------------------------------------------------------------


def test_alert_reminders_and_recovery_of_one_incident(house):
    with web_sink() as sink:
        house.with_channels(hook(sink.url))
        reminder = message(MessageKind.REMINDER, NOON, due_at=NOON + 4 * HOUR, channel="hook", about={"turn": 1})
        house.happens(EventKind.OPENED, incident(), message(channel="hook"), reminder)
        house.deliver()
        house.deliver(4 * HOUR)
        house.deliver(8 * HOUR)
        over = resolved(house.clock())
        house.happens(EventKind.RESOLVED, over, message(MessageKind.RECOVERED, house.clock(), channel="hook"))
        house.deliver(MINUTE)
        house.deliver(2 * DAY)
    told = [each.json["data"]["title"] for each in sink.arrived]
    assert told == [
        "[high] flights lost 17 % of its rows",
        "[high, still open after 4 h] flights lost 17 % of its rows",
        "[high, still open after 12 h] flights lost 17 % of its rows",
        "[recovered] flights lost 17 % of its rows",
    ]


def test_a_storm_is_five_messages_and_the_last_one_tells_of_all_others(house):
    with web_sink() as sink:
        house.with_channels(hook(sink.url))
        house.opened(*range(1, 101))
        house.deliver()
        house.deliver(MINUTE)
    assert len(sink.arrived) == 5
    summary = sink.arrived[-1].json
    assert summary["type"] == "vitals.summary"
    assert summary["data"]["title"] == "[96 incidents] 96 in trouble: too many for a message each"
    assert len(summary["data"]["incidents"]) == 96
    assert summary["data"]["text"].count("\n- ") == 20  # and 76 more


def test_what_a_storm_joined_arrives_when_the_channel_was_down_and_there_is_more_by_then(house):
    with web_sink() as sink:
        house.with_channels(hook(sink.url, at_most=2))
        house.opened(*range(1, 11))
        sink.answers = [500]
        house.deliver()  # the first one fails, so that the one that joins the others is not tried
        house.opened(*range(11, 21))
        for _ in range(6):
            house.deliver(11 * MINUTE)
    told = [each.json["data"] for each in sink.arrived]
    numbers = [each["id"] for data in told for each in (data["incidents"] or [data["incident"]])]
    assert sorted(numbers) == list(range(1, 21))


def test_the_digest_comes_once_a_day(house):
    with web_sink() as sink:
        house.with_channels(hook(sink.url, digest=NOON.time()))
        house.happens(EventKind.OPENED, incident(severity=IncidentSeverity.LOW))
        house.happens(EventKind.RESOLVED, resolved(NOON - HOUR, 8))
        for _ in range(3):
            house.deliver(MINUTE)
        house.with_channels(hook(sink.url, digest=NOON.time()))  # a new start of the app
        house.deliver(MINUTE)
        assert [each.json["data"]["title"] for each in sink.arrived] == [
            "[digest] 1 incident open, the worst low; 1 resolved"
        ]
        house.happens(EventKind.RESOLVED, resolved(NOON + HOUR))
        house.deliver(DAY)
    assert sink.arrived[-1].json["data"]["title"] == (
        "[digest] nothing is open; 1 incident resolved in the last 24 hours"
    )


def test_a_test_says_that_messages_arrive_and_is_not_tried_again(house):
    with web_sink() as sink:
        house.with_channels(hook(sink.url))
        assert house.sender.test("hook").error is None
        sink.answers = [500]
        assert house.sender.test("hook").error == "127.0.0.1 answered 500 Internal Server Error"
        house.deliver(DAY)
    assert [each.json["data"]["title"] for each in sink.arrived] == ["[test] Vitals can reach hook"]
    with pytest.raises(KeyError):
        house.sender.test("no such channel")


# -- Apprise -----------------------------------------------------------------------------------------------------------


def test_apprise_sends_to_a_web_service(house):
    with web_sink() as sink:
        house.with_channels(Channel("chat", Secret(f"json://127.0.0.1:{sink.port}/x"), allow_private=True))
        [told] = house.opened(7, channel="chat")
        assert house.deliver().sent == 1
    [request] = sink.arrived
    assert request.headers["x-vitals-message"] == told.id
    assert request.json["title"] == "[high] flights lost 17 % of its rows"
    assert request.json["message"].endswith(f"Look: https://vitals.example.com/incident?id=7\n(message {told.id})")


def test_what_apprise_tells_of_a_failure_is_told_without_secrets(house):
    with web_sink() as sink:
        sink.answers = [500]
        url = f"json://robot:hunter2hunter2@127.0.0.1:{sink.port}/tokentoken"
        house.with_channels(Channel("chat", Secret(url), allow_private=True))
        house.opened(7, channel="chat")
        [error] = house.deliver().failed
    assert error.startswith("chat: Failed to send JSON POST notification")
    assert "error=500" in error
    assert not {"hunter2", "tokentoken"} & set(error.split()) and "hunter2" not in error


def test_apprise_follows_no_redirect_and_reaches_no_private_address(house):
    with web_sink() as inner, web_sink() as sink:
        sink.answers = [(307, {"location": inner.url})]
        house.with_channels(
            Channel("chat", Secret(f"json://127.0.0.1:{sink.port}"), allow_private=True),
            Channel("shut", Secret(f"json://localhost:{sink.port}")),
        )
        house.opened(7, channel="chat")
        house.opened(8, channel="shut")
        failed = sorted(house.deliver().failed)
    assert "error=307" in failed[0]
    assert "is not a public address" in failed[1]
    assert inner.arrived == inner.refused == []


def test_mail_has_the_key_in_its_head_and_one_thread_for_each_incident(house):
    port = free_port()
    with mail_sink(port) as sink:
        sink.answers = ["451 later"]
        url = f"mailto://127.0.0.1:{port}?from=vitals@example.com&to=ops@example.com&mode=insecure"
        house.with_channels(replace(hook(""), name="mail", url=Secret(url), key=None))
        [told] = house.opened(7, channel="mail")
        assert len(house.deliver().failed) == 1
        assert house.deliver(MINUTE).sent == 1
    [mail] = sink.arrived
    assert mail["X-Vitals-Message"] == told.id
    assert mail["References"] == "<incident-7@vitals>"
    assert str(make_header(decode_header(mail["Subject"]))) == "[high] flights lost 17 % of its rows"


def test_a_url_that_apprise_does_not_know_is_told_and_not_shown(house):
    house.with_channels(Channel("odd", Secret("nosuchservice://secretsecret")))
    house.opened(7, channel="odd")
    [error] = house.deliver().failed
    assert error.startswith("odd: Apprise can not use the url of this channel (nosuchservice://…)")
    assert "secretsecret" not in error
