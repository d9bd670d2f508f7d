"""The form in which a reader says what something was, and the list of what was said."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

import streamlit as st

from checks import labels
from checks.answers import UnknownSeries
from checks.history import HistoryError
from checks.learned.words import label_words, name_of
from checks.records import Label, LabelKind, Metric, Repeats
from dashboard import load, parts, people, process, words

_ALL = "all series of the dataset"


@dataclass(frozen=True, slots=True)
class About:
    """What a label is to be about: the first and last bucket, and the series that it may be said of."""

    dataset: str
    first: datetime
    last: datetime
    series: Sequence[Metric] = ()
    kinds: Sequence[LabelKind] = tuple(LabelKind)


def form(about: About, key: str) -> None:
    """Asks what it was; says so to the history, and measures the dataset again so that it counts."""
    with st.form(f"form-{key}", border=False):
        kind = st.selectbox("What was it?", about.kinds, format_func=words.LABEL_WORD.__getitem__, key=f"kind-{key}")
        span = st.date_input(
            "Days", (about.first.date(), about.last.date()), format="YYYY-MM-DD", key=f"span-{key}", help="From, to"
        )
        scope = st.selectbox(
            "Of",
            [_ALL, *about.series],
            format_func=lambda one: name_of(one) if isinstance(one, Metric) else one,
            key=f"of-{key}",
        )
        with st.container(horizontal=True):
            repeats = st.selectbox("Comes again", list(Repeats), key=f"repeats-{key}", help="Only what is expected")
            until = st.date_input("Until", None, format="YYYY-MM-DD", key=f"until-{key}", help="The last day of it")
        note = st.text_input("Why, for those who read it later", key=f"note-{key}", max_chars=500)
        author = st.text_input("Your name", people.known(), key=f"author-{key}", max_chars=100)
        if st.form_submit_button("Save", type="primary"):
            people.remember(author)
            metric = scope if isinstance(scope, Metric) else None
            first, last = _days(span, about)
            _save(
                labels.Said(
                    about.dataset,
                    kind,
                    first,
                    author,
                    None if kind is LabelKind.NEW_REGIME else last,
                    metric.name if metric else None,
                    metric.column if metric else None,
                    repeats,
                    until.isoformat() if isinstance(until, date) else None,
                    note,
                )
            )


def _days(span: object, about: About) -> tuple[str, str]:
    """The days of the form; those of the alert as they are, to the hour, where they were left alone."""
    chosen = [one for one in span if isinstance(one, date)] if isinstance(span, tuple) else [span]
    if chosen == [about.first.date(), about.last.date()]:
        return about.first.isoformat(), about.last.isoformat()
    return str(chosen[0]), str(chosen[-1])


def _save(said: labels.Said) -> None:
    try:
        labels.add(process.current(), said)
    except (labels.WrongLabel, UnknownSeries, HistoryError) as error:
        st.error(words.plain(error), icon=":material/error:")
        return
    _again(said.dataset)


def _again(dataset: str) -> None:
    """A label counts from the next run on: here it is."""
    load.refresh()
    parts.with_progress(process.current().start([dataset], trigger="page"), [dataset])
    st.rerun(scope="fragment")


def said(found: Sequence[Label], key: str) -> None:
    """The labels with their days, and a button that takes each back."""
    for label in found:
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            series = f"{label.metric} of {label.column}" if label.column else label.metric or _ALL
            st.markdown(
                f":material/label: **{words.plain(label_words(label))}** &nbsp; "
                f":gray[{words.plain(_when(label))}, {words.plain(series)}, {words.ago(label.at, load.now())}]",
                width="content",
            )
            if st.button("undo", key=f"undo-{key}-{label.id}", type="tertiary", icon=":material/undo:"):
                author = people.known() or "somebody at the page"
                labels.undo(process.current(), label.id, author)
                _again(label.dataset)


def _when(label: Label) -> str:
    """'10 Mar 2026 to 12 Mar 2026', 'from 10 Mar 2026 on', 'yearly from 24 Dec 2026 until 31 Dec 2030'."""
    first, last = (f"{one:%d %b %Y}" for one in (label.first, label.last))
    if label.kind is LabelKind.NEW_REGIME:
        return f"from {first} on"
    span = first if first == last else f"{first} to {last}"
    return f"{label.repeats} from {span} until {label.until:%d %b %Y}" if label.until else span
