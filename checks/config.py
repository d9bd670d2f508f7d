"""config.toml, read and checked whole before anything starts.

Reading does nothing but read: no folder is made, no source is asked. All problems are reported together, each with
its file, its key and what is allowed there.
"""

from __future__ import annotations

import difflib
import functools
import ipaddress
import json
import os
import re
import tomllib
from collections.abc import Iterator, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any, Literal, get_args

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError
from pydantic.fields import FieldInfo

from checks.values import Secret, cron, duration, zone

_REFERENCE = re.compile(r"\$\{([^}]*)\}?")
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_SOURCE_NAME = re.compile(r"[a-z][a-z0-9_]*")

_Place = tuple[str | int, ...]


class ConfigError(Exception):
    """The configuration can not be used. `problems` has one sentence for each thing that is wrong."""

    def __init__(self, problems: list[str]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(problems))


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


def _positive(value: timedelta) -> timedelta:
    if not value:
        raise ValueError("is no time at all; write for example 30s, 5m or 2h")
    return value


def _as_list(value: object) -> object:
    return [value] if isinstance(value, str) else value


Hidden = Annotated[Secret, BeforeValidator(_secret)]
Url = Annotated[Hidden, AfterValidator(_url)]
Duration = Annotated[timedelta, BeforeValidator(duration)]
PositiveDuration = Annotated[Duration, AfterValidator(_positive)]
Cron = Annotated[str, AfterValidator(cron)]
Zone = Annotated[str, AfterValidator(zone)]
Texts = Annotated[tuple[str, ...], BeforeValidator(_as_list)]


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", arbitrary_types_allowed=True, hide_input_in_errors=True)


class AppConfig(_Section):
    """[app]: the process. Paths are relative to the folder of the configuration file."""

    history: str = "data/history.duckdb"
    contracts: str = "contracts"
    timezone: Zone = "UTC"
    address: str = "127.0.0.1"
    port: int = Field(8501, ge=0, le=65535)
    token: Hidden | None = None
    allow_open: bool = False
    heartbeat: Url | None = None

    @property
    def is_loopback(self) -> bool:
        """Whether only this machine reaches the app."""
        return _is_loopback(self.address)


class ScheduleConfig(_Section):
    """[schedule]: when runs happen and how much of the past they read."""

    default: Cron = "0 * * * *"
    full_every: PositiveDuration = timedelta(days=1)
    jitter: Duration = timedelta(seconds=30)
    history_days: int = Field(90, ge=1, le=3660)
    look_back: Duration = timedelta(days=3)
    attempts: int = Field(3, ge=1, le=20)
    retention: PositiveDuration = timedelta(days=400)


class SourceConfig(_Section):
    """[sources.NAME]: one warehouse. `url` may hold a password."""

    url: Hidden
    timeout: PositiveDuration = timedelta(seconds=60)
    concurrency: int = Field(2, ge=1, le=64)
    include: Texts = ("*",)
    exclude: Texts = ()
    schedule: Cron | None = None
    environment: str | None = None


class DatasetConfig(_Section):
    """[datasets."source.schema.table"]: what is declared about a dataset without a contract."""

    event_time: str | None = None
    key: Texts = ()
    timezone: Zone | None = None
    grain: Literal["day", "hour"] | None = None
    owner: str | None = None
    schedule: Cron | None = None


class _File(_Section):
    app: AppConfig = AppConfig()
    schedule: ScheduleConfig = ScheduleConfig()
    sources: dict[str, SourceConfig] = {}
    datasets: dict[str, DatasetConfig] = {}


class Config(_File):
    """The whole configuration. `file` is where it was read, `base` the folder that relative paths start from."""

    file: Path
    base: Path

    @property
    def history_path(self) -> Path:
        return self.base / Path(self.app.history).expanduser()

    @property
    def contracts_path(self) -> Path:
        return self.base / Path(self.app.contracts).expanduser()


def load(path: Path, environ: Mapping[str, str] = os.environ) -> Config:
    """The configuration at `path`, with `${NAME}` references filled in from `environ`. Raises ConfigError."""
    raw = _read_toml(path)
    missing: dict[_Place, str] = {}
    filled = _filled(raw, (), environ, missing)
    problems = list(missing.items())
    parsed = _File()
    try:
        parsed = _File.model_validate(filled)
    except ValidationError as error:
        problems += [
            (place, _sentence(detail, place, raw)) for detail, place in _details(error) if place not in missing
        ]
    problems += _misnamed(filled) + _open_to_others(filled)
    if problems:
        raise ConfigError([f"{path}: {_key(place)}: {sentence}" for place, sentence in problems])
    return Config(**dict(parsed), file=path, base=path.resolve().parent)


