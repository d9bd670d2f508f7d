"""Tables in which a click leads somewhere: to a page by a link, or to what stands below by a cell."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

import streamlit as st
from pandas.io.formats.style_render import StylerRenderer
from streamlit.delta_generator import DeltaGenerator

from dashboard import link_table, parts, words

T = TypeVar("T")
#: rows on one page of a table of links
PAGE = 40


def asked_sort() -> str | None:
    """What the address asks the table of the page to be sorted by."""
    return st.query_params.get("sort")


def of_links(records: Sequence[T], columns: Sequence[link_table.Column[T]], about: str) -> None:
    """Draws a table of links. `about` says what is in it to who can not see it."""
    params = {name: st.query_params.get_all(name) for name in st.query_params}
    st.html(
        link_table.style(parts.palette()) + link_table.html(records, columns, about, asked_sort(), params),
        width="stretch",
    )


def paged(records: Sequence[T], key: str, most: int = PAGE) -> tuple[DeltaGenerator, Sequence[T]]:
    """A container, and the records to draw in it: those of the page that the pager below it says."""
    pages = -(-len(records) // most)
    above = st.container(gap="xsmall")
    # before the records, because it goes back to page 1 where a filter has left fewer pages than were there
    page = st.pagination(pages, key=f"{key}-page") if pages > 1 else 1
    return above, of_page(records, page, most)


def of_page(records: Sequence[T], page: int, most: int) -> Sequence[T]:
    """The records of a page, from 1, of `most` each."""
    return records[(page - 1) * most : page * most]


def clicked(
    shown: StylerRenderer, key: str, alt: str, columns: Mapping[str, Any] | None = None, most: int = 14
) -> tuple[int, str] | None:
    """Draws the table, `most` rows of it without scrolling, and answers the cell that was clicked, by the number of its
    row and the name of its column. `alt` says what is in it to who can not see it."""
    rows = len(shown.data)
    event = st.dataframe(
        shown,
        column_config=dict(columns or {}),
        height=parts.table_height(rows, most),
        row_height=parts.ROW_HEIGHT,
        placeholder=words.NOTHING,
        hide_index=True,
        key=key,
        on_select="rerun",
        selection_mode="single-cell",
        alt=alt,
    )
    cells = event["selection"]["cells"]
    if not cells or cells[0][0] >= rows:  # a click on a row that is gone since
        return None
    return cells[0][0], cells[0][1]
