"""Which dataset is made from which, and who reads it.

    contracts, views   ->   assemble   ->   graph              ->   document
    transformSourceObjects,  edges with       upstream, downstream,   for commands, API
    relationships,           their origin     blast radius, most      and the page
    consumers, SELECTs       and columns      upstream failing

`graph` is pure and knows no source. `views` reads one definition, `reading` all of a source in a worker, `known` keeps
what was read.
"""

from checks.lineage.graph import FLOWS, BlastRadius, ColumnPair, Edge, Graph, Kind, Node, Origin
from checks.lineage.known import Lineage, ViewsKnown

__all__ = ["FLOWS", "BlastRadius", "ColumnPair", "Edge", "Graph", "Kind", "Lineage", "Node", "Origin", "ViewsKnown"]
