"""All sources, and the series of a half."""

from __future__ import annotations

from bench.detect import held_out, tuning
from bench.detect.sources import Grain, Half, Series, cut

SOURCES = tuning.SOURCES | held_out.SOURCES


def load(half: Half, grain: Grain) -> list[Series]:
    """All series of a half."""
    found = []
    for name, source in SOURCES.items():
        build = source.daily if grain == "day" else source.hourly
        if source.half == half and build is not None:
            found += [cut(name, segment, source, grain, counts) for segment, counts in build()]
    return found
