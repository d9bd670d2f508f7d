"""What a reader can do with an incident: one row of buttons, each with the words that it needs."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from datetime import date, datetime, timedelta

import streamlit as st

from checks.incidents import Action, ActionKind
from checks.records import Family, Incident, IncidentState, LabelKind
from checks.refusal import Refused
from dashboard import errors, load, parts, people, process, words

_DONE = "incident-done"
_KINDS = (LabelKind.EXPECTED, LabelKind.NEW_REGIME, LabelKind.KNOWN_ERROR, LabelKind.FALSE_ALARM)
_MUTED = timedelta(days=7)


def draw(incident: Incident, at: datetime) -> None:
    """The buttons that make sense in its state; what is resolved can still be spoken of."""
    with st.container(horizontal=True, vertical_alignment="center", gap="xsmall", key="incident-actions"):
        people.ask(f"incident-author-{_count()}")
        if incident.is_open:
            _work(incident)
            _mute(incident, at)
            _resolve(incident)
        if any(symptom.key.family is Family.DATA for symptom in incident.symptoms):
            _label(incident)
        _note(incident)
        _link(incident)
    for error in st.session_state.pop("incident-error", ()):
        errors.show(error)


def _work(incident: Incident) -> None:
    if incident.state is not IncidentState.ACKNOWLEDGED and st.button("Acknowledge", icon=":material/done:"):
        _do(incident, ActionKind.ACKNOWLEDGE)
    with _popover("Assign", "person", "assign") as saved:
        name = st.text_input("To whom", incident.assignee or people.known(), max_chars=100, help="Empty: to nobody")
        if saved("Assign"):
            _do(incident, ActionKind.ASSIGN, name)
    if incident.state is not IncidentState.MONITORING:
        about = "You say that it is mended: it resolves itself when runs are healthy, and opens again when they are not"
        if st.button("Mended, watch it", icon=":material/visibility:", help=about):
            _do(incident, ActionKind.MONITOR)


def _mute(incident: Incident, at: datetime) -> None:
    if incident.is_muted(at):
        if st.button("Unmute", icon=":material/notifications:"):
            _do(incident, ActionKind.UNMUTE)
        return
    with _popover("Mute", "notifications_off", "mute") as saved:
        until = st.date_input("Until the end of", at.date() + _MUTED, min_value=at.date(), format="YYYY-MM-DD")
        st.caption("Nobody is told of it until then; it stays open, and is kept up.")
        if saved("Mute") and isinstance(until, date):
            _do(incident, ActionKind.MUTE, until.isoformat())


def _resolve(incident: Incident) -> None:
    with _popover("Resolve", "check_circle", "resolve") as saved:
        why = st.text_area("What was it, and what was done?", max_chars=4000, height=100)
        st.caption("A run that finds it broken again opens it again.")
        if saved("Resolve"):
            _do(incident, ActionKind.RESOLVE, why)


def _label(incident: Incident) -> None:
    with _popover("Say what it was", "label", "label") as saved:
        kind = st.selectbox("What was it?", _KINDS, format_func=words.LABEL_WORD.__getitem__)
        note = st.text_input("Why, for those who read it later", max_chars=500)
        st.caption("Detection learns from it. What only it had noticed leaves the incident; a broken contract stays.")
        if saved("Save"):
            _do(incident, ActionKind.LABEL, kind, note)


def _note(incident: Incident) -> None:
    with _popover("Note", "edit_note", "note") as saved:
        text = st.text_area("Note", max_chars=4000, height=100, help="It stands in the timeline and in the post-mortem")
        if saved("Add the note"):
            _do(incident, ActionKind.NOTE, text)


def _link(incident: Incident) -> None:
    with _popover("Link", "link", "link") as saved:
        address = st.text_input("Address of a ticket, a change, a dashboard", placeholder="https://", max_chars=4000)
        if saved("Add the link"):
            _do(incident, ActionKind.LINK, address)


class _Saved:
    """The button of a form, drawn when its fields are."""

    def __call__(self, label: str) -> bool:
        return st.form_submit_button(label, type="primary")


@contextmanager
def _popover(label: str, icon: str, key: str) -> Generator[_Saved]:
    """A form that opens below its button. After something was done it is a new one: closed, and empty."""
    name = f"incident-{key}-{_count()}"
    with st.popover(label, icon=f":material/{icon}:", key=name), st.form(f"{name}-form", border=False):
        yield _Saved()


def _do(incident: Incident, kind: ActionKind, text: str | None = None, note: str | None = None) -> None:
    """Does it, and draws the page anew: in the end the navigation counts what is open."""
    try:
        action = Action(kind, people.known(), text, note)
        process.current().desk.act(incident.id, action, load.now())
    except errors.EXPECTED as error:
        st.session_state["incident-error"] = [_for_the_page(error)]
        st.rerun(scope="fragment")
    st.session_state[_DONE] = _count() + 1
    load.refresh()
    if kind is ActionKind.LABEL:
        _measure_again(incident)
    st.rerun()


def _measure_again(incident: Incident) -> None:
    """A label counts from the next run on: here it is."""
    names = [name for name in incident.datasets if name in load.datasets()]
    if names:
        parts.with_progress(process.current().start(names, trigger="page"), names)


def _for_the_page(error: Exception) -> Exception:
    return (
        Refused("Write your name first, on the left.") if isinstance(error, Refused) and not people.known() else error
    )


def _count() -> int:
    """How much was done in this session."""
    return st.session_state.get(_DONE, 0)
