"""What a reader asks for and nobody keeps: rows out of the warehouse, and what takes seconds to work out.

A view refreshes itself, and its questions must not be sent again with it: `once`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

import streamlit as st

from checks.drill import Sample
from checks.explain import Explanation, Words
from dashboard import errors, process

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


def sample(dataset: str, check: str, limit: int) -> Sample:
    return process.current().sample(dataset, check, limit=limit)


def draft(dataset: str) -> dict[str, Any]:
    """A draft of a contract, made from the table as it is now."""
    from checks import drafts

    return drafts.draft(process.current(), dataset)


def query(source: str, sql: str, limit: int) -> Sample:
    return process.current().query(source, sql, limit=limit)


def explanation(dataset: str, wanted: Words) -> Explanation:
    return process.current().explain(dataset, wanted)


def breakdown(dataset: str, column: str, bucket: datetime, before: datetime) -> Sample:
    return process.current().breakdown(dataset, column, bucket, before)


def backtest(dataset: str, days: int, settings: tuple[str, ...], *, inject: bool) -> dict[str, Any]:
    """What would have alerted, with the points of every series. Takes seconds, and is asked for by a reader."""
    from checks.backtest.document import Wanted, backtest_document

    wanted = Wanted(days, settings, inject=inject, points=True)
    return backtest_document(process.current(), dataset, wanted)
