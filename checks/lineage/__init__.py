"""Which dataset is made from which, and who reads it.

    contracts, views, consumers,  ->  assemble   ->   graph              ->   document
    dbt, openlineage -> jobs          edges with      upstream, downstream,   for commands, API
                                      their origin    blast radius, most      and the page
                                      and columns     upstream failing

`graph`, `assemble` and `jobs` are pure. `views` reads one definition, `reading` all of a source in a worker, `known`
keeps what was read; `openlineage` reads one event, `naming` finds the dataset that is meant; `whole` puts all together.
"""

from checks.lineage.graph import FLOWS, BlastRadius, ColumnPair, Edge, Graph, Kind, Node, Origin
from checks.lineage.known import Job, Lineage, ViewsKnown
from checks.lineage.whole import LineageKnown

__all__ = [
    "FLOWS",
    "BlastRadius",
    "ColumnPair",
    "Edge",
    "Graph",
    "Job",
    "Kind",
    "Lineage",
    "LineageKnown",
    "Node",
    "Origin",
    "ViewsKnown",
]