def _read_toml(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except FileNotFoundError as error:
        raise ConfigError([_how_to_start(path)]) from error
    except OSError as error:
        raise ConfigError([f"{path}: can not be read: {error.strerror}"]) from error
    except UnicodeDecodeError as error:
        raise ConfigError([f"{path}: is not UTF-8 text; save it as UTF-8"]) from error
    except tomllib.TOMLDecodeError as error:
        raise ConfigError([_toml_problem(path, str(error))]) from error


def _how_to_start(path: Path) -> str:
    start = '[sources.warehouse]\nurl = "duckdb://warehouse.duckdb"'
    return f"{path}: there is no such file. Write one, for example:\n{start}\nor name another with --config PATH"


def _toml_problem(path: Path, message: str) -> str:
    at = re.search(r" \(at line (\d+), column (\d+)\)", message)
    where = f":{at[1]}" if at else ""
    return f"{path}{where}: is not TOML: {message.replace(at[0], f', column {at[2]}') if at else message}"


def _filled(value: Any, place: _Place, environ: Mapping[str, str], missing: dict[_Place, str]) -> Any:
    if isinstance(value, dict):
        return {key: _filled(inner, (*place, key), environ, missing) for key, inner in value.items()}
    if isinstance(value, list):
        return [_filled(inner, (*place, index), environ, missing) for index, inner in enumerate(value)]
    if not isinstance(value, str):
        return value
    for name in _REFERENCE.findall(value):
        if not _VARIABLE.fullmatch(name):
            missing[place] = f'"${{{name}" is not a reference; write ${{NAME}} for the environment variable NAME'
        elif name not in environ:
            missing[place] = f"the environment variable {name} is not set; set it before starting"
    return _REFERENCE.sub(lambda match: environ.get(match[1], ""), value)


def _details(error: ValidationError) -> Iterator[tuple[Mapping[str, Any], _Place]]:
    for detail in error.errors(include_url=False):
        yield detail, tuple(detail["loc"])


def _sentence(detail: Mapping[str, Any], place: _Place, raw: Mapping[str, Any]) -> str:
    """What is wrong. Shows the value as written in the file, so that a reference stays a reference."""
    kind = detail["type"]
    if kind == "missing":
        return "is required"
    if kind == "extra_forbidden":
        return _unknown(place)
    reason = str(detail["ctx"]["error"]) if kind == "value_error" else _plain(detail["msg"])
    if _is_hidden(place):
        return reason
    written: Any = raw
    for step in place:
        written = written[step]
    return f"{json.dumps(written, default=str, ensure_ascii=False)} {reason}"


def _plain(message: str) -> str:
    """pydantic's 'Input should be a valid integer, unable to parse ...' in the tone of the other sentences."""
    words = {"Input should be": "is wrong; it must be", "a valid integer": "a whole number", "a valid string": "text"}
    return functools.reduce(lambda text, word: text.replace(word, words[word]), words, message.split(", unable")[0])


def _unknown(place: _Place) -> str:
    allowed = list(_fields_at(place[:-1]))
    near = difflib.get_close_matches(str(place[-1]), allowed, n=2, cutoff=0.5)
    hint = f"did you mean {' or '.join(near)}? " if near else ""
    return f"is not a key that Vitals knows; {hint}allowed here: {', '.join(allowed)}"


def _fields_at(place: _Place) -> Mapping[str, FieldInfo]:
    section: Any = _File
    for step in place:
        if isinstance(section, type) and issubclass(section, BaseModel):
            section = section.model_fields[str(step)].annotation
        else:
            section = get_args(section)[1]  # dict[str, SourceConfig]: the step was a name
    return section.model_fields


def _is_hidden(place: _Place) -> bool:
    return place[-1] in ("url", "token", "heartbeat")


def _misnamed(filled: Mapping[str, Any]) -> list[tuple[_Place, str]]:
    problems: list[tuple[_Place, str]] = []
    sources, datasets = _section(filled, "sources"), _section(filled, "datasets")
    for name in sources:
        if not _SOURCE_NAME.fullmatch(name):
            wrong = "is not a name for a source; write lower-case letters, digits and _, a letter first"
            problems.append((("sources", name), wrong))
    for name in datasets:
        if name.split(".")[0] not in sources or "." not in name:
            known = ", ".join(sources) or "none"
            problems.append((("datasets", name), f"does not start with the name of a source (known: {known})"))
    return problems


def _open_to_others(filled: Mapping[str, Any]) -> list[tuple[_Place, str]]:
    app = _section(filled, "app")
    address = app.get("address", "127.0.0.1")
    if _is_loopback(str(address)) or app.get("token") or app.get("allow_open") in (True, "true"):
        return []
    who = f"is required because the address {json.dumps(address)} can be reached from other machines"
    return [(("app", "token"), f"{who}; set a token, or allow_open = true to let anybody in")]


def _section(filled: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    section = filled.get(name)
    return section if isinstance(section, dict) else {}


def _is_loopback(address: str) -> bool:
    if address == "localhost":
        return True
    try:
        return ipaddress.ip_address(address).is_loopback
    except ValueError:  # a host name: who reaches it is not known
        return False


def _key(place: _Place) -> str:
    """The key as it is written in TOML: datasets."warehouse.main.flights".grain"""
    return ".".join(str(p) if re.fullmatch(r"[\w-]+", str(p), re.ASCII) else json.dumps(str(p)) for p in place)
