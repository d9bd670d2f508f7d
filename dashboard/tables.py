"""Tables in which a click on a cell leads somewhere."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import streamlit as st
from pandas.io.formats.style_render import StylerRenderer

from dashboard import parts, words


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
