"""The channels as they are to be used, and who is told through which. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from checks.config import ChannelConfig, Config
from checks.config_notify import QuietHours, key_of
from checks.lineage.graph import Graph
from checks.notify.quiet import digest_due, quiet_until
from checks.records import Dataset, Family, Incident, IncidentSeverity
from checks.values import Secret


@dataclass(frozen=True, slots=True)
class Channel:
    """One [notify.NAME], with what [notify] says where it says nothing itself. `teams` None is everybody; `key` is
    what a webhook is signed with, None for Apprise."""

    name: str
    url: Secret
    key: bytes | None = field(default=None, repr=False)
    teams: frozenset[str] | None = None
    consumers: frozenset[str] = frozenset()
    allow_private: bool = False
    severity: IncidentSeverity = IncidentSeverity.LOW
    quiet: QuietHours | None = None
    zone: ZoneInfo = field(default_factory=lambda: ZoneInfo("UTC"))
    digest: time | None = None
    remind: timedelta = timedelta(hours=4)
    escalate_after: timedelta | None = None
    escalate_to: tuple[str, ...] = ()
    hold: timedelta = timedelta(minutes=1)
    at_most: int = 5
    give_up_after: timedelta = timedelta(days=1)

    def quiet_until(self, at: datetime) -> datetime | None:
        """When its quiet hours end, None where they are not now."""
        return quiet_until(self.quiet, self.zone, at)

    def digest_due(self, at: datetime) -> datetime | None:
        """The newest moment at which its digest was due, None where that is long past."""
        return digest_due(self.digest, self.zone, at)

    def tells(self, audience: Audience) -> bool:
        """Whether the channel is for these people, or a contract names it."""
        if self.name in audience.channels or self.teams is None:
            return True
        return bool(self.teams & audience.teams or self.consumers & audience.consumers)


@dataclass(frozen=True, slots=True)
class Audience:
    """Who has to do with an incident: teams (owners of what is broken and of what is reached), consumers that are
    reached, and channels that the contracts of the broken datasets name. Teams and consumers are in lower case."""

    teams: frozenset[str] = frozenset()
    consumers: frozenset[str] = frozenset()
    channels: frozenset[str] = frozenset()


def channels_of(config: Config) -> dict[str, Channel]:
    """All channels by name."""
    return {name: _channel(name, section, config) for name, section in config.notify.channels.items()}


def audience_of(incident: Incident, datasets: Mapping[str, Dataset], graph: Graph) -> Audience:
    """Who is to be told of an incident."""
    broken = _broken(incident, datasets)
    nodes = [graph.nodes[name] for name in (*_below(broken, graph), *incident.consumers) if name in graph.nodes]
    owners = (*incident.owners, *(each.owner for each in broken), *(node.owner for node in nodes))
    named = frozenset(name for each in broken for name in each.channels)
    return Audience(_folded(owners), _folded(incident.consumers), named)


def concerned(audience: Audience, channels: Iterable[Channel], default: Collection[str]) -> list[Channel]:
    """The channels that are for these people, else the default ones."""
    every = list(channels)
    return [each for each in every if each.tells(audience)] or [each for each in every if each.name in default]


def routed(
    audience: Audience, severity: IncidentSeverity, channels: Iterable[Channel], default: Collection[str]
) -> list[Channel]:
    """The channels that are told of an incident at once: those that it concerns and that want to hear of something so
    mild. The digest tells the others."""
    return [each for each in concerned(audience, channels, default) if severity.rank >= each.severity.rank]


def _channel(name: str, own: ChannelConfig, config: Config) -> Channel:
    general = config.notify
    said = own.model_dump(include=_SHARED, exclude_none=True)
    shared = general.model_dump(include=_SHARED) | said
    zone = ZoneInfo(shared.pop("timezone") or config.app.timezone)
    teams = own.teams if own.teams is not None else (() if own.consumers else None)
    return Channel(
        name=name,
        url=own.url,
        key=key_of(own.secret) if own.secret else None,
        teams=None if teams is None or "*" in teams else _folded(teams),
        consumers=_folded(own.consumers),
        allow_private=own.allow_private,
        zone=zone,
        hold=general.hold,
        at_most=general.at_most,
        give_up_after=general.give_up_after,
        **shared,
    )


_SHARED = {"severity", "quiet", "timezone", "digest", "remind", "escalate_after", "escalate_to"}


def _broken(incident: Incident, datasets: Mapping[str, Dataset]) -> list[Dataset]:
    """The datasets of its symptoms, the leading one first; all of a source that does not answer."""
    keys = list(dict.fromkeys(each.key for each in incident.symptoms))
    sources = {key.subject for key in keys if key.family is Family.SOURCE}
    names = dict.fromkeys(key.subject for key in keys if key.family is not Family.SOURCE)
    silent = [each for each in datasets.values() if each.source in sources] if sources else []
    return [*(datasets[name] for name in names if name in datasets), *silent]


def _below(broken: Iterable[Dataset], graph: Graph) -> set[str]:
    """All that is made from any of them. The leading one is the most upstream, so that its walk spares the others'."""
    reached: set[str] = set()
    for each in broken:
        if each.name in graph.nodes and each.name not in reached:
            reached |= graph.downstream(each.name).keys()
    return reached


def _folded(names: Iterable[str | None]) -> frozenset[str]:
    return frozenset(name.casefold().strip() for name in names if name)
