"""The graph of datasets and who reads them. Pure and immutable; cycles, which people do write, end every walk."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property

from checks.records import ConsumerKind


class Kind(StrEnum):
    """What a node is. What lies outside is named by a view or contract, and watched by nobody here."""

    TABLE = "table"
    VIEW = "view"
    CONSUMER = "consumer"
    OUTSIDE = "outside"


class Origin(StrEnum):
    """Where an edge is known from: the definition of a view, `transformSourceObjects` of a contract, the consumers that
    contracts and config.toml declare, a relationship of keys, a manifest of dbt, or events of OpenLineage."""

    VIEW = "view"
    CONTRACT = "contract"
    CONSUMER = "consumer"
    REFERENCE = "relationship"
    DBT = "dbt"
    EVENT = "openlineage"


#: along these data flows. A relationship says that keys are looked up: nothing is computed from the table that has them
FLOWS = frozenset(set(Origin) - {Origin.REFERENCE})
_REFERENCES = frozenset({Origin.REFERENCE})


@dataclass(frozen=True, slots=True)
class Node:
    """A dataset or a consumer; the name tells it from all others. `consumer` is what kind of consumer it is, `url`
    leads to it."""

    name: str
    kind: Kind = Kind.TABLE
    owner: str | None = None
    consumer: ConsumerKind | None = None
    url: str | None = None


@dataclass(frozen=True, slots=True)
class ColumnPair:
    """That values of a column get into another. `upstream` is None where only the dataset is known."""

    upstream: str | None
    downstream: str


@dataclass(frozen=True, slots=True)
class Edge:
    """Data flows from `upstream` to `downstream`; of a relationship, `downstream` refers to keys of `upstream`. Columns
    are empty where they are not known. `jobs` are the names of those that move the data."""

    upstream: str
    downstream: str
    origin: Origin
    columns: tuple[ColumnPair, ...] = ()
    jobs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class BlastRadius:
    """What trouble in a dataset reaches: datasets made from it and consumers, all the way down, and the datasets whose
    keys refer to one of these, where a check of consistency would notice. Each sorted by name."""

    datasets: tuple[str, ...]
    consumers: tuple[str, ...]
    referring: tuple[str, ...]


@dataclass(frozen=True)
class Graph:
    """Nodes by name and the edges between them. Raises ValueError for an edge whose end is no node."""

    nodes: Mapping[str, Node]
    edges: tuple[Edge, ...] = ()

    def __post_init__(self) -> None:
        loose = {end for edge in self.edges for end in (edge.upstream, edge.downstream)} - self.nodes.keys()
        if loose:
            raise ValueError(f"edges name what is no node: {', '.join(sorted(loose))}")

    @classmethod
    def of(cls, nodes: Iterable[Node], edges: Iterable[Edge]) -> Graph:
        """Sorted, and each edge once."""
        named = {node.name: node for node in sorted(nodes, key=lambda node: node.name)}
        order = sorted(dict.fromkeys(edges), key=lambda edge: (edge.upstream, edge.downstream, edge.origin))
        return cls(named, tuple(order))

    def upstream(self, name: str, along: Collection[Origin] = FLOWS) -> dict[str, int]:
        """What the node is made from, directly or not, with the number of steps to it: nearest first, and never itself.
        Raises KeyError for what is no node."""
        return _walk(name, self._above(along), self.nodes)

    def downstream(self, name: str, along: Collection[Origin] = FLOWS) -> dict[str, int]:
        """What is made from the node; see `upstream`."""
        return _walk(name, self._below(along), self.nodes)

    def read_by(self, name: str) -> tuple[Node, ...]:
        """The consumers that read the node itself, by name; none where it is no node."""
        below = (self.nodes[each] for each in sorted(self._below(FLOWS).get(name, ())))
        return tuple(node for node in below if node.kind is Kind.CONSUMER)

    def refers_to(self, name: str) -> tuple[str, ...]:
        """The datasets whose keys this one's relationships name."""
        return tuple(sorted(self._above(_REFERENCES).get(name, ())))

    def referred_by(self, name: str) -> tuple[str, ...]:
        """The datasets whose relationships name keys of this one."""
        return tuple(sorted(self._below(_REFERENCES).get(name, ())))

    def blast_radius(self, name: str) -> BlastRadius:
        """See BlastRadius. Raises KeyError for what is no node."""
        reached = sorted(self.downstream(name))
        consumers = [each for each in reached if self.nodes[each].kind is Kind.CONSUMER]
        referring = {other for each in (name, *reached) for other in self.referred_by(each)} - {name, *reached}
        datasets = tuple(each for each in reached if each not in consumers)
        return BlastRadius(datasets, tuple(consumers), tuple(sorted(referring)))

    def most_upstream(self, failing: Collection[str], along: Collection[Origin] = FLOWS) -> dict[str, tuple[str, ...]]:
        """For each of the failing nodes the failing ones above it that have no failing one above them, itself where
        that is so: where to look for the cause. What is between may be well, or not measured. Of a cycle that fails
        the first by name stands for all. Raises KeyError for what is no node."""
        steps, wanted = self._above(along), set(failing)
        above = {name: _walk(name, steps, self.nodes).keys() & wanted for name in sorted(wanted)}
        tops = {
            name
            for name, ancestors in above.items()
            if all(name in above[other] and name < other for other in ancestors)
        }
        return {name: tuple(sorted(tops & (above[name] | {name}))) for name in above}

    def around(self, name: str) -> Graph:
        """The part of the graph that has to do with a node: all that is above and below it, and what it refers to or is
        referred to by."""
        kept = {name, *self.upstream(name), *self.downstream(name), *self.refers_to(name), *self.referred_by(name)}
        edges = (edge for edge in self.edges if {edge.upstream, edge.downstream} <= kept)
        return Graph.of((self.nodes[each] for each in kept), edges)

    # -- inside --------------------------------------------------------------------------------------------------------

    def _above(self, along: Collection[Origin]) -> Mapping[str, set[str]]:
        return _merged(self._by_origin[0], along)

    def _below(self, along: Collection[Origin]) -> Mapping[str, set[str]]:
        return _merged(self._by_origin[1], along)

    @cached_property
    def _by_origin(self) -> tuple[dict[Origin, dict[str, set[str]]], dict[Origin, dict[str, set[str]]]]:
        """For each origin who is directly above, and who is directly below."""
        above: dict[Origin, dict[str, set[str]]] = {origin: {} for origin in Origin}
        below: dict[Origin, dict[str, set[str]]] = {origin: {} for origin in Origin}
        for edge in self.edges:
            above[edge.origin].setdefault(edge.downstream, set()).add(edge.upstream)
            below[edge.origin].setdefault(edge.upstream, set()).add(edge.downstream)
        return above, below


def _merged(by_origin: Mapping[Origin, Mapping[str, set[str]]], along: Collection[Origin]) -> Mapping[str, set[str]]:
    found: dict[str, set[str]] = {}
    for origin in along:
        for name, others in by_origin[origin].items():
            found[name] = found.get(name, set()) | others
    return found


def _walk(start: str, steps: Mapping[str, set[str]], nodes: Mapping[str, Node]) -> dict[str, int]:
    """Everything that can be reached, by distance and name."""
    found = {nodes[start].name: 0}
    edge_of_known, distance = [start], 0
    while edge_of_known:
        distance += 1
        reached = {other for name in edge_of_known for other in steps.get(name, ())} - found.keys()
        edge_of_known = sorted(reached)
        found |= dict.fromkeys(edge_of_known, distance)
    del found[start]
    return found
