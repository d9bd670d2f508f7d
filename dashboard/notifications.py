"""The part of the Sources page that says through which channels people are told, and what never reached them."""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime
from typing import Any

import streamlit as st

from checks.notify import document
from checks.refusal import Refused
from dashboard import incident_links, load, load_incidents, parts, process, words

#: dead letters that are listed before the list is cut
LISTED = 20
_HINT = (
    "Add a `[notify.NAME]` with a `url` to config.toml, then restart: a chat, a mailbox, a pager or a webhook. "
    "docs/notifications.md says how."
)


@load.copied
def _notifications() -> dict[str, Any]:
    return document.notifications_document(process.current())


def section(at: datetime) -> None:
    """All channels, then what was given up."""
    found = _notifications()
    st.header("Notifications", anchor="notifications")
    if not found["channels"]:
        parts.empty("Nobody is told of incidents.", _HINT)
    for each in found["channels"]:
        _channel(each, at)
    if found["dead"]:
        _dead(found["dead"], at)


def _channel(each: dict[str, Any], at: datetime) -> None:
    with st.container(border=True, key=f"channel-{each['name']}"):
        with st.container(horizontal=True, vertical_alignment="center"):
            st.subheader(words.plain(each["name"]), anchor=False, width="content")
            _state(each["state"])
            st.caption(words.plain(each["kind"]), width="content")
            st.space("stretch")
            st.button(
                "Send a test", f"test-{each['name']}", icon=":material/send:", on_click=_test, args=(each["name"],)
            )
        parts.facts(
            {
                "tells": words.plain(", ".join(each["for"]) or "who is sent here"),
                "from severity": each["severity"],
                "last delivered": words.exactly(_moment(each["sent_at"]), at),
                "last tried": words.exactly(_moment(each["tried_at"]), at),
                "waiting": words.number(each["waiting"]),
            }
        )
        if each["error"]:
            st.error(words.plain(each["error"]), icon=":material/cloud_off:")


def _state(state: str) -> None:
    if state == "works":
        st.badge("✓ works", color="green")
    elif state == "fails":
        st.badge("✕ fails", color="red")
    else:
        st.badge("… never tried", color="gray")


def _test(name: str) -> None:
    """What came of it is what the channel says of itself then."""
    document.test_channel(process.current(), name)
    load.refresh()


def _dead(letters: list[dict[str, Any]], at: datetime) -> None:
    with st.container(border=True, key="dead-letters"):
        with st.container(horizontal=True, vertical_alignment="center"):
            st.subheader(f"{words.count(len(letters), 'message')} given up", anchor=False, width="content")
            st.space("stretch")
            st.button("Send all again", icon=":material/replay:", on_click=_again, args=("all",))
        st.caption(
            "They could not be delivered for as long as `give_up_after` says. Mend the channel, then send them again."
        )
        for each in letters[:LISTED]:
            _letter(each, at)
        if len(letters) > LISTED:
            st.caption(f"and {words.count(len(letters) - LISTED, 'older one')}")


def _letter(each: dict[str, Any], at: datetime) -> None:
    incident = None if each["incident"] is None else load_incidents.incident(each["incident"])
    with st.container(gap="xxsmall"):
        if incident is not None:
            incident_links.line(incident)
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            st.markdown(f":small[:material/mail_off: {words.plain(fate(each, at))}]", width="content")
            key = f"again-{each['id']}"
            st.button("send again", key, icon=":material/replay:", type="tertiary", on_click=_again, args=(each["id"],))


def fate(each: dict[str, Any], at: datetime) -> str:
    """'opened, to operations: given up 5 min ago after 3 attempts, 127.0.0.1 answered 403 Forbidden'."""
    when, tried = words.ago(_moment(each["given_up_at"]), at), words.count(each["attempts"], "attempt")
    return f"{each['kind']}, to {each['channel']}: given up {when} after {tried}, {each['error']}"


def _again(identity: str) -> None:
    with suppress(Refused):  # somebody else has sent it again meanwhile
        document.retry(process.current(), identity)
    load.refresh()


def _moment(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)
