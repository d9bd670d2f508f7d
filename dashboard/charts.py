"""Records and tables in, plotly figures out. Colours come from the palette of the reader's theme."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from dashboard import charts_spans
from dashboard.charts_parts import TIME_TICKS, hover_label, mixed, see_through, short, text
from dashboard.charts_spans import Span
from dashboard.theme import Palette

#: what the modebar and gestures may do: nothing that loses the page's place
CONFIG = {"displayModeBar": False, "scrollZoom": False, "doubleClick": "reset", "responsive": True}
_SYMBOLS = {"fail": "x", "no_data": "x", "warn": "triangle-up"}

# -- trends ------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Limit:
    """A threshold: a line at `value`, named."""

    value: float
    name: str


@dataclass(frozen=True, slots=True)
class Mark:
    """A moment at which something was found: `status` is fail, no_data or warn, `word` says what."""

    moment: datetime
    status: str
    word: str


@dataclass(frozen=True, slots=True)
class Panel:
    """One chart of the stack. `points` has the columns moment and value; values are in `unit`; bars for flows, a line
    else. `open_from` is where buckets begin that are still filling. `band` has the columns moment, lower, expected
    and upper: what was expected before the values were known."""

    name: str
    unit: str
    points: pd.DataFrame
    bars: bool = False
    limits: tuple[Limit, ...] = ()
    marks: tuple[Mark, ...] = ()
    hover: str = ",.4~g"
    title_unit: str = ""
    open_from: datetime | None = None
    bucket_seconds: float = 86400.0
    zero: bool = field(default=True)
    band: pd.DataFrame | None = None
    spans: tuple[Span, ...] = ()


def trends(
    panels: Sequence[Panel], runs: Sequence[datetime], span: tuple[datetime, datetime], palette: Palette
) -> go.Figure:
    """The panels one above the other on one time axis, with the runs as ticks at its foot."""
    titles = [text(panel.name + panel.title_unit) for panel in panels]
    height = 60 + 165 * len(panels)
    gap = 44 / height  # room for a title, in pixels, however many panels there are
    figure = make_subplots(rows=len(panels), cols=1, shared_xaxes=True, vertical_spacing=gap, subplot_titles=titles)
    # now, while the titles are its only annotations
    figure.update_annotations(x=0, xanchor="left", xref="paper", font={"size": 13, "color": palette.ink})
    for row, panel in enumerate(panels, start=1):
        _draw(figure, row, panel, palette)
    _run_ticks(figure, len(panels), [one for one in runs if span[0] <= one <= span[1]], _foot(panels[-1]), palette)
    figure.update_layout(
        height=height,
        margin={"l": 4, "r": 8, "t": 28, "b": 8},
        plot_bgcolor="rgba(0,0,0,0)",
        paper_bgcolor="rgba(0,0,0,0)",
        hovermode="x unified",
        hoversubplots="axis",
        hoverlabel=hover_label(palette),
        showlegend=False,
        bargap=0.18,
        dragmode="zoom",
    )
    figure.update_xaxes(
        range=list(span),
        tickformatstops=TIME_TICKS,
        showgrid=False,
        showspikes=True,
        spikemode="across",
        spikethickness=1,
        spikedash="dot",
        spikecolor=palette.faint,
        linecolor=palette.line,
        showline=True,
    )
    figure.update_yaxes(
        gridcolor=palette.line, zeroline=False, nticks=4, fixedrange=True, automargin=True, separatethousands=True
    )
    return _limit_lines(figure, panels, palette)


def _draw(figure: go.Figure, row: int, panel: Panel, palette: Palette) -> None:
    moments, values = panel.points["moment"], panel.points["value"]
    _draw_band(figure, row, panel, palette)
    hover = f"%{{y:{panel.hover}}}{panel.unit and ' ' + panel.unit}<extra></extra>"
    filling = np.array([panel.open_from is not None and one >= panel.open_from for one in moments], dtype=bool)
    if panel.bars:
        colours = [mixed(palette.series, palette.ground, 0.35 if one else 0.75) for one in filling]
        trace = go.Bar(x=moments, y=values, marker={"color": colours, "line_width": 0}, hovertemplate=hover)
    else:
        if (~filling).sum() < 2:
            filling[:] = False  # there is no line yet that could have another end
        if filling.any():
            _draw_end(figure, row, panel, palette, filling)
        mode = "lines+markers" if len(moments) < 40 else "lines"
        line, whole = {"color": palette.series, "width": 1.6}, ~filling
        trace = go.Scatter(
            x=moments[whole], y=values[whole], mode=mode, line=line, marker={"size": 4}, hovertemplate=hover
        )
    figure.add_trace(trace, row=row, col=1)
    _draw_marks(figure, row, panel, palette)
    figure.update_yaxes(row=row, col=1, rangemode="tozero" if panel.zero else "normal", ticksuffix=_suffix(panel.unit))


def _draw_end(figure: go.Figure, row: int, panel: Panel, palette: Palette, filling: np.ndarray) -> None:
    """The end of a line that is still filling, dotted from the last value that is whole; that one has its hover."""
    moments, values, light = panel.points["moment"], panel.points["value"], mixed(palette.series, palette.ground, 0.5)
    end = filling | np.append(filling[1:], False)
    line = {"color": light, "width": 1.2, "dash": "dot"}
    figure.add_trace(go.Scatter(x=moments[end], y=values[end], mode="lines", line=line, hoverinfo="skip"), row, 1)
    hover = f"%{{y:{panel.hover}}}{panel.unit and ' ' + panel.unit}, still filling<extra></extra>"
    marker = {"size": 4, "color": light}
    open_ = go.Scatter(x=moments[filling], y=values[filling], mode="markers", marker=marker, hovertemplate=hover)
    figure.add_trace(open_, row, 1)


def _draw_band(figure: go.Figure, row: int, panel: Panel, palette: Palette) -> None:
    """What was expected, lightly behind the values, and the days that were marked."""
    for span in panel.spans:
        charts_spans.draw(figure, row, span, palette)
    if panel.band is None or not len(panel.band):
        return
    common = {"mode": "lines", "line": {"width": 0, "shape": "hvh"}, "hoverinfo": "skip"}
    colour = see_through(palette.accent, 0.22)  # bars are drawn below lines, and must not be hidden
    moments, lower, upper = panel.band["moment"], *_in_sight(panel)
    figure.add_trace(go.Scatter(x=moments, y=upper, **common), row=row, col=1)
    figure.add_trace(go.Scatter(x=moments, y=lower, fill="tonexty", fillcolor=colour, **common), row=row, col=1)
    hover = f"expected %{{y:{panel.hover}}}{panel.unit and ' ' + panel.unit}<extra></extra>"
    line = {"width": 1, "color": mixed(palette.series, palette.ground, 0.6), "dash": "dot"}
    expected = go.Scatter(x=moments, y=panel.band["expected"], mode="lines", line=line, hovertemplate=hover)
    figure.add_trace(expected, row=row, col=1)


def _in_sight(panel: Panel) -> tuple[pd.Series, pd.Series]:
    """The edges of the band, cut where they are far beyond all values: a band may be wide while little is known."""
    band = pd.DataFrame() if panel.band is None else panel.band
    shown = pd.concat([panel.points["value"], band["expected"]])
    least, most = shown.min(), shown.max()
    room = 0.4 * (most - (min(least, 0.0) if panel.zero else least)) or 0.1 * abs(most)
    return band["lower"].clip(lower=least - room), band["upper"].clip(upper=most + room)


def _suffix(unit: str) -> str:
    return f" {unit}" if unit in ("%", "h", "d") else ""


def _draw_marks(figure: go.Figure, row: int, panel: Panel, palette: Palette) -> None:
    """Failing buckets: a coloured sign on the value, with its words in the hover."""
    known: Mapping[datetime, float] = dict(zip(panel.points["moment"], panel.points["value"], strict=True))
    for status in ("fail", "no_data", "warn"):
        marks = [mark for mark in panel.marks if mark.status == status]
        if marks:
            colour = palette.warning if status == "warn" else palette.failing
            figure.add_trace(
                go.Scatter(
                    x=[mark.moment for mark in marks],
                    y=[known.get(pd.Timestamp(mark.moment), 0.0) for mark in marks],
                    mode="markers",
                    marker={"symbol": _SYMBOLS[status], "size": 8, "color": colour, "line_width": 0},
                    customdata=[text(mark.word) for mark in marks],
                    hovertemplate="%{customdata}<extra></extra>",
                ),
                row=row,
                col=1,
            )


def _foot(panel: Panel) -> float:
    """Where the axis of a chart ends below; ticks elsewhere would stretch it until nothing is seen of the values."""
    if panel.zero or not len(panel.points):
        return 0.0
    lower = _in_sight(panel)[0] if panel.band is not None and len(panel.band) else pd.Series(dtype=float)
    return float(pd.concat([panel.points["value"], lower]).min())


def _run_ticks(figure: go.Figure, row: int, runs: Sequence[datetime], foot: float, palette: Palette) -> None:
    if runs:
        figure.add_trace(
            go.Scatter(
                x=list(runs),
                y=[foot] * len(runs),
                mode="markers",
                marker={"symbol": "line-ns-open", "size": 7, "color": palette.faint},
                hovertemplate="run<extra></extra>",
                cliponaxis=False,
            ),
            row=row,
            col=1,
        )


def _limit_lines(figure: go.Figure, panels: Sequence[Panel], palette: Palette) -> go.Figure:
    for row, panel in enumerate(panels, start=1):
        for limit in panel.limits:
            figure.add_hline(
                y=limit.value,
                row=row,
                col=1,
                line={"color": palette.warning, "width": 1.2, "dash": "dash"},
                annotation_position="top left",  # what is newest stands on the right, and must be seen
                annotation={
                    "text": text(limit.name),
                    "font": {"size": 11, "color": palette.warning},
                    "bgcolor": palette.ground,
                    "opacity": 0.85,
                    "xanchor": "left",
                    "yanchor": "bottom",
                },
            )
    return figure


# -- shares of a column's values ---------------------------------------------------------------------------------------


def breakdown(rows: Sequence[tuple[str, float, float]], names: tuple[str, str], palette: Palette) -> go.Figure:
    """Rows per value of a column in two buckets, side by side; a value that vanished keeps its place. `rows` is value,
    before, now; `names` says which buckets they are."""
    values = [text(short(value, 24)) for value, _, _ in rows]
    gone = [now == 0 and before > 0 for _, before, now in rows]
    figure = go.Figure()
    figure.add_bar(
        y=values,
        x=[before for _, before, _ in rows],
        name=names[0],
        orientation="h",
        marker={"color": mixed(palette.series, palette.ground, 0.4)},
        hovertemplate="%{x:,} rows<extra>" + names[0] + "</extra>",
    )
    figure.add_bar(
        y=values,
        x=[now for _, _, now in rows],
        name=names[1],
        orientation="h",
        marker={"color": palette.accent},
        text=["✕ vanished" if one else "" for one in gone],
        textfont={"color": palette.failing, "size": 12},
        textposition="outside",
        constraintext="none",
        cliponaxis=False,
        hovertemplate="%{x:,} rows<extra>" + names[1] + "</extra>",
    )
    figure.update_layout(
        barmode="group",
        bargap=0.3,
        height=70 + 30 * max(len(rows), 2),
        margin={"l": 4, "r": 8, "t": 30, "b": 8},
        plot_bgcolor="rgba(0,0,0,0)",
        paper_bgcolor="rgba(0,0,0,0)",
        hoverlabel=hover_label(palette),
        legend={"orientation": "h", "y": 1.0, "yanchor": "bottom", "x": 0, "traceorder": "normal"},
        dragmode=False,
    )
    figure.update_yaxes(autorange="reversed", automargin=True, fixedrange=True)
    figure.update_xaxes(gridcolor=palette.line, title="rows", fixedrange=True)
    return figure
