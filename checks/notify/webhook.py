"""Webhooks: one CloudEvent (1.0, structured JSON) for each message, signed as Standard Webhooks are.

webhook-id: the deduplication key, which is the event's id too
webhook-timestamp: seconds since 1970 of this attempt
webhook-signature: v1,base64(HMAC-SHA256(key, id + "." + timestamp + "." + body))
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

import httpx

from checks.notify.addresses import PrivateAddress, UnknownHost, address_to_connect
from checks.notify.attempt import Attempt
from checks.notify.channels import Channel
from checks.notify.words import Words
from checks.records import Incident, Message

_SECONDS = 10.0


def post(channel: Channel, message: Message, words: Words, incidents: tuple[Incident, ...], at: datetime) -> Attempt:
    """Posts the event; says what came of it. Redirects are not followed: they count as a failure."""
    url = httpx.URL(channel.url.reveal())
    body = json.dumps(event(message, words, incidents), ensure_ascii=False).encode()
    try:
        port = url.port or (443 if url.scheme == "https" else 80)
        address = address_to_connect(url.host, port, allow_private=channel.allow_private)
        answer = _send(url, address, body, signed(message.id, body, channel.key or b"", at))
    except (PrivateAddress, UnknownHost) as error:
        return Attempt(str(error))
    except httpx.TimeoutException:
        return Attempt(f"{url.host} did not answer within {_SECONDS:.0f} s")
    except httpx.HTTPError as error:
        return Attempt(f"{url.host} could not be reached ({type(error).__name__})")
    return _what_came(url.host, answer, at)


def event(message: Message, words: Words, incidents: tuple[Incident, ...]) -> dict[str, Any]:
    """The CloudEvent of a message. Its source is where the pages are: one house has one address."""
    [one] = incidents if message.incident is not None and len(incidents) == 1 else [None]
    return {
        "specversion": "1.0",
        "id": message.id,
        "source": words.url.partition("/incident")[0],
        "type": f"vitals.{'incident.' if message.incident is not None else ''}{message.kind}",
        "time": message.created_at.isoformat().replace("+00:00", "Z"),
        **({"subject": f"incident/{message.incident}"} if message.incident is not None else {}),
        "datacontenttype": "application/json",
        "data": {
            "title": words.subject,
            "text": words.text,
            "markdown": words.markdown,
            "url": words.url,
            "incident": _document(one) if one is not None else None,
            "incidents": [_document(each) for each in incidents] if one is None else [],
        },
    }


def signed(identity: str, body: bytes, key: bytes, at: datetime) -> Mapping[str, str]:
    """The headers of a signed request."""
    stamp = str(int(at.timestamp()))
    mac = hmac.new(key, f"{identity}.{stamp}.".encode() + body, hashlib.sha256)
    return {
        "webhook-id": identity,
        "webhook-timestamp": stamp,
        "webhook-signature": f"v1,{base64.b64encode(mac.digest()).decode()}",
        "content-type": "application/cloudevents+json; charset=utf-8",
    }


def _send(url: httpx.URL, address: str, body: bytes, headers: Mapping[str, str]) -> httpx.Response:
    """Connects to the address that was looked at, and speaks to it as to the host, in TLS too. What the answer says
    beside its status is not read: it could be without end."""
    to, named = url.copy_with(host=address), {**headers, "host": url.netloc.decode("ascii")}
    with (
        httpx.Client(timeout=_SECONDS, follow_redirects=False, trust_env=False) as client,
        client.stream("POST", to, content=body, headers=named, extensions={"sni_hostname": url.host}) as answer,
    ):
        return answer


def _what_came(host: str, answer: httpx.Response, at: datetime) -> Attempt:
    if answer.is_success:
        return Attempt()
    reason = f"{answer.status_code} {answer.reason_phrase}".strip()
    if answer.is_redirect:
        return Attempt(f"{host} answered {reason}; redirects are not followed, so write the new address")
    return Attempt(f"{host} answered {reason}", _retry_after(answer.headers.get("retry-after"), at))


def _retry_after(value: str | None, at: datetime) -> timedelta | None:
    """Seconds, or a date; None for anything else."""
    if value is None:
        return None
    if value.strip().isdigit():
        return timedelta(seconds=min(int(value), 10**7))
    try:
        moment = parsedate_to_datetime(value)
    except ValueError:
        return None
    return max(moment.replace(tzinfo=moment.tzinfo or UTC) - at, timedelta(0))


def _document(incident: Incident) -> dict[str, Any]:
    def moment(at: datetime | None) -> str | None:
        return at.isoformat().replace("+00:00", "Z") if at else None

    return {
        "id": incident.id,
        "title": incident.title,
        "state": incident.state.value,
        "severity": incident.severity.value,
        "datasets": list(incident.datasets),
        "dimensions": [each.value for each in incident.dimensions],
        "happened_at": moment(incident.happened_at),
        "noticed_at": moment(incident.noticed_at),
        "resolved_at": moment(incident.resolved_at),
        "cause": incident.cause,
        "owners": list(incident.owners),
        "consumers": list(incident.consumers),
    }
