"""A backtest as one HTML file that needs nothing else: each series with its band and what would have alerted."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from io import StringIO
from typing import Any

import plotly.graph_objects as go
from plotly.io import to_html
from plotly.subplots import make_subplots
from rich.console import Console

Document = dict[str, Any]
#: series that are drawn, those with alerts first
MOST = 40
_HEIGHT = 170
_BLUE, _BAND, _RED, _GREY = "#3b6ea8", "rgba(59, 110, 168, 0.15)", "#c0392b", "#9a9a9a"
_STYLE = """body { font: 15px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 1100px; padding: 0 1rem }
pre { overflow-x: auto; font-size: 13px; line-height: 1.35 } h2 { margin-top: 2rem; font-size: 1.1rem }"""


def page(document: Document) -> str:
    """The page. The document has to have the points (`Wanted.points`)."""
    title = escape(f"Backtest of {document['dataset']}")
    figures = [_figure(setting) for setting in document["settings"]] if not document["reason"] else []
    drawn = [to_html(figure, full_html=False, include_plotlyjs=number == 0) for number, figure in enumerate(figures)]
    named = zip(document["settings"], drawn, strict=False)
    parts = [f"<h2>{escape(_heading(setting))}</h2>\n{html}" for setting, html in named]
    words = escape(_words(document))
    return (
        f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>{title}</title>\n'
        f"<style>{_STYLE}</style></head>\n<body><h1>{title}</h1>\n<pre>{words}</pre>\n{''.join(parts)}</body></html>\n"
    )


def _words(document: Document) -> str:
    from checks.show_backtest import backtest

    told = StringIO()
    backtest(document, Console(file=told, width=140, highlight=False, color_system=None))
    return told.getvalue()


def _heading(setting: Document) -> str:
    shown = min(len(setting["points"]), MOST)
    more = f", the first {shown} of {len(setting['points'])} series" if len(setting["points"]) > MOST else ""
    return f"Values, bands and alerts, {setting['name']}{more}"


def _figure(setting: Document) -> go.Figure:
    chosen = _loudest_first(setting["points"])[:MOST]
    names = [escape(points["name"]) for points in chosen]
    height = _HEIGHT * len(chosen) + 60
    figure = make_subplots(
        rows=len(chosen), cols=1, shared_xaxes=True, vertical_spacing=34 / height, subplot_titles=names
    )
    for row, points in enumerate(chosen, start=1):
        for trace in _traces(points):
            figure.add_trace(trace, row=row, col=1)
    figure.update_layout(
        height=height, showlegend=False, margin={"l": 50, "r": 10, "t": 40, "b": 30}, template="plotly_white"
    )
    figure.update_annotations(x=0, xanchor="left", font={"size": 13})
    return figure


def _traces(points: Document) -> list[go.Scatter]:
    buckets, values = points["bucket"], points["values"]
    out = [at for at, state in enumerate(points["state"]) if state in ("anomaly", "drift")]
    edge = {"x": buckets, "mode": "lines", "line": {"width": 0}, "hoverinfo": "skip"}
    return [
        go.Scatter(y=points["lower"], **edge),
        go.Scatter(y=points["upper"], fill="tonexty", fillcolor=_BAND, **edge),
        go.Scatter(x=buckets, y=points["expected"], mode="lines", line={"color": _GREY, "width": 1, "dash": "dot"}),
        go.Scatter(x=buckets, y=values, mode="lines", line={"color": _BLUE, "width": 1.5}),
        go.Scatter(
            x=[buckets[at] for at in out],
            y=[values[at] for at in out],
            mode="markers",
            marker={"color": _RED, "size": 9, "symbol": "x"},
            text=[points["state"][at] for at in out],
            hovertemplate="%{x}: %{y} (%{text})<extra></extra>",
        ),
    ]


def _loudest_first(points: Sequence[Document]) -> list[Document]:
    return sorted(points, key=lambda one: -sum(state in ("anomaly", "drift") for state in one["state"]))
