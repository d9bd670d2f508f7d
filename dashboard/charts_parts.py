"""Colours and texts as figures need them."""

from __future__ import annotations

from dashboard.theme import Palette


def mixed(colour: str, ground: str, part: float) -> str:
    pairs = [(int(colour[i : i + 2], 16), int(ground[i : i + 2], 16)) for i in (1, 3, 5)]
    return "#" + "".join(f"{round(one * part + other * (1 - part)):02x}" for one, other in pairs)


def see_through(colour: str, part: float) -> str:
    red, green, blue = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
    return f"rgba({red},{green},{blue},{part})"


def short(name: str, length: int = 28) -> str:
    """A long name with its middle left out, so that the chart keeps its room."""
    return name if len(name) <= length else f"{name[: length // 2 - 1]}…{name[-length // 2 :]}"


def text(name: str) -> str:
    """A name as plotly shows it: its few HTML tags and its LaTeX are switched off."""
    return name.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace("$", "&#36;")


#: the ticks of a time axis, written as dates are elsewhere: 25 Nov, and the year or the day below the first of them
TIME_TICKS = (
    {"dtickrange": [None, 86_399_999], "value": "%H:%M\n%-d %b %Y"},
    {"dtickrange": [86_399_999, "M1"], "value": "%-d %b\n%Y"},
    {"dtickrange": ["M1", None], "value": "%b\n%Y"},
)


def hover_label(palette: Palette) -> dict[str, object]:
    return {"bgcolor": palette.raised, "bordercolor": palette.line, "font": {"color": palette.ink, "size": 12}}
