"""Figures about what was learned: how a bucket fills, and a series with its band and what would have alerted."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import numpy as np
import plotly.graph_objects as go

from checks.detect.arrival import Curve
from dashboard.charts_parts import hover_label, mixed, text
from dashboard.theme import Palette

_OUTSIDE = ("anomaly", "drift")
_STEPS = 97
_HOUR, _DAY = timedelta(hours=1), timedelta(days=1)


def arrival(curve: Curve, now: timedelta | None, palette: Palette) -> go.Figure:
    """How full a bucket usually is at each age, with the band around that; `now` is the age of the newest bucket."""
    hourly = curve.length < _DAY
    until = max(curve.settled, curve.length) * 1.04
    ages = np.linspace(0, until / _HOUR, _STEPS)
    lines = [100 * np.interp(ages, curve.ages, line) for line in (curve.low, curve.high, curve.usual)]
    clock = ages * 60 if hourly else ages
    figure = go.Figure()
    _band(figure, clock, lines[0], lines[1], palette)
    hover = "usually %{y:.0f} % of the rows<extra></extra>"
    line = {"color": palette.series, "width": 2}
    figure.add_scatter(x=clock, y=lines[2], mode="lines", line=line, hovertemplate=hover)
    if now is not None and now <= until:
        here = now / _HOUR * (60 if hourly else 1)
        note = {"text": "now", "font": {"size": 11, "color": palette.faint}, "yanchor": "bottom", "y": 0}
        figure.add_vline(here, line={"color": palette.faint, "width": 1, "dash": "dot"}, annotation=note)
    _calm(figure, 210, palette)
    figure.update_yaxes(range=[0, 105], ticksuffix=" %", nticks=5)
    if hourly:
        figure.update_xaxes(ticksuffix=" min", nticks=8)
    else:
        marks = list(range(0, int(until / _HOUR) + 1, 6))
        names = [f"{mark % 24:02}:00" + (f"<br>+{mark // 24} d" if mark >= 24 else "") for mark in marks]
        figure.update_xaxes(tickvals=marks, ticktext=names)
    return figure


def replayed(points: dict[str, Any], factor: float, unit: str, palette: Palette) -> go.Figure:
    """One series of a backtest: values, the band that was made before each, and what would have alerted."""
    buckets = points["bucket"]
    values, low, high = (_times(points[name], factor) for name in ("values", "lower", "upper"))
    figure = go.Figure()
    _band(figure, buckets, low, high, palette)
    hover = f"%{{y:,.4~g}}{unit}<extra></extra>"
    figure.add_scatter(
        x=buckets, y=values, mode="lines", line={"color": palette.series, "width": 1.6}, hovertemplate=hover
    )
    out = [at for at, state in enumerate(points["state"]) if state in _OUTSIDE]
    figure.add_scatter(
        x=[buckets[at] for at in out],
        y=[values[at] for at in out],
        mode="markers",
        marker={"symbol": "triangle-up", "size": 9, "color": palette.warning, "line_width": 0},
        customdata=[text("moved slowly away" if points["state"][at] == "drift" else "would alert") for at in out],
        hovertemplate="%{customdata}<extra></extra>",
    )
    _calm(figure, 240, palette)
    figure.update_yaxes(ticksuffix=unit, nticks=5)
    return figure


def _band(figure: go.Figure, x: Sequence | np.ndarray, low: Sequence, high: Sequence, palette: Palette) -> None:
    edge = {"x": x, "mode": "lines", "line": {"width": 0}, "hoverinfo": "skip"}
    figure.add_scatter(y=low, **edge)
    figure.add_scatter(y=high, fill="tonexty", fillcolor=mixed(palette.series, palette.ground, 0.18), **edge)


def _calm(figure: go.Figure, height: int, palette: Palette) -> None:
    figure.update_layout(
        height=height,
        margin={"l": 4, "r": 12, "t": 10, "b": 8},
        plot_bgcolor="rgba(0,0,0,0)",
        paper_bgcolor="rgba(0,0,0,0)",
        hovermode="x unified",
        hoverlabel=hover_label(palette),
        showlegend=False,
        dragmode=False,
    )
    figure.update_xaxes(showgrid=False, linecolor=palette.line, showline=True, fixedrange=True)
    figure.update_yaxes(gridcolor=palette.line, zeroline=False, fixedrange=True, automargin=True)


def _times(values: Sequence[float | None], factor: float) -> list[float | None]:
    return [None if value is None else factor * value for value in values]
