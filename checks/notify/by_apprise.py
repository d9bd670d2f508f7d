"""Everything that is no webhook, by Apprise: chat, mail, pagers, phones.

Apprise tells no more of a failure than what it logs, and nothing of Retry-After. It follows redirects unless told not
to, and resolves names by itself, so that a private address is refused by looking at the host beforehand: a name whose
answer changes between that and the request would get through. Mail servers may be private.
"""

from __future__ import annotations

import logging
import re
from typing import TYPE_CHECKING
from urllib.parse import unquote

from checks.notify.addresses import PrivateAddress, UnknownHost, address_to_connect
from checks.notify.attempt import Attempt
from checks.notify.channels import Channel
from checks.notify.words import Words
from checks.records import Message, MessageKind

if TYPE_CHECKING:
    import apprise

_PORTS = {True: 443, False: 80}
_SHORT = 6


class NotAnAppriseURL(Exception):
    """Apprise does not know what to do with the URL; the sentence says so without showing it."""

    def __init__(self, scheme: str) -> None:
        super().__init__(
            f"Apprise can not use the url of this channel ({scheme}://…): the scheme is unknown, or a part is missing; "
            "https://appriseit.com/services/ shows how each service is written"
        )


def send(channel: Channel, message: Message, words: Words) -> Attempt:
    """Hands the message to Apprise; says what came of it."""
    import apprise

    try:
        service = service_of(channel)
        _look_at_host(service, channel)
    except (NotAnAppriseURL, PrivateAddress, UnknownHost) as error:
        return Attempt(str(error))
    _identify(service, message)
    # no time limit of Apprise's own: it would leave a thread of a small pool behind for every attempt that hangs
    sending = apprise.Apprise(asset=_asset())
    sending.add(service)
    with sending.notify(
        words.text, words.subject, _type(message.kind), body_format=apprise.NotifyFormat.TEXT
    ) as result:
        if result:
            return Attempt()
        told = dict.fromkeys(entry.message.rstrip(". ") for entry in result.logs())  # warnings and errors
    return Attempt(without_secrets("; ".join(told) or "Apprise could not send it and does not say why", channel))


def service_of(channel: Channel) -> apprise.NotifyBase:
    """The service that the URL names. Raises NotAnAppriseURL."""
    import apprise

    logging.getLogger("apprise").propagate = False  # it writes addresses; what matters comes back with the result
    url = channel.url.reveal()
    found = apprise.Apprise.instantiate(url, asset=_asset())
    if found is None:
        raise NotAnAppriseURL(url.partition("://")[0])
    found.redirects = False
    return found


def without_secrets(text: str, channel: Channel) -> str:
    """The text without any part of the channel's URL that could be a secret; names of hosts have a dot in them."""
    url = channel.url.reveal()
    parts = {part for raw in re.split(r"[/:@?&=+]+", url.partition("://")[2]) for part in (raw, unquote(raw))}
    for part in sorted(parts, key=len, reverse=True):
        if len(part) >= _SHORT and ("." not in part or f"{part}@" in url) and part != "localhost":
            text = text.replace(part, "***")
    return " ".join(text.split())[:600]


def _look_at_host(service: apprise.NotifyBase, channel: Channel) -> None:
    """Raises PrivateAddress, UnknownHost. Only of services whose URL names the host that is spoken to by HTTP."""
    import apprise.plugins.email

    host = getattr(service, "host", None)
    by_mail = isinstance(service, apprise.plugins.email.NotifyEmail)
    names_its_host = isinstance(host, str) and "{host}" in "".join(service.templates)
    if names_its_host and not by_mail and not channel.allow_private:
        address_to_connect(host, service.port or _PORTS[bool(service.secure)], allow_private=False)


def _identify(service: apprise.NotifyBase, message: Message) -> None:
    """Puts the deduplication key into a header, where the service has headers; the text has it anyway. Mails about one
    incident are one thread."""
    headers = getattr(service, "headers", None)
    if isinstance(headers, dict):
        headers["X-Vitals-Message"] = message.id
        if message.incident is not None:
            headers["References"] = f"<incident-{message.incident}@vitals>"


def _asset() -> apprise.AppriseAsset:
    import apprise

    return apprise.AppriseAsset(
        app_id="Vitals", app_desc="Vitals", http_redirects=False, async_mode=False, service_timeout=0
    )


def _type(kind: MessageKind) -> apprise.NotifyType:
    import apprise

    if kind is MessageKind.RECOVERED:
        return apprise.NotifyType.SUCCESS
    return apprise.NotifyType.FAILURE if kind.alerts else apprise.NotifyType.INFO
