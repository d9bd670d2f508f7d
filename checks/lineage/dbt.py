"""Manifests of dbt: what models, seeds and snapshots are made from, and who reads them (exposures).

Read are the parts that every version from 9 (dbt 1.5) to 12 (dbt 1.8 and later) has alike. Tests, analyses and
operations are no data; an ephemeral model, a metric or a semantic model is no relation, and what it is made from counts
for it.
"""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from checks.lineage.assemble import Part
from checks.lineage.graph import Edge, Kind, Node, Origin
from checks.lineage.naming import Naming, at_home
from checks.records import ConsumerKind

_LARGEST = 256 * 1024 * 1024
_VERSIONS = range(9, 13)
_VERSION = re.compile(r"/manifest/v(\d+)\.json$")
_RELATIONS = ("model", "seed", "snapshot")
_BESIDE = ("metrics", "semantic_models", "saved_queries")  # what an exposure may name that has no relation
_KINDS = {"dashboard": ConsumerKind.DASHBOARD, "ml": ConsumerKind.MODEL}
Content = Mapping[str, Any]


class ManifestUnusable(Exception):
    """A manifest that can not be read; the sentence says why, and what to do."""


@dataclass(frozen=True)
class Manifest:
    """What a manifest says. Raises ManifestUnusable for what is none."""

    file: str
    content: Content

    def part(self, naming: Naming) -> Part:
        """Its edges, the consumers that its exposures are, and the owners of its models."""
        edges: dict[Edge, None] = {}
        nodes: list[Node] = []
        for uid, node in self._models.items():
            if self._has_relation(uid):
                name = self._name(uid, naming)
                nodes.append(Node(name, Kind.OUTSIDE, self._owner(node)))
                edges |= {Edge(self._name(each, naming), name, Origin.DBT): None for each in self._above(node)}
        for exposure in _members(self.content, "exposures").values():
            name = _text(exposure, "label") or _text(exposure, "name")
            if name:
                nodes.append(_consumer(name, exposure))
                edges |= {Edge(self._name(each, naming), name, Origin.DBT): None for each in self._above(exposure)}
        return Part(tuple(edges), tuple(nodes))

    def load_times(self, naming: Naming) -> dict[str, str]:
        """By dataset what dbt dates it by: `loaded_at_field` of its sources."""
        said = {
            uid: _text(_object(source, "config"), "loaded_at_field") or _text(source, "loaded_at_field")
            for uid, source in self._sources.items()
        }
        return {self._name(uid, naming): field for uid, field in said.items() if field}

    # -- inside --------------------------------------------------------------------------------------------------------

    @cached_property
    def _models(self) -> dict[str, Content]:
        nodes = _members(self.content, "nodes").items()
        return {uid: node for uid, node in nodes if node.get("resource_type") in _RELATIONS}

    @cached_property
    def _sources(self) -> dict[str, Content]:
        return _members(self.content, "sources")

    @cached_property
    def _others(self) -> dict[str, Content]:
        return {uid: each for key in _BESIDE for uid, each in _members(self.content, key).items()}

    @cached_property
    def _adapter(self) -> str:
        return _text(_object(self.content, "metadata"), "adapter_type") or ""

    def _has_relation(self, uid: str) -> bool:
        if uid in self._sources:
            return True
        materialized = _text(_object(self._models.get(uid, {}), "config"), "materialized")
        return uid in self._models and materialized != "ephemeral"

    def _above(self, node: Content) -> list[str]:
        """The relations that a node is made from, through what is none."""
        found: dict[str, None] = {}
        waiting, seen = _depends_on(node), set()
        while waiting:
            uid = waiting.pop()
            if uid in seen:
                continue
            seen.add(uid)
            if self._has_relation(uid):
                found[uid] = None
            else:
                waiting += _depends_on(self._models.get(uid) or self._others.get(uid) or {})
        return sorted(found)

    def _name(self, uid: str, naming: Naming) -> str:
        node = self._models.get(uid) or self._sources.get(uid) or {}
        table = _text(node, "alias") or _text(node, "identifier") or _text(node, "name") or uid
        return naming.relation(self._adapter, _text(node, "database"), _text(node, "schema"), table)

    def _owner(self, node: Content) -> str | None:
        """`owner` of its meta, else that of its group."""
        metas = (_object(_object(node, "config"), "meta"), _object(node, "meta"))
        said = next((owner for meta in metas if (owner := _text(meta, "owner"))), None)
        groups = _members(self.content, "groups").values()
        name = _text(node, "group")
        group = next((each for each in groups if name and _text(each, "name") == name), {})
        return said or _person(_object(group, "owner"))


