"""From what is declared and what views read to one graph. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from checks.lineage.graph import ColumnPair, Edge, Graph, Kind, Node, Origin
from checks.lineage.record import ViewRead, ViewsRead
from checks.records import Dataset, ReferenceExpected


def assembled(datasets: Mapping[str, Dataset], views: Mapping[str, ViewsRead]) -> Graph:
    """The graph of all datasets by name, with the views of each source. What is named and not watched is a node too, so
    that no path ends at it."""
    edges = [edge for dataset in datasets.values() for edge in _declared(dataset)]
    edges += [edge for source, read in views.items() for view in read.views for edge in _read(source, view)]
    edges = [edge for edge in edges if edge.upstream != edge.downstream]  # keys of its own table
    nodes = {name: _node(dataset) for name, dataset in datasets.items()}
    consumers = {edge.downstream for edge in edges if edge.origin is Origin.CONSUMER}
    for edge in edges:
        for name in (edge.upstream, edge.downstream):
            nodes.setdefault(name, Node(name, Kind.CONSUMER if name in consumers else Kind.OUTSIDE))
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


def _declared(dataset: Dataset) -> Iterator[Edge]:
    sources: dict[str, list[str]] = {}
    for made in dataset.made_from:
        sources.setdefault(made.dataset, []).append(made.column)
    for name, columns in sources.items():
        yield Edge(name, dataset.name, Origin.CONTRACT, tuple(ColumnPair(None, column) for column in columns))
    for consumer in dataset.consumers:
        yield Edge(dataset.name, consumer, Origin.CONSUMER)
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
