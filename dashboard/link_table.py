"""Tables whose rows lead somewhere, as plain HTML: each row has a real link, which Tab reaches, Enter follows, and
which opens in a new tab; heads are links, too, that sort. In a grid on a canvas an arrow key that moves to a cell is a
click on it, and drawing a thousand rows costs half a second.

Pure. Texts are escaped here; `tables` hands the whole to `st.html`, which sanitizes it again.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any, Generic, Literal, TypeVar
from urllib.parse import quote, urlencode

from dashboard.theme import INK_OF_ICON, Palette

T = TypeVar("T")
Align = Literal["left", "center", "right", "list"]
_SPARK = 90, 22  # pixels
_GREY = "#8a96a3"  # on light and on dark ground


@dataclass(frozen=True, slots=True)
class Cell:
    """What stands in a cell, where it leads to, and what is said when the pointer rests on it. A `state` has the colour
    of its icon; `bars` are drawn instead of the text, which says what is seen in them."""

    text: str
    href: str = ""
    title: str = ""
    state: bool = False
    bars: Sequence[float] = ()


@dataclass(frozen=True, slots=True)
class Column(Generic[T]):
    """A column: its head, its cells, and by what it is sorted, where it can be. Records without a value come last;
    `largest_first` is the direction that the first click on the head sorts in. Lists wrap: they would make the table
    wide."""

    head: str
    cell: Callable[[T], Cell]
    by: Callable[[T], Any] | None = None
    help: str = ""
    align: Align = "left"
    largest_first: bool = False

    @property
    def key(self) -> str:
        """Its name in the address: 'rows', and '-rows' for the other direction."""
        return self.head.lower().replace(" ", "-")


def address(page: str, **params: str) -> str:
    """The address of a page of the app, as links of the app write it."""
    return f"{page}?{urlencode(params, quote_via=quote)}"


def arranged(records: Sequence[T], columns: Sequence[Column[T]], sort: str | None) -> list[T]:
    """The records as `sort` asks for, a column's key; as they are where it is none."""
    column = _sorting(columns, sort)
    if column is None or column.by is None:
        return list(records)
    known = [(value, record) for record in records if (value := column.by(record)) is not None]
    known.sort(key=lambda each: each[0], reverse=_is_descending(column, sort))
    return [record for _, record in known] + [record for record in records if column.by(record) is None]


def html(
    records: Sequence[T], columns: Sequence[Column[T]], about: str, sort: str | None, params: Mapping[str, str | list]
) -> str:
    """The table; `about` says what is in it to who can not see it, and `params` are those of the page's address, which
    a click on a head keeps."""
    heads = "".join(_head(column, sort, params) for column in columns)
    rows = "".join(f"<tr>{''.join(_cell(column, record) for column in columns)}</tr>" for record in records)
    return (
        f'<div class="vitals-table"><table><caption>{escape(about)}</caption>'
        f"<thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table></div>"
    )


def _sorting(columns: Sequence[Column[T]], sort: str | None) -> Column[T] | None:
    wanted = (sort or "").removeprefix("-")
    return next((column for column in columns if column.by is not None and column.key == wanted), None)


def _is_descending(column: Column[T], sort: str | None) -> bool:
    return column.largest_first != (sort or "").startswith("-")


def _head(column: Column[T], sort: str | None, params: Mapping[str, str | list]) -> str:
    shown, order, following = escape(column.head), "", column.key
    if _sorting([column], sort):
        descending = _is_descending(column, sort)
        shown += " ↓" if descending else " ↑"
        order = f' aria-sort="{"descending" if descending else "ascending"}"'
        following = column.key if (sort or "").startswith("-") else f"-{column.key}"
    if column.by is not None:
        query = urlencode({**params, "sort": following}, doseq=True)
        shown = f'<a href="?{escape(query)}" target="_self">{shown}</a>'
    return f'<th scope="col" class="{column.align}"{_title(column.help)}{order}>{shown}</th>'


def _cell(column: Column[T], record: T) -> str:
    cell = column.cell(record)
    shown = _bars(cell) if cell.bars else escape(cell.text)
    if cell.href:
        shown = f'<a href="{escape(cell.href)}" target="_self">{shown}</a>'
    ink = f" {kind}" if cell.state and (kind := INK_OF_ICON.get(cell.text[:1])) else ""
    return f'<td class="{column.align}{ink}"{_title(cell.title)}>{shown}</td>'


def _title(text: str) -> str:
    return f' title="{escape(text)}"' if text else ""


def _bars(cell: Cell) -> str:
    """A picture, because the page lets no drawing through."""
    (width, height), top = _SPARK, max(*cell.bars, 0) or 1
    step = width / len(cell.bars)
    path = "".join(
        f"M{place * step:.1f} {height}v-{max(0.0, value) / top * height:.1f}h{step * 0.7:.1f}V{height}z"
        for place, value in enumerate(cell.bars)
    )
    size = f'width="{width}" height="{height}"'
    drawn = f'<svg xmlns="http://www.w3.org/2000/svg" {size}><path d="{path}" fill="{_GREY}"/></svg>'
    return f'<img src="data:image/svg+xml,{quote(drawn)}" {size} alt="{escape(cell.text)}">'


def style(palette: Palette) -> str:
    """The look of all these tables."""
    inks = "".join(
        f".vitals-table td.{kind},.vitals-table td.{kind} a{{color:{getattr(palette, kind)};font-weight:{weight}}}"
        for kind, weight in (("failing", 600), ("warning", 600), ("unknown", 400), ("healthy", 400))
    )
    return f"""<style>
.vitals-table{{overflow-x:auto;border:1px solid {palette.line};border-radius:4px;font-size:14px;line-height:1.35}}
.vitals-table table{{border-collapse:collapse;width:100%;margin:0}}
.vitals-table caption{{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)}}
.vitals-table th,.vitals-table td{{padding:6px 8px;border:0;border-bottom:1px solid {palette.line};text-align:left;
 white-space:nowrap;font-variant-numeric:tabular-nums}}
.vitals-table td{{height:35px;padding-top:0;padding-bottom:0}}
.vitals-table tr:last-child td{{border-bottom:0}}
.vitals-table th{{background:{palette.raised};font-weight:400}}
.vitals-table th,.vitals-table th a{{color:{palette.faint}}}
.vitals-table tbody tr:hover{{background:{palette.raised}}}
.vitals-table .center{{text-align:center;color:{palette.faint}}}
.vitals-table .right{{text-align:right}}
.vitals-table td.list{{white-space:normal;min-width:9rem;overflow-wrap:anywhere;padding-top:4px;
 padding-bottom:4px}}
.vitals-table a{{color:{palette.ink};text-decoration:none}}
.vitals-table td a{{display:block;margin:0 -8px;padding:6px 8px;text-decoration:underline {palette.line};
 text-underline-offset:3px}}
.vitals-table a:hover{{text-decoration:underline}}
.vitals-table a:focus-visible{{outline:2px solid currentColor;outline-offset:-2px}}
.vitals-table img{{display:block;max-width:none}}
{inks}</style>"""
