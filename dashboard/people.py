"""Who sits at the page: a name that is typed once and kept in the session. Nobody logs in on this machine."""

from __future__ import annotations

import streamlit as st

_KEY = "author"


def known() -> str:
    """The name that was typed last, empty where none was."""
    return st.session_state.get(_KEY, "")


def remember(name: str) -> None:
    st.session_state[_KEY] = name


def ask(key: str) -> str:
    """A field for the name, with what is known already; answers what stands in it."""
    if key not in st.session_state:
        st.session_state[key] = known()
    name = st.text_input(
        "Your name", key=key, placeholder="Your name", max_chars=100, label_visibility="collapsed", width=170
    )
    remember(name)
    return name
