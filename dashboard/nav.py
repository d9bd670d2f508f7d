"""Pages by name, for links from one page to another."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import streamlit as st
from streamlit.navigation.page import Page

_KEY = "nav-pages"


def register(pages: Mapping[str, Page]) -> None:
    """Tells this view's pages; called by the shell before a page is drawn."""
    st.session_state[_KEY] = dict(pages)


def page(name: str) -> Page:
    return st.session_state[_KEY][name]


def tab_button(label: str, tab: str, key: str, **params: str | Sequence[str]) -> None:
    """A way to another tab of the dataset's page. A link to the tab that the page opens with would change nothing: that
    one needs no word in the URL."""
    st.button(label, key=key, on_click=_show_tab, args=(tab, params))


def _show_tab(tab: str, params: Mapping[str, str | Sequence[str]]) -> None:
    st.session_state["tab"] = tab
    for name, value in params.items():
        st.query_params[name] = value
