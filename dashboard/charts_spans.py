"""Strips of time behind the values of a chart: what somebody labelled, and incidents."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import Enum, auto

import plotly.graph_objects as go

from dashboard.charts_parts import short, text
from dashboard.theme import Palette


class Kind(Enum):
    """What a strip stands for."""

    LABEL = auto()
    OPEN = auto()  # an incident that is still open
    OVER = auto()  # one that was resolved


@dataclass(frozen=True, slots=True)
class Span:
    """From `first` up to `end`: `word` is written there, and `about` is told in the hover, where it is not the word."""

    first: datetime
    end: datetime
    word: str
    kind: Kind = Kind.LABEL
    about: str = ""


def draw(figure: go.Figure, row: int, span: Span, palette: Palette) -> None:
    """Puts the strip behind all else of a row of the figure. Words of labels stand at its right, those of incidents at
    its left, so that both can be read where they meet."""
    label = span.kind is Kind.LABEL
    colour = {Kind.LABEL: palette.accent, Kind.OPEN: palette.failing, Kind.OVER: palette.unknown}[span.kind]
    figure.add_vrect(
        x0=span.first,
        x1=span.end,
        row=row,
        col=1,
        exclude_empty_subplots=False,  # it is drawn first, below the values
        fillcolor=colour,
        opacity=0.14 if label else 0.12,
        line_width=0,
        layer="below",
        annotation_position="top right" if label else "top left",
        annotation={
            "text": text(short(span.word, 32)),
            "hovertext": text(span.about or span.word),
            "font": {"size": 11, "color": palette.faint if label else colour},
            "yanchor": "top",
            "bgcolor": "rgba(0,0,0,0)" if label else palette.ground,
            "opacity": 1 if label else 0.85,
            "xanchor": "left" if label else "right",
        },
    )
