"""kill -9 between a message that was sent and the note that it was: none is lost, and a duplicate has the same key.

The receivers are real and in this process: they kill the sender when a request has arrived, before or after they
answer. The senders are forked from a process that has loaded everything, so that a hundred of them start in seconds.
"""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import threading
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import pytest

from checks.history import History
from checks.records import Fate, MessageKind
from tests.apps import ROOT, free_port
from tests.sinks import MailSink, Request, WebSink, mail_sink, web_sink

KILLS, CHANNELS = 100, 2

# forks a sender for each line that it reads; tells its process, and when that has ended
NURSERY = """
import os, sys, warnings
warnings.simplefilter("ignore")
from tests.faults.test_notify_kill import send
from checks.notify.by_apprise import service_of
from checks.notify.channels import Channel
from checks.values import Secret

path, hook, mail = sys.argv[1:]
service_of(Channel("mail", Secret(mail)))  # loads all that Apprise has
for line in sys.stdin:
    pid = os.fork()
    if not pid:
        try:
            send(path, hook, mail, line.strip() == "last")
        finally:
            os._exit(0)
    print(pid, flush=True)
    os.waitpid(pid, 0)
    print("ended", flush=True)
"""


def send(path: str, hook: str, mail: str, is_last: bool) -> None:
    """Opens incidents and tells them through two channels, until it is killed; the last one only tells what is left."""
    from checks.notify.channels import Audience, Channel
    from checks.notify.sender import Sender
    from checks.notify.telling import Teller
    from checks.notify.writing import Writer
    from checks.records import EventKind
    from checks.values import Secret
    from tests.notifying import MINUTE, change, incident

    def clock() -> datetime:
        return datetime.now(UTC)

    history, given = History.open(Path(path), clock()), {"allow_private": True, "at_most": 1000, "remind": 0 * MINUTE}
    key = b"0123456789abcdef0123456789abcdef"
    channels = {
        "hook": Channel("hook", Secret(hook), key, hold=0 * MINUTE, **given),
        "mail": Channel("mail", Secret(mail), hold=0 * MINUTE, **given),
    }
    sender = Sender(history, channels, Writer(history, channels, lambda _: Audience(), (), "http://x", list), clock, {})
    teller = Teller(channels, (), lambda _: Audience(), history.channels_told)
    while not is_last:
        changes = [change(EventKind.OPENED, incident(max(history.event_counts(), default=0) + 1))]
        history.commit(changes, teller(changes, clock()))
        sender.deliver_due(clock())
    while history.due_messages(clock()):
        sender.deliver_due(clock())
    history.close()


class Executioner:
    """Kills the sender at one of its next requests, before the receiver answers or a little later."""

    def __init__(self, seed: int) -> None:
        self._chance = random.Random(seed)
        self._lock = threading.Lock()
        self._victim: int | None = None
        self._requests_left = 0
        self.kills = 0

    def aim(self, pid: int) -> None:
        with self._lock:
            self._victim, self._requests_left = pid, self._chance.randint(1, 4)

    def request(self) -> None:
        with self._lock:
            self._requests_left -= 1
            if self._victim is None or self._requests_left > 0:
                return
            victim, self._victim = self._victim, None
            self.kills += 1
            before_the_answer = self._chance.random() < 0.5
            wait = self._chance.uniform(0, 0.02)
        if before_the_answer:
            os.kill(victim, signal.SIGKILL)
        else:
            threading.Timer(wait, os.kill, (victim, signal.SIGKILL)).start()


class KillingWeb(WebSink):
    executioner: Executioner

    def take(self, request: Request) -> tuple[int, dict[str, str]]:
        answer = super().take(request)
        self.executioner.request()
        return answer


class KillingMail(MailSink):
    executioner: Executioner

    async def handle_DATA(self, server, session, envelope) -> str:  # noqa: N802
        answer = await super().handle_DATA(server, session, envelope)
        self.executioner.request()
        return answer


@pytest.mark.slow
def test_a_hundred_kills_lose_no_message_and_each_doubles_at_most_one_with_the_same_key(tmp_path):
    path, executioner = tmp_path / "history.duckdb", Executioner(seed=29)
    with web_sink(kind=KillingWeb) as web, mail_sink(free_port(), kind=KillingMail) as post:
        web.executioner = post.executioner = executioner
        mail = f"mailto://127.0.0.1:{post.port}?from=vitals@example.com&to=ops@example.com&mode=insecure"
        command = [sys.executable, "-c", NURSERY, str(path), f"{web.url}/x", mail]
        with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as nursery:
            for _ in range(KILLS):
                executioner.aim(_ask(nursery, "another"))
                _wait(nursery)
            _ask(nursery, "last")
            _wait(nursery)
            nursery.stdin.close()
    by_web = Counter(each.headers["webhook-id"] for each in web.arrived)
    by_mail = Counter(mail["X-Vitals-Message"] for mail in post.arrived)
    with History.open(path, datetime.now(UTC)) as history:
        incidents = history.incidents()
        told = [each for one in incidents for each in history.messages(one.id)]
    assert executioner.kills == KILLS
    assert len(incidents) > KILLS / 2
    assert Counter(each.message.kind for each in told) == {MessageKind.OPENED: CHANNELS * len(incidents)}
    assert {each.fate for each in told} == {Fate.SENT}
    assert {each.message.id for each in told} == by_web.keys() | by_mail.keys()  # none lost, none of another key
    doubles = [sum(arrived.values()) - len(arrived) for arrived in (by_web, by_mail)]
    assert max(doubles) <= KILLS
    assert sum(doubles) > KILLS / 4  # else the kills came at harmless moments
    tried = {each.message.id: each.attempts for each in told}
    assert all(count <= tried[key] for key, count in (by_web | by_mail).items())


def _wait(nursery: subprocess.Popen[str]) -> None:
    assert nursery.stdout is not None
    assert nursery.stdout.readline() == "ended\n"


def _ask(nursery: subprocess.Popen[str], word: str) -> int:
    assert nursery.stdin is not None and nursery.stdout is not None
    nursery.stdin.write(f"{word}\n")
    nursery.stdin.flush()
    return int(nursery.stdout.readline())
