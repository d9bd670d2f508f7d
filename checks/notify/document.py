"""What commands, pages and the API say of notifications: the channels, how they do, and what was given up."""

from __future__ import annotations

from collections.abc import Collection
from difflib import get_close_matches
from typing import Any

from checks.answers import moment
from checks.config_notify import unknown_channel
from checks.monitor import Monitor
from checks.notify.channels import Channel
from checks.notify.sender import Delivered
from checks.records import Delivery, Fate, Posted
from checks.refusal import Refused

Document = dict[str, Any]
_ALL = "all"


def notifications_document(monitor: Monitor) -> Document:
    """{"channels": [...], "dead": [...]}. A channel works, fails, or was never tried; nothing of its url is told but
    the scheme."""
    history = monitor.history
    tried, sent = history.newest_attempts(), history.newest_sent()
    waiting = history.messages_waiting(monitor.clock())
    channels = [
        _channel(each, tried.get(name), sent.get(name), waiting.get(name, 0))
        for name, each in sorted(monitor.sender.channels.items())
    ]
    return {"channels": channels, "dead": [dead_document(each) for each in history.dead_messages()]}


def dead_document(posted: Posted) -> Document:
    """One message that was given up."""
    message, last = posted.message, posted.last
    return {
        "id": message.id,
        "channel": message.channel,
        "kind": message.kind.value,
        "incident": message.incident,
        "created_at": moment(message.created_at),
        "given_up_at": moment(last.at) if last else None,
        "attempts": posted.attempts,
        "error": last.error if last else None,
    }


def test_channel(monitor: Monitor, name: str) -> Document:
    """Sends a test through a channel and says what came of it. Raises Refused for what is no channel."""
    if name not in monitor.sender.channels:
        raise Refused(unknown_channel(name, sorted(monitor.sender.channels)))
    attempt = monitor.sender.test(name)
    return {"channel": name, "delivered": attempt.error is None, "error": attempt.error}


def retry(monitor: Monitor, identity: str) -> Document:
    """Puts a message that was given up into the outbox again, or all of them. Raises Refused where there is none."""
    dead = [each.message.id for each in monitor.history.dead_messages()]
    if identity != _ALL and identity not in dead:
        raise Refused(f"no message {identity} was given up; `python -m checks notify list` shows those that were")
    wanted = dead if identity == _ALL else [identity]
    return {"queued": [each for each in wanted if monitor.sender.send_again(each)]}


def unusable(channel: Channel) -> str | None:
    """Why nothing can be sent to the URL of a channel, whoever listens there; None where that is not known."""
    if channel.key is not None:
        return None
    from checks.notify.by_apprise import NotAnAppriseURL, service_of  # here and not above: nobody else wants to load it

    try:
        service_of(channel)
    except NotAnAppriseURL as error:
        return str(error)
    return None


def strangers(channel: Channel, teams: Collection[str], consumers: Collection[str]) -> list[str]:
    """A sentence for each team and consumer of a channel that nothing is known of, so that nobody is ever told."""
    unknown = [("team", "owns nothing", name, teams) for name in channel.teams or () if name not in teams]
    unknown += [("consumer", "reads nothing", name, consumers) for name in channel.consumers if name not in consumers]
    return [_stranger(*each) for each in sorted(unknown, key=lambda each: each[:3])]


def _stranger(what: str, does: str, name: str, known: Collection[str]) -> str:
    near = get_close_matches(name, sorted(known), n=1)
    return f'the {what} "{name}" {does} that Vitals knows' + (f" (did you mean {near[0]}?)" if near else "")


def delivered_document(delivered: Delivered) -> Document:
    """What a command has sent at its end."""
    return {"sent": delivered.sent, "failed": list(delivered.failed)}


def _channel(channel: Channel, tried: Delivery | None, sent: Delivery | None, waiting: int) -> Document:
    state = "never tried" if tried is None else "works" if tried.fate is Fate.SENT else "fails"
    return {
        "name": channel.name,
        "kind": "webhook" if channel.key is not None else channel.url.reveal().partition("://")[0].lower(),
        "for": _for(channel),
        "severity": channel.severity.value,
        "state": state,
        "error": tried.error if tried is not None and state == "fails" else None,
        "tried_at": moment(tried.at) if tried else None,
        "sent_at": moment(sent.at) if sent else None,
        "waiting": waiting,
    }


def _for(channel: Channel) -> list[str]:
    """Whom it is for, in words; an empty list is nobody but those whom a contract or an escalation sends there."""
    return ["everybody"] if channel.teams is None else sorted((*channel.teams, *channel.consumers))
