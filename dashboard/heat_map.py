"""Health of every dataset on every day, like a contribution grid, as plain HTML.

Not a plotly chart: drawing 3,600 cells by it costs a second on the page that people open most. Names are escaped here;
the page hands the text to `st.html`, which sanitizes it again. Days that follow each other in the same calm state are
one element; every failing or warning day has its own, with its icon. A narrow window shows the last days that fit.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from html import escape
from itertools import groupby
from urllib.parse import quote

import pandas as pd

from checks.records import Health
from dashboard import words
from dashboard.charts_parts import mixed, short
from dashboard.theme import Palette

_CELL = 9  # pixels that a day has at least
_MARKED = (Health.FAILING, Health.WARNING)
_LABEL_EVERY = 14
#: days that are drawn at most
MOST = 90


def heat_map(days: pd.DataFrame, names: Sequence[str], last: date, back: int, palette: Palette) -> str:
    """One line for each dataset, in the order of `names`, over the last `back` days. Each element's title says day and
    word. `days` has dataset, day and status (a word of Health)."""
    first = last - timedelta(days=back - 1)
    known = _known(days, names, first, last)
    lines = "".join(_line(name, known.get(name, {}), first, back) for name in names)
    grid = f'<div class="vitals-heat" aria-label="Health of each dataset on each day">{_axis(first, back)}{lines}</div>'
    return _style(palette) + grid


def _known(days: pd.DataFrame, names: Sequence[str], first: date, last: date) -> dict[str, dict[date, Health]]:
    known: dict[str, dict[date, Health]] = {}
    shown = days[days["dataset"].isin(set(names))]  # of a thousand datasets 40 are drawn
    for name, day, word in zip(shown["dataset"], pd.to_datetime(shown["day"]).dt.date, shown["status"], strict=True):
        if first <= day <= last:
            known.setdefault(name, {})[day] = Health(word)
    return known


def _line(name: str, health: Mapping[date, Health], first: date, back: int) -> str:
    cells = "".join(_cell(start, length, state) for start, length, state in _runs(health, first, back))
    link = f'<a href="/dataset?name={quote(name)}" target="_self" title="{escape(name)}">{escape(short(name))}</a>'
    return f"<div>{link}<p>{cells}</p></div>"


def _runs(health: Mapping[date, Health], first: date, back: int) -> Iterator[tuple[date, int, Health | None]]:
    """Days in the same state as one run; marked days stay single."""
    states = [(offset, health.get(first + timedelta(days=offset))) for offset in range(back)]
    for _, run in groupby(states, key=lambda each: (each[1], each[0] if each[1] in _MARKED else None)):
        members = list(run)
        yield first + timedelta(days=members[0][0]), len(members), members[0][1]


def _cell(start: date, length: int, state: Health | None) -> str:
    icon = words.HEALTH_ICON[state] if state in _MARKED else ""
    word = words.health(state) if state else "nothing was judged"
    end = start + timedelta(days=length - 1)
    when = f"{start:%a %d %b %Y}" if length == 1 else f"{start:%d %b %Y} to {end:%d %b %Y}"
    kind = state.value if state else "empty"
    return f'<i class="{kind}" style="--n:{length}" title="{when}: {word}">{icon}</i>'


def _axis(first: date, back: int) -> str:
    """A date above every fourteenth day, counted so that the last label has room."""
    starts = [back % _LABEL_EVERY, *([_LABEL_EVERY] * (back // _LABEL_EVERY))]
    labels, offset = "", 0
    for length in filter(None, starts):
        label = _short(first + timedelta(days=offset)) if length == _LABEL_EVERY else ""
        labels += f'<b style="--n:{length}">{label}</b>'
        offset += length
    return f"<div><span></span><p>{labels}</p></div>"


def _short(day: date) -> str:
    """'5 Sep', as charts have it."""
    return f"{day.day} {day:%b}"


def _whole_labels() -> str:
    """A label that a narrow window cuts is not shown."""
    widths = (_LABEL_EVERY * _CELL * place for place in range(1, MOST // _LABEL_EVERY + 1))
    return "".join(
        f"@container (max-width:{width - 1}px){{.vitals-heat b:nth-last-child({place}){{visibility:hidden}}}}"
        for place, width in enumerate(widths, 1)
    )


def _style(palette: Palette) -> str:
    grounds = {
        "empty": palette.empty,
        "healthy": mixed(palette.healthy, palette.ground, 0.28),
        "unknown": mixed(palette.unknown, palette.ground, 0.5),
        "warning": mixed(palette.warning, palette.ground, 0.85),
        "failing": palette.failing,
    }
    colours = "".join(f".vitals-heat .{kind}{{background-color:{colour}}}" for kind, colour in grounds.items())
    size = f"flex:var(--n) 0 calc(var(--n)*{_CELL}px)"
    return f"""<style>
.vitals-heat div{{display:flex;align-items:center;gap:8px;margin:0 0 2px}}
.vitals-heat a,.vitals-heat span{{flex:0 0 8.5rem;text-align:right;overflow:hidden;white-space:nowrap;
 text-overflow:ellipsis;font-size:12px;color:{palette.faint};text-decoration:none}}
.vitals-heat a:hover{{color:{palette.ink};text-decoration:underline}}
.vitals-heat p{{flex:1;display:flex;justify-content:flex-end;overflow:hidden;margin:0;min-width:0}}
.vitals-heat p{{container-type:inline-size}}
{_whole_labels()}
.vitals-heat b{{{size};font-weight:400;font-size:11px;line-height:1.5;color:{palette.faint};white-space:nowrap}}
.vitals-heat i{{{size};height:18px;line-height:18px;font-size:9px;font-style:normal;text-align:center;
 color:{palette.ground};background-image:linear-gradient(90deg,transparent calc(100% - 1px),{palette.ground} 1px);
 background-size:calc(100%/var(--n)) 100%}}
{colours}</style>"""
