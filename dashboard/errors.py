"""The error state of every page: one sentence that says what to do, never a traceback.

What Vitals expects to go wrong (a warehouse, a refused query, the history) arrives as a sentence already. Anything else
is a fault of ours: it is logged whole and the page says where.
"""

from __future__ import annotations

import logging
from collections.abc import Generator
from contextlib import contextmanager

import streamlit as st

from checks.history import HistoryError
from checks.monitor import UnknownDataset
from checks.refusal import Refused
from connectors import SourceError
from dashboard import words

_LOG = logging.getLogger(__name__)
EXPECTED = (SourceError, Refused, UnknownDataset, HistoryError)


def show(error: Exception) -> None:
    """The sentence of an expected error."""
    st.error(words.plain(error), icon=":material/error:")


@contextmanager
def shown() -> Generator[None]:
    """Shows an expected error in place of what could not be read; the rest of the page goes on."""
    try:
        yield
    except EXPECTED as error:
        show(error)


def show_unexpected(error: Exception) -> bool:
    """Streamlit's hook for what nobody caught: True says that the page has been told."""
    if isinstance(error, EXPECTED):
        show(error)
        return True
    _LOG.error("A page failed", exc_info=error)
    st.error(
        "This part of the page could not be built. Reload it; if it stays, look into the log of the app: "
        f"it has the details ({type(error).__name__}).",
        icon=":material/error:",
    )
    return True
