"""How an objective went, as a figure: each day with its hours, and below it what was left of the budget."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

import plotly.graph_objects as go
from plotly.subplots import make_subplots

from checks.objectives.timeline import Attained
from dashboard import words
from dashboard.charts_parts import TIME_TICKS, hover_label, mixed
from dashboard.theme import Palette

_NOON = timedelta(hours=12)


def course(
    days: Sequence[Attained], left: Sequence[tuple[datetime, float]], allowed: timedelta, palette: Palette
) -> go.Figure:
    """Hours of each day (UTC) in which the level was met, missed or not measured, and the budget left of 30 days."""
    figure = make_subplots(
        rows=2,
        cols=1,
        shared_xaxes=True,
        vertical_spacing=0.16,
        row_heights=[0.5, 0.5],
        subplot_titles=[
            "Hours of each day: met, missed, not measured",
            f"Error budget left, percent of {words.duration(allowed.total_seconds())}",
        ],
    )
    _days(figure, days, palette)
    _budget(figure, left, palette)
    figure.update_layout(
        height=400,
        barmode="stack",
        bargap=0.15,
        margin={"l": 4, "r": 8, "t": 54, "b": 8},
        plot_bgcolor="rgba(0,0,0,0)",
        paper_bgcolor="rgba(0,0,0,0)",
        hovermode="x unified",
        hoverlabel=hover_label(palette),
        legend={"orientation": "h", "y": 1.06, "yanchor": "bottom", "x": 0, "traceorder": "normal"},
        dragmode=False,
    )
    if days:
        figure.update_xaxes(range=[days[0].start, days[-1].start + 2 * _NOON])
    figure.update_xaxes(
        showgrid=False, linecolor=palette.line, showline=True, fixedrange=True, tickformatstops=TIME_TICKS
    )
    figure.update_yaxes(gridcolor=palette.line, zeroline=False, nticks=5, fixedrange=True, automargin=True)
    figure.update_yaxes(row=1, col=1, range=[0, 24], tickvals=[0, 12, 24])
    figure.update_yaxes(row=2, col=1, ticksuffix=" %", separatethousands=True)
    figure.update_annotations(x=0, xanchor="left", xref="paper", font={"size": 13, "color": palette.ink})
    return figure


def _days(figure: go.Figure, days: Sequence[Attained], palette: Palette) -> None:
    """Missed hours are hatched too: a state is never colour alone."""
    looks = (
        ("missed", [day.missed for day in days], palette.failing, "/"),
        ("met", [day.met for day in days], mixed(palette.healthy, palette.ground, 0.4), ""),
        ("not measured", [day.unmeasured for day in days], palette.empty, ""),
    )
    for name, lengths, colour, shape in looks:
        told = [words.duration(length.total_seconds()) for length in lengths]
        figure.add_bar(
            x=[day.start + _NOON for day in days],
            y=[length / timedelta(hours=1) for length in lengths],
            name=name,
            marker={
                "color": colour,
                "line_width": 0,
                "pattern": {"shape": shape, "bgcolor": colour, "fgcolor": palette.ground, "size": 5, "solidity": 0.25},
            },
            customdata=told,
            hovertemplate=f"{name} %{{customdata}}<extra></extra>",
            row=1,
            col=1,
        )


def _budget(figure: go.Figure, left: Sequence[tuple[datetime, float]], palette: Palette) -> None:
    line = {"color": palette.series, "width": 1.8}
    figure.add_scatter(
        x=[moment for moment, _ in left],
        y=[100 * share for _, share in left],
        mode="lines",
        line=line,
        showlegend=False,
        hovertemplate="%{y:.1f} % left<extra></extra>",
        row=2,
        col=1,
    )
    figure.add_hline(0, row=2, col=1, line={"color": palette.failing, "width": 1.2, "dash": "dash"})
