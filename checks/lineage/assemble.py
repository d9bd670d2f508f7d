"""From what is declared, what views read and what others tell to one graph. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from checks.lineage.graph import ColumnPair, Edge, Graph, Kind, Node, Origin
from checks.lineage.record import ViewRead, ViewsRead
from checks.records import Dataset, ReferenceExpected


@dataclass(frozen=True, slots=True)
class Part:
    """What one place tells of lineage: edges, what is known of their ends, and a sentence for each thing that is not
    known."""

    edges: tuple[Edge, ...] = ()
    nodes: tuple[Node, ...] = ()
    notes: tuple[str, ...] = ()


def assembled(datasets: Mapping[str, Dataset], views: Mapping[str, ViewsRead], parts: Iterable[Part] = ()) -> Graph:
    """The graph of all datasets by name, with the views of each source and what others tell. Of a node the first that
    tells something counts. What is named and not watched is a node too, so that no path ends at it."""
    told = [*(_of_contract(dataset) for dataset in datasets.values()), *parts]
    read = [edge for source, found in views.items() for view in found.views for edge in _read(source, view)]
    edges = [*read, *(edge for part in told for edge in part.edges)]
    edges = [edge for edge in edges if edge.upstream != edge.downstream]  # keys of its own table
    nodes = {name: _node(dataset) for name, dataset in datasets.items()}
    for node in (node for part in told for node in part.nodes):
        nodes[node.name] = _filled(nodes[node.name], node) if node.name in nodes else node
    for edge in edges:
        for name in (edge.upstream, edge.downstream):
            nodes.setdefault(name, Node(name, Kind.OUTSIDE))
    return Graph.of(nodes.values(), edges)


def notes_of(views: Mapping[str, ViewsRead]) -> Iterator[str]:
    """A sentence for each view of which something is not known."""
    for source, read in sorted(views.items()):
        for each in read.views:
            name = f"{source}.{each.view}"
            if each.problem:
                yield f"view {name}: {each.problem}"
            if each.missing:
                listed = ", ".join(f"'{name}'" for name in each.missing)
                yield f"view {name} reads {listed}, which the source does not list"


def _node(dataset: Dataset) -> Node:
    return Node(dataset.name, Kind.VIEW if dataset.table.is_view else Kind.TABLE, dataset.owner)


def _filled(node: Node, other: Node) -> Node:
    """What is known of a node, with what another place tells where nothing was known. A dataset stays one."""
    node = replace(node, owner=node.owner or other.owner)
    if node.kind is not Kind.CONSUMER or other.kind is not Kind.CONSUMER:
        return node
    return replace(node, consumer=node.consumer or other.consumer, url=node.url or other.url)


def _of_contract(dataset: Dataset) -> Part:
    consumers = dataset.consumers
    nodes = (Node(each.name, Kind.CONSUMER, each.owner, each.kind, each.url) for each in consumers)
    return Part(tuple(_declared(dataset)), tuple(nodes))


def _declared(dataset: Dataset) -> Iterator[Edge]:
    sources: dict[str, list[str]] = {}
    for made in dataset.made_from:
        sources.setdefault(made.dataset, []).append(made.column)
    for name, columns in sources.items():
        yield Edge(name, dataset.name, Origin.CONTRACT, tuple(ColumnPair(None, column) for column in columns))
    for consumer in dataset.consumers:
        yield Edge(dataset.name, consumer.name, Origin.CONSUMER)
    for expects in (check.expects for check in dataset.checks):
        if isinstance(expects, ReferenceExpected):
            pairs = zip(expects.to_columns, expects.columns, strict=True)
            yield Edge(
                expects.to_dataset,
                dataset.name,
                Origin.REFERENCE,
                tuple(ColumnPair(theirs, ours) for theirs, ours in pairs),
            )


def _read(source: str, read: ViewRead) -> Iterator[Edge]:
    for table in read.reads:
        pairs = [ColumnPair(flow.column, flow.into) for flow in read.flows if flow.table == table]
        yield Edge(f"{source}.{table}", f"{source}.{read.view}", Origin.VIEW, tuple(pairs))
