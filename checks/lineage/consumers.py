"""[consumers] of config.toml: dashboards, models and jobs, and what they read."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from checks.catalogue import UnknownDataset
from checks.config import ConsumerConfig
from checks.lineage.assemble import Part
from checks.lineage.graph import Edge, Kind, Node, Origin
from checks.records import Dataset


def consumers_part(consumers: Mapping[str, ConsumerConfig], named: Callable[[str], Dataset]) -> Part:
    """`named` finds a dataset by a name that may leave out source or schema, or raises UnknownDataset. What is not
    found stays as it is written, and is told."""
    nodes, edges, notes = [], [], []
    for name, consumer in consumers.items():
        nodes.append(Node(name, Kind.CONSUMER, consumer.owner, consumer.kind, consumer.url))
        for read in consumer.reads:
            try:
                upstream = named(read).name
            except UnknownDataset as error:
                upstream = read
                notes.append(f'consumer "{name}" of config.toml: {error}')
            edges.append(Edge(upstream, name, Origin.CONSUMER))
    return Part(tuple(edges), tuple(nodes), tuple(notes))
