"""The part of the Sources page about notifications, on a real history and a real receiver."""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest

from checks.records import Delivery, Fate, MessageKind
from dashboard import load, process
from tests.monitors import Clock, canned
from tests.notifying import HOUR, NOON, message
from tests.sinks import web_sink

SECRET = "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="
CHANNEL = '[notify.ops]\nurl = "{url}"\nsecret = "{secret}"\nallow_private = true\nseverity = "high"\n'


def view() -> None:
    import streamlit as st

    from dashboard import load, notifications

    @st.fragment
    def part() -> None:
        notifications.section(load.now())

    part()


@pytest.fixture
def shown(tmp_path):
    """Draws the section for a Monitor with this configuration."""
    opened = []

    def _shown(config: str = "") -> tuple[AppTest, process.Monitor]:
        load.refresh()
        monitor = canned(tmp_path, Clock(NOON), "orders", config=config)
        holding = process.holding(monitor)
        opened.append(holding)
        holding.__enter__()
        return AppTest.from_function(view, default_timeout=60), monitor

    yield _shown
    for holding in opened:
        holding.__exit__(None, None, None)
    load.refresh()


def said(app: AppTest) -> str:
    return " ".join(each.value for each in (*app.markdown, *app.caption, *app.error))


def test_without_channels_the_page_says_what_to_do(shown):
    app, _ = shown()
    app.run()
    assert "Nobody is told of incidents." in said(app)
    assert "[notify.NAME]" in said(app)


def test_a_test_shows_whether_the_channel_works(shown):
    with web_sink() as sink:
        app, _ = shown(CHANNEL.format(url=f"{sink.url}/secretsecret", secret=SECRET))
        assert "never tried" in said(app.run())
        app.button(key="test-ops").click().run()
        assert ("✓ works" in said(app), len(sink.arrived)) == (True, 1)
        sink.answers = [500]
        app.button(key="test-ops").click().run()
    assert "✕ fails" in said(app) and "answered 500 Internal Server Error" in said(app)
    assert "secretsecret" not in said(app) and SECRET not in said(app)


def test_what_was_given_up_is_sent_again(shown):
    app, monitor = shown(CHANNEL.format(url="http://127.0.0.1:9", secret=SECRET))
    lost = message(MessageKind.DIGEST, number=None)
    monitor.history.post([lost], [Delivery(lost.id, NOON - HOUR, 3, Fate.DEAD, "it answered *401*")])
    app.run()
    assert "digest, to ops: given up 1 h ago after 3 attempts" in said(app)
    assert "it answered \\*401\\*" in said(app)
    app.button(key=f"again-{lost.id}").click().run()
    assert monitor.history.dead_messages() == []
    assert "given up" not in said(app)
