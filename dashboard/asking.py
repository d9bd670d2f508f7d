"""A question to the warehouse that is asked once, although the view that shows its answer refreshes itself."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

import streamlit as st

from dashboard import errors

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class _Asked:
    question: tuple[Any, ...]
    answer: Any = None
    error: Exception | None = None


def once(key: str, question: tuple[Any, ...], waiting: str, ask: Callable[[], T]) -> T | None:
    """The answer, kept in the session under `key` until another question is asked; `waiting` is shown meanwhile. None
    where there is none: the error is shown and kept too, since a query that has timed out must not be sent again every
    few seconds, and the reader can ask again."""
    kept = st.session_state.get(key)
    if kept is None or kept.question != question:
        kept = st.session_state[key] = _asked(question, waiting, ask)
    if kept.error is None:
        return kept.answer
    errors.show(kept.error)
    st.button("Ask again", key=f"{key}-again", icon=":material/refresh:", on_click=st.session_state.pop, args=(key,))
    return None


def _asked(question: tuple[Any, ...], waiting: str, ask: Callable[[], Any]) -> _Asked:
    try:
        with st.spinner(waiting):
            return _Asked(question, ask())
    except errors.EXPECTED as error:
        return _Asked(question, error=error)