class ManifestsKnown:
    """Manifests by path, read again when their file is another; may be asked from several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._read: dict[Path, tuple[tuple[int, int], Manifest | str]] = {}

    def manifests(self, base: Path, written: Sequence[str]) -> Iterator[Manifest | str]:
        """The manifest of each path in config.toml, or a sentence that says why there is none."""
        for path in written:
            with self._lock:
                found = self._manifest(base / at_home(path))
            yield found

    def _manifest(self, path: Path) -> Manifest | str:
        try:
            stat = path.stat()
        except OSError as error:
            return f"{path}: {_why(error)}; run `dbt parse`, or correct [lineage] dbt in config.toml"
        state = stat.st_mtime_ns, stat.st_size
        if path not in self._read or self._read[path][0] != state:
            try:
                self._read[path] = state, read_manifest(path)
            except ManifestUnusable as error:
                self._read[path] = state, str(error)
        return self._read[path][1]


def read_manifest(path: Path) -> Manifest:
    """Reads a manifest.json. Raises ManifestUnusable."""
    again = "run `dbt parse` again, or correct [lineage] dbt in config.toml"
    try:
        if path.stat().st_size > _LARGEST:
            raise ManifestUnusable(f"{path}: has more than {_LARGEST // 1024**2} MB, which are not read")
        content = json.loads(path.read_bytes())
    except OSError as error:
        raise ManifestUnusable(f"{path}: {_why(error)}; {again}") from error
    except (ValueError, RecursionError) as error:
        raise ManifestUnusable(f"{path}: is not JSON, perhaps half written; {again}") from error
    version = _VERSION.search(_text(_object(content, "metadata"), "dbt_schema_version") or "")
    if version is None:
        raise ManifestUnusable(f"{path}: is no manifest.json of dbt; {again}")
    if int(version[1]) not in _VERSIONS:
        known = f"v{_VERSIONS[0]} to v{_VERSIONS[-1]} are read (dbt 1.5 and later)"
        raise ManifestUnusable(f"{path}: is a manifest of version v{version[1]}; {known}")
    return Manifest(str(path), content)


def _why(error: OSError) -> str:
    missing = isinstance(error, FileNotFoundError)
    return "there is no such file" if missing else f"can not be read ({(error.strerror or 'no reason given').lower()})"


def _consumer(name: str, exposure: Content) -> Node:
    url = _text(exposure, "url")
    link = url if url and url.startswith(("http://", "https://")) else None
    kind = _KINDS.get(_text(exposure, "type") or "")
    return Node(name, Kind.CONSUMER, _person(_object(exposure, "owner")), kind, link)


def _person(owner: Content) -> str | None:
    return _text(owner, "name") or _text(owner, "email")


def _depends_on(node: Content) -> list[str]:
    listed = _object(node, "depends_on").get("nodes")
    return [each for each in listed if isinstance(each, str)] if isinstance(listed, list) else []


def _members(content: Content, key: str) -> dict[str, Content]:
    """Objects by their unique id; some versions have lists of them for what was disabled, which does not count."""
    return {uid: each for uid, each in _object(content, key).items() if isinstance(each, dict)}


def _object(content: object, key: str) -> Content:
    value = content.get(key) if isinstance(content, dict) else None
    return value if isinstance(value, dict) else {}


def _text(content: Content, key: str) -> str | None:
    value = content.get(key)
    return value if isinstance(value, str) and value.strip() else None
