"""[notify] and [notify.NAME] of config.toml as records: who is told of what, where, and when not."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator, Mapping
from datetime import time, timedelta
from difflib import get_close_matches
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, ConfigDict, Field, model_validator

from checks.config_sections import Duration, Hidden, PositiveDuration, Section, Texts, Zone
from checks.records import IncidentSeverity
from checks.values import Secret

_NAME = re.compile(r"[a-z][a-z0-9_-]*")
_TIME = re.compile(r"([01]\d|2[0-3]):([0-5]\d)")
_KEY_BYTES = 24
_HOW_TO_MAKE = "write 24 bytes or more as base64, for example what `openssl rand -base64 32` prints"
_WRITTEN_AS_A_KEY = (
    "is not a table; channels are written as [notify.NAME] with a url, and these are the keys of [notify]"
)

QuietHours = tuple[time, time]


def _clock(value: object) -> time:
    if isinstance(value, time):
        return value.replace(tzinfo=None)
    match = _TIME.fullmatch(value.strip()) if isinstance(value, str) else None
    if match is None:
        raise ValueError("is not a time of day; write for example 08:00")
    return time(int(match[1]), int(match[2]))


def _quiet(value: object) -> QuietHours:
    begin, _, end = value.partition("-") if isinstance(value, str) else ("", "", "")
    if not (_TIME.fullmatch(begin.strip()) and _TIME.fullmatch(end.strip())):
        raise ValueError("are no hours; write for example 22:00-07:00")
    if begin.strip() == end.strip():
        raise ValueError("begin when they end; leave the key out where no hours are quiet")
    return _clock(begin), _clock(end)


def key_of(secret: Secret) -> bytes:
    """The bytes that a webhook is signed with. Raises ValueError."""
    try:
        key = base64.b64decode(secret.reveal().removeprefix("whsec_"), validate=True)
    except (binascii.Error, ValueError):
        raise ValueError(f"is not base64; {_HOW_TO_MAKE}") from None
    if len(key) < _KEY_BYTES:
        raise ValueError(f"has {len(key)} bytes, which is too short; {_HOW_TO_MAKE}")
    return key


def _signing(value: Secret) -> Secret:
    key_of(value)
    return value


def _address(value: Secret) -> Secret:
    if not re.match(r"[A-Za-z][A-Za-z0-9+.-]*://.", value.reveal()):
        raise ValueError("is no URL; write an Apprise URL such as slack://… or mailto://…, or https://… with a secret")
    return value


TimeOfDay = Annotated[time, BeforeValidator(_clock)]
Quiet = Annotated[QuietHours, BeforeValidator(_quiet)]
SigningKey = Annotated[Hidden, AfterValidator(_signing)]
Address = Annotated[Hidden, AfterValidator(_address)]


class ChannelConfig(Section):
    """[notify.NAME]: one channel. What is None is as [notify] says. `teams` None is everybody, unless `consumers` are
    named; an empty list is nobody but those whom a contract or another channel sends here."""

    url: Address
    secret: SigningKey | None = None
    teams: Texts | None = None
    consumers: Texts = ()
    allow_private: bool = False
    severity: IncidentSeverity | None = None
    quiet: Quiet | None = None
    timezone: Zone | None = None
    digest: TimeOfDay | None = None
    remind: Duration | None = None
    escalate_after: PositiveDuration | None = None
    escalate_to: Texts | None = None

    @property
    def is_webhook(self) -> bool:
        """Whether signed events are posted to the URL, in the place of text by Apprise."""
        return self.url.reveal().lower().startswith(("http://", "https://"))

    @model_validator(mode="after")
    def _signed(self) -> ChannelConfig:
        if self.is_webhook and self.secret is None:
            raise ValueError(
                "is a webhook without a secret, and webhooks are signed; add secret = "
                '"${NAME}". Services such as Slack have Apprise URLs of their own: slack://…'
            )
        if self.secret is not None and not self.is_webhook:
            raise ValueError("has a secret, which only webhooks use (a url that starts with https:// or http://)")
        return self


class NotifyConfig(Section):
    """[notify]: what holds for every channel that does not say otherwise; the channels are the tables in it."""

    model_config = ConfigDict(extra="allow")
    __pydantic_extra__: dict[str, ChannelConfig] = Field(init=False)  # ty: ignore[incompatible-mutable-override]

    default: Texts = ()
    severity: IncidentSeverity = IncidentSeverity.LOW
    quiet: Quiet | None = None
    timezone: Zone | None = None
    digest: TimeOfDay | None = None
    remind: Duration = timedelta(hours=4)
    escalate_after: PositiveDuration | None = None
    escalate_to: Texts = ()
    hold: Duration = timedelta(minutes=1)
    at_most: int = Field(5, ge=1, le=1000)
    give_up_after: PositiveDuration = timedelta(days=1)

    @property
    def channels(self) -> Mapping[str, ChannelConfig]:
        """All channels by name."""
        return dict(self.__pydantic_extra__)


def sentence_of(kind: str, place: tuple[str | int, ...]) -> str | None:
    """What is wrong with a key of [notify] that is neither one of its own nor a table; None for all else."""
    if kind != "model_type" or len(place) != 2 or place[0] != "notify":
        return None
    own = list(NotifyConfig.model_fields)
    near = get_close_matches(str(place[1]), own, n=2, cutoff=0.5)
    hint = f"; did you mean {' or '.join(near)}?" if near else ""
    return f"{_WRITTEN_AS_A_KEY}: {', '.join(own)}{hint}"


def loose_ends(notify: Mapping[str, Any]) -> Iterator[tuple[tuple[str | int, ...], str]]:
    """Names of channels that are none, and names that name no channel, in what was read of [notify]."""
    channels = {name: value for name, value in notify.items() if isinstance(value, dict)}
    for name in channels:
        if not _NAME.fullmatch(name):
            yield ("notify", name), "is not a name for a channel; write lower-case letters, digits, - and _"
    for place, section in ((("notify",), notify), *((("notify", name), each) for name, each in channels.items())):
        for key in ("default", "escalate_to"):
            named = section.get(key)
            for name in [named] if isinstance(named, str) else named if isinstance(named, list) else []:
                if name not in channels:
                    yield (*place, key), unknown_channel(str(name), list(channels))


def unknown_channel(name: str, known: list[str]) -> str:
    """'"ops" is no channel (...)' with the nearest name, or what there is."""
    near = get_close_matches(name, known, n=1)
    if near:
        return f'"{name}" is no channel (did you mean {near[0]}?)'
    return f'"{name}" is no channel (there is {", ".join(known) or "none"}; [notify.{name}] would make it one)'
