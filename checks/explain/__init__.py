"""Which part of the data is behind a change: from an anomalous number of one bucket to the segments behind it.

    reference    ->    statements    ->    search    ->    sentences
    earlier buckets    a few grouped       segments that changed
    to compare with    queries             otherwise than the rest

`ask.explain` is the journey, and `known.explained` goes it for a dataset of the history. Everything heavy happens in
the warehouse, and what is searched here are sums per segment, so the search is a pure function of arrays.
"""

from checks.explain.record import Beside, Explanation, Segment, Words, from_document, to_document

__all__ = ["Beside", "Explanation", "Segment", "Words", "from_document", "to_document"]
