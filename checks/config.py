"""config.toml, read and checked whole before anything starts.

Reading does nothing but read: no folder is made, no source is asked. All problems are reported together, each with
its file, its key and what is allowed there.
"""

from __future__ import annotations

import difflib
import functools
import json
import os
import re
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, get_args

from pydantic import BaseModel, Field, ValidationError
from pydantic.fields import FieldInfo

from checks import config_notify
from checks.config_notify import ChannelConfig, NotifyConfig
from checks.config_sections import (
    AppConfig,
    ConsumerConfig,
    DatasetConfig,
    DatasetDetection,
    DetectionConfig,
    IncidentsConfig,
    LineageConfig,
    ScheduleConfig,
    Section,
    SourceConfig,
    is_loopback_address,
)

_REFERENCE = re.compile(r"\$\{([^}]*)\}?")
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_SOURCE_NAME = re.compile(r"[a-z][a-z0-9_]*")

__all__ = [
    "AppConfig",
    "ChannelConfig",
    "Config",
    "ConfigError",
    "ConsumerConfig",
    "DatasetConfig",
    "DatasetDetection",
    "DetectionConfig",
    "IncidentsConfig",
    "LineageConfig",
    "NotifyConfig",
    "ScheduleConfig",
    "SourceConfig",
    "load",
]

_Place = tuple[str | int, ...]


class ConfigError(Exception):
    """The configuration can not be used. `problems` has one sentence for each thing that is wrong."""

    def __init__(self, problems: list[str]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(problems))


class _File(Section):
    app: AppConfig = AppConfig()
    schedule: ScheduleConfig = ScheduleConfig()
    detection: DetectionConfig = DetectionConfig()
    incidents: IncidentsConfig = IncidentsConfig()
    notify: NotifyConfig = NotifyConfig()
    sources: dict[str, SourceConfig] = Field(default_factory=dict)
    datasets: dict[str, DatasetConfig] = Field(default_factory=dict)
    consumers: dict[str, ConsumerConfig] = Field(default_factory=dict)
    lineage: LineageConfig = LineageConfig()


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

    @property
    def contracts_given(self) -> tuple[Path, ...]:
        """The folder that is read for contracts; none where it is not there and nobody has named it."""
        named = "contracts" in self.app.model_fields_set
        return (self.contracts_path,) if named or self.contracts_path.exists() else ()


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
    problems += config_notify.loose_ends(_section(filled, "notify"))
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
    if (of_channels := config_notify.sentence_of(kind, place)) is not None:
        return of_channels
    reason = str(detail["ctx"]["error"]) if kind == "value_error" else _plain(detail["msg"])
    if _is_hidden(place):
        return reason
    written: Any = raw
    for step in place:
        written = written[step]
    if isinstance(written, dict):  # a section, in which there may be a url
        return reason
    return f"{json.dumps(written, default=str, ensure_ascii=False)} {reason}"


def _plain(message: str) -> str:
    """pydantic's 'Input should be a valid integer, unable to parse ...' in the tone of the other sentences."""
    words = {
        "Input should be": "is wrong; it must be",
        "a valid integer": "a whole number",
        "a valid string": "text",
        "a valid tuple": "text, or a list of texts",
    }
    plain = re.sub(r"a valid dictionary( or instance of \w+)?", "a section with keys of its own", message)
    return functools.reduce(lambda text, word: text.replace(word, words[word]), words, plain.split(", unable")[0])


def _unknown(place: _Place) -> str:
    allowed = list(_fields_at(place[:-1]))
    near = difflib.get_close_matches(str(place[-1]), allowed, n=2, cutoff=0.5)
    hint = f"did you mean {' or '.join(near)}? " if near else ""
    return f"is not a key that Vitals knows; {hint}allowed here: {', '.join(allowed)}"


def _fields_at(place: _Place) -> Mapping[str, FieldInfo]:
    section: Any = _File
    for step in place:
        if isinstance(section, type) and issubclass(section, BaseModel):
            known: Any = section.model_fields.get(str(step))
            section = known.annotation if known else ChannelConfig  # only [notify] has tables with free names
        else:
            section = get_args(section)[1]  # dict[str, SourceConfig]: the step was a name
    return section.model_fields


def _is_hidden(place: _Place) -> bool:
    return place[-1] in ("url", "token", "heartbeat", "secret", "public_url")


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
    if any(not name.strip() for name in _section(filled, "consumers")):
        problems.append((("consumers", ""), 'has no name; write who reads the data, as in [consumers."Delay board"]'))
    for namespace, name in _section(_section(filled, "lineage"), "namespaces").items():
        if name not in sources:
            known = ", ".join(sources) or "none"
            problems.append((("lineage", "namespaces", namespace), f"is not the name of a source (known: {known})"))
    return problems


def _open_to_others(filled: Mapping[str, Any]) -> list[tuple[_Place, str]]:
    app = _section(filled, "app")
    address = app.get("address", "127.0.0.1")
    if is_loopback_address(str(address)) or app.get("token") or app.get("allow_open") in (True, "true"):
        return []
    who = f"is required because the address {json.dumps(address)} can be reached from other machines"
    return [(("app", "token"), f"{who}; set a token, or allow_open = true to let anybody in")]


def _section(filled: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    section = filled.get(name)
    return section if isinstance(section, dict) else {}


def _key(place: _Place) -> str:
    """The key as it is written in TOML: datasets."warehouse.main.flights".grain"""
    return ".".join(str(p) if re.fullmatch(r"[\w-]+", str(p), re.ASCII) else json.dumps(str(p)) for p in place)
