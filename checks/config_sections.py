"""The sections of config.toml as records: keys, defaults and what is allowed. `config` reads the file."""

from __future__ import annotations

import ipaddress
from datetime import timedelta
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

from checks.deadlines import country
from checks.records import ConsumerKind
from checks.values import Secret, cron, duration, zone

_LONGEST = timedelta(days=36_525)


def _secret(value: object) -> Secret:
    if isinstance(value, Secret):
        return value
    if not isinstance(value, str):
        raise ValueError("is not text; put it in quotes")
    if not value.strip():
        raise ValueError("is empty")
    return Secret(value)


def _url(value: Secret) -> Secret:
    if not value.reveal().startswith(("http://", "https://")):
        raise ValueError("is not a URL; it starts with https:// or http://")
    return value


def _link(value: str) -> str:
    if not value.startswith(("http://", "https://")):
        raise ValueError("is not a URL; it starts with https:// or http://")
    if "@" in value.partition("//")[2].partition("/")[0]:
        raise ValueError("holds a user or password; leave that out, everybody who follows the link sees it")
    return value


def _positive(value: timedelta) -> timedelta:
    if not value:
        raise ValueError("is no time at all; write for example 30s, 5m or 2h")
    return value


def _within_a_life(value: timedelta) -> timedelta:
    """Longer ones would lead out of the calendar when a moment is so long ago."""
    if value > _LONGEST:
        raise ValueError("is longer than 100 years")
    return value


def _as_list(value: object) -> object:
    return [value] if isinstance(value, str) else value


Hidden = Annotated[Secret, BeforeValidator(_secret)]
Url = Annotated[Hidden, AfterValidator(_url)]
Link = Annotated[str, AfterValidator(_link)]
Duration = Annotated[timedelta, BeforeValidator(duration), AfterValidator(_within_a_life)]
PositiveDuration = Annotated[Duration, AfterValidator(_positive)]
Cron = Annotated[str, AfterValidator(cron)]
Zone = Annotated[str, AfterValidator(zone)]
Texts = Annotated[tuple[str, ...], BeforeValidator(_as_list)]
Country = Annotated[str, AfterValidator(country)]


class Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", arbitrary_types_allowed=True, hide_input_in_errors=True)


class AppConfig(Section):
    """[app]: the process. Paths are relative to the folder of the configuration file."""

    history: str = "data/history.duckdb"
    contracts: str = "contracts"
    timezone: Zone = "UTC"
    address: str = "127.0.0.1"
    port: int = Field(8501, ge=0, le=65535)
    token: Hidden | None = None
    allow_open: bool = False
    heartbeat: Url | None = None
    public_url: Link | None = None

    @property
    def base_url(self) -> str:
        """Where people find the pages, without a slash at the end; what is linked to in messages."""
        host = f"[{self.address}]" if ":" in self.address else self.address
        return self.public_url.rstrip("/") if self.public_url else f"http://{host}:{self.port}"

    @property
    def is_loopback(self) -> bool:
        """Whether only this machine reaches the app."""
        return is_loopback_address(self.address)


class ScheduleConfig(Section):
    """[schedule]: when runs happen and how much of the past they read."""

    default: Cron = "0 * * * *"
    full_every: PositiveDuration = timedelta(days=1)
    jitter: Duration = timedelta(seconds=30)
    history_days: int = Field(90, ge=1, le=3660)
    look_back: Duration = timedelta(days=3)
    attempts: int = Field(3, ge=1, le=20)
    retention: PositiveDuration = timedelta(days=400)


class IncidentsConfig(Section):
    """[incidents]: when one is over, and what belongs to it. After `healthy_runs` healthy runs in a row what was broken
    has recovered. What breaks again within `reopen_within` opens the same incident again. `spread` is how long after a
    dataset one that is made from it may break and still be part of the same incident."""

    healthy_runs: int = Field(2, ge=1, le=100)
    reopen_within: Duration = timedelta(days=1)
    spread: PositiveDuration = timedelta(days=2)


class SourceConfig(Section):
    """[sources.NAME]: one warehouse. `url` may hold a password."""

    url: Hidden
    timeout: PositiveDuration = timedelta(seconds=60)
    concurrency: int = Field(2, ge=1, le=64)
    include: Texts = ("*",)
    exclude: Texts = ()
    schedule: Cron | None = None
    environment: str | None = None


class DetectionConfig(Section):
    """[detection]: what is learned from the past, and how often that may alarm."""

    on: bool = True
    alerts_per_90_days: float = Field(1.0, gt=0, le=90, allow_inf_nan=False)
    holidays: Country | None = None


class DatasetDetection(Section):
    """[datasets."source.schema.table".detection]: the same for one dataset; None is what [detection] says."""

    on: bool | None = None
    alerts_per_90_days: float | None = Field(None, gt=0, le=90, allow_inf_nan=False)
    holidays: Country | None = None


class DatasetConfig(Section):
    """[datasets."source.schema.table"]: what is declared about a dataset without a contract."""

    event_time: str | None = None
    load_time: str | None = None
    key: Texts = ()
    timezone: Zone | None = None
    grain: Literal["day", "hour"] | None = None
    owner: str | None = None
    schedule: Cron | None = None
    detection: DatasetDetection = DatasetDetection()


class LineageConfig(Section):
    """[lineage]: where else it is told what is made from what. Paths are relative to the folder of the configuration
    file; `namespaces` are those of OpenLineage with the source that each means."""

    dbt: Texts = ()
    namespaces: dict[str, str] = Field(default_factory=dict)


class ConsumerConfig(Section):
    """[consumers."Name"]: who reads datasets."""

    reads: Annotated[Texts, Field(min_length=1)]
    kind: ConsumerKind | None = None
    owner: str | None = None
    url: Link | None = None


def is_loopback_address(address: str) -> bool:
    """Whether only this machine reaches the address."""
    if address == "localhost":
        return True
    try:
        return ipaddress.ip_address(address).is_loopback
    except ValueError:  # a host name: who reaches it is not known
        return False
