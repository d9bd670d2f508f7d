"""Small pieces that several pages draw."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import Future, wait
from datetime import datetime
from typing import Literal

import pandas as pd
import streamlit as st
from pandas.io.formats.style_render import StylerRenderer

from checks.drill import Sample
from checks.records import Health, IncidentSeverity, QueryRecord, Status
from dashboard import frames, load, process, theme, words

CONFIG_HINT = """Declare a warehouse in config.toml and start again:

```toml
[sources.warehouse]
url = "duckdb://warehouse.duckdb"
```"""
Colour = Literal["red", "orange", "gray", "green"]
_BADGE: dict[Health, Colour] = {
    Health.FAILING: "red",
    Health.WARNING: "orange",
    Health.UNKNOWN: "gray",
    Health.HEALTHY: "green",
}
OF_SEVERITY: dict[IncidentSeverity, Colour] = {
    IncidentSeverity.CRITICAL: "red",
    IncidentSeverity.HIGH: "red",
    IncidentSeverity.MEDIUM: "orange",
    IncidentSeverity.LOW: "gray",
}
ROW_HEIGHT = 34


def palette() -> theme.Palette:
    """The colours of the theme that the reader's browser shows."""
    return theme.palette(st.context.theme.type)


def badge(state: Health) -> None:
    """Health as a coloured sign with its word."""
    st.badge(f"{words.HEALTH_ICON[state]} {state.value}", color=_BADGE[state])


def coloured(state: Health, text: str) -> str:
    """Markdown of our own words in the state's colour."""
    return f":{_BADGE[state]}[{text}]"


def styled(frame: pd.DataFrame, states: Sequence[str], quiet: Sequence[str] = ()) -> StylerRenderer:
    """The table with its state columns in the colours of their icons; passing ones in `quiet` columns stay grey."""
    colours = palette()

    def ink(cells: pd.Series) -> list[str]:
        return [_css(str(cell)[:1], str(cells.name) in quiet, colours) for cell in cells]

    hidden = [name for name in frame.columns if frame[name].map(lambda cell: isinstance(cell, list)).any()]
    shown = [name for name in states if name in frame.columns]
    return frame.style.apply(ink, subset=shown).format(lambda _: "", subset=hidden)


def _css(icon: str, quiet: bool, colours: theme.Palette) -> str:
    kind = theme.INK_OF_ICON.get(icon)
    if kind is None:
        return ""
    if quiet and kind == "healthy":
        return f"color: {colours.faint}"
    weight = "; font-weight: 600" if kind in ("failing", "warning") else ""
    return f"color: {getattr(colours, kind)}{weight}"


def footer(at: datetime) -> None:
    """Names the time zone and how old the view may be."""
    st.caption(f"All times are UTC. Read at {at:%H:%M:%S} UTC; this page refreshes itself every {load.PACE} s.")


def facts(*groups: Mapping[str, str]) -> None:
    """Dense lines of 'name value' pairs, a line for each group; the values are Markdown already."""
    lines(pairs(group) for group in groups)


def pairs(values: Mapping[str, str]) -> str:
    """'name value' pairs as one dense line; those without a value are left out. The values are Markdown already."""
    return " &nbsp;&nbsp; ".join(f":small[:gray[{name}] {value}]" for name, value in values.items() if value)


def table_height(rows: int, most: int = 14) -> int:
    """The height in pixels that shows `rows` rows of ROW_HEIGHT and the head, and scrolls beyond `most`."""
    return (min(rows, most) + 1) * ROW_HEIGHT + 2


def lines(texts: Iterable[str]) -> None:
    """Short lines of Markdown, one under the other without the air between paragraphs."""
    said = "  \n".join(texts)
    if said:
        st.markdown(said)


def status_word(state: Status) -> str:
    """A check's status in its colour, as Markdown."""
    colour = {Status.PASS: "green", Status.WARN: "orange", Status.FAIL: "red", Status.NO_DATA: "red"}.get(state, "gray")
    return f":{colour}[{words.status(state)}]"


def run_now(names: Sequence[str], label: str, key: str) -> None:
    """A button that measures `names` now and shows how far it is. Leaving the page does not stop the runs."""
    if st.button(label, key=key, icon=":material/play_arrow:", disabled=not names, width="content"):
        with_progress(process.current().start(list(names), trigger="page"), names)


def with_progress(futures: Sequence[Future], names: Sequence[str]) -> None:
    """Waits for the runs, counting them, and says how they ended."""
    bar = st.progress(0.0, text=f"Measuring {words.count(len(futures), 'dataset')}: 0 done")
    pending = set(futures)
    while pending:
        _, pending = wait(pending, timeout=0.5)
        ended = len(futures) - len(pending)
        bar.progress(ended / len(futures), text=f"Measuring {words.count(len(futures), 'dataset')}: {ended} done")
    bar.empty()
    load.refresh()
    st.toast(_ended([future.result().outcome for future in futures], names), icon=":material/done_all:")


def _ended(outcomes: Sequence[str], names: Sequence[str]) -> str:
    bad = [str(one) for one in outcomes if one != "finished"]
    about = words.plain(names[0]) if len(names) == 1 else words.count(len(outcomes), "dataset")
    return f"Measured {about}" if not bad else f"Measured {about}; not finished: {', '.join(sorted(set(bad)))}"


def empty(sentence: str, then: str, draw: Callable[[], None] | None = None) -> None:
    """The state of a page with nothing to show: what is (not) there, and what to do next."""
    with st.container(border=True):
        st.markdown(f"**{sentence}**")
        st.caption(then)
        if draw is not None:
            draw()


def rows(sample: Sample, nothing: str, key: str) -> None:
    """Rows out of a warehouse, with what was masked, what was cut, and the query."""
    if not sample.rows:
        st.info(nothing, icon=":material/info:")
    else:
        st.dataframe(frames.of_sample(sample.columns, sample.rows), hide_index=True, key=key)
        cut = (
            f"the first {words.count(len(sample.rows), 'row')}"
            if sample.truncated
            else words.count(len(sample.rows), "row")
        )
        masked = f" Masked, because the contract classifies them: {', '.join(sample.masked)}." if sample.masked else ""
        st.caption(words.plain(f"{cut[0].upper()}{cut[1:]}.{masked}"))
    with st.expander("The query that was run", icon=":material/code:"):
        st.code(sample.query, language="sql", wrap_lines=True)


def queries(records: Sequence[QueryRecord]) -> None:
    """What a run asked the warehouse, with how long it took."""
    if not records:
        st.caption("The run has sent no query.")
    for record in records:
        touched = f", {words.count(record.touched, 'row')} touched" if record.touched is not None else ""
        answer = words.count(record.rows, "row")
        st.caption(words.plain(f"{record.purpose}: {words.duration(record.seconds)}, {answer} returned{touched}"))
        st.code(record.sql, language="sql", wrap_lines=True)
