"""A view that refreshes itself asks the warehouse once for each question, also when the answer is an error."""

from __future__ import annotations

import sys

import pytest
from streamlit.testing.v1 import AppTest

from connectors import QueryTimedOut


def view(ask) -> None:
    import streamlit as st

    from dashboard import asking

    question = st.text_input("question", "slow")
    st.text(asking.once("key", (question,), "Asking …", lambda: ask(question)) or "nothing")


def test_an_error_stands_until_the_reader_asks_again_or_something_else(monkeypatch: pytest.MonkeyPatch):
    # AppTest leaves its script as the main module, which worker processes of later tests would run
    monkeypatch.setitem(sys.modules, "__main__", sys.modules["__main__"])
    asked: list[str] = []

    def ask(question: str) -> str:
        asked.append(question)
        if question == "slow" and len(asked) < 3:
            raise QueryTimedOut("shop", "no answer within 60 s")
        return f"the answer to {question}"

    app = AppTest.from_function(view, args=(ask,)).run()
    for _ in range(3):
        assert ("no answer within 60 s" in app.error[0].value, app.text[0].value) == (True, "nothing")
        app.run()
    assert asked == ["slow"]
    app.button[0].click().run()
    assert (asked, len(app.error)) == (["slow"] * 2, 1)
    app.text_input[0].set_value("other").run()
    assert (app.text[0].value, len(app.error), len(app.button)) == ("the answer to other", 0, 0)
    app.text_input[0].set_value("slow").run()
    for _ in range(3):
        assert app.text[0].value == "the answer to slow"
        app.run()
    assert asked == ["slow", "slow", "other", "slow"]
