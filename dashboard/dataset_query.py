"""Asking the warehouse from the page: what changed between two buckets, and a read-only query of the reader's own."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

import streamlit as st

from checks.drill import Sample
from checks.records import Dataset, DatasetHealth, Grain, Status
from dashboard import asking, charts, columns_table, dataset_explain, errors, load, panels, parts, sentences, url, words

#: a column with more different values than this says nothing when it is broken down
FEW_VALUES = 60
SHOWN_VALUES = 30
LIMIT = 500


def changed(dataset: Dataset, state: DatasetHealth, at: datetime) -> None:
    """What explains a number of one day, and rows per value of a column on it and a week before."""
    run = load.latest_measured().get(dataset.name)
    rows = [one for one in load.series(dataset.name) if one.name == "bucket_rows"]
    if run is None or run.event_time is None or not rows:
        parts.empty(
            "Nothing to compare.",
            "Days can be compared where a dataset has an event time; this one is measured as a whole.",
        )
        return
    hourly = run.event_time.grain is Grain.HOUR
    newest = _newest(dataset.name, state, run.event_time.grain, at)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        metric = dataset_explain.choice(dataset)
        chosen = st.date_input("on", key=_day_key(newest.date()), on_change=_keep_day, format="YYYY-MM-DD", width=160)
        hour = _hour(newest.hour) if hourly else time()
    bucket = datetime.combine(chosen if isinstance(chosen, date) else newest.date(), hour)
    dataset_explain.draw(dataset, metric, bucket, hourly=hourly)
    _by_value(dataset, bucket, hourly=hourly)


def _hour(newest: int) -> time:
    hours = [f"{hour:02}:00" for hour in range(24)]
    default = hours[newest]
    chosen = st.selectbox(
        "at", hours, key=url.seed("hour", default, hours), on_change=url.keep, args=("hour", default), width=110
    )
    return time.fromisoformat(chosen or default)


def _by_value(dataset: Dataset, bucket: datetime, *, hourly: bool) -> None:
    options = _columns(dataset)
    if not options:
        parts.empty(
            "No column to break down by.", f"Columns with 2 to {FEW_VALUES} different values are offered; here is none."
        )
        return
    column = st.selectbox(
        "Rows per value of",
        options,
        key=url.seed("column", options[0], options),
        on_change=url.keep,
        args=("column",),
        width=240,
    )
    _compare(dataset.name, column or options[0], bucket, bucket - timedelta(days=7), hourly=hourly)


def _columns(dataset: Dataset) -> list[str]:
    """Columns with few different values, text before numbers. Classified ones are not shown by value."""
    name = dataset.name
    observed = load.schemas(name)
    if not observed:
        return []
    values = columns_table.Values(load.buckets(name, 30), load.table_values(name))
    found = []
    for column in observed[-1][1]:
        if column.name in dataset.classified:
            continue
        distinct = max(
            values.history("distinct_count", column.name) or [values.latest("distinct_count", column.name) or 0]
        )
        if 2 <= distinct <= FEW_VALUES:
            found.append(
                (not column.type.startswith(("string", "bool")), -distinct if distinct <= 30 else distinct, column.name)
            )
    return [name for _, _, name in sorted(found)]


def _newest(name: str, state: DatasetHealth, grain: Grain, at: datetime) -> datetime:
    """The bucket that is worth a look: the newest failing one, else the newest that is over."""
    failing = [
        one.bucket for one in state.results if one.bucket and one.status in (Status.FAIL, Status.NO_DATA, Status.WARN)
    ]
    if failing:
        return max(failing)
    points = load.points(name, "bucket_rows", None, None, 30)
    closed = points[points["bucket"] <= panels.naive_moment(at) - grain.length]
    return closed["bucket"].max().to_pydatetime() if len(closed) else panels.naive_moment(at) - timedelta(days=1)


def _day_key(newest: date) -> str:
    asked = st.query_params.get("bucket")
    if asked != st.session_state.get("day-seen") or "day-chosen" not in st.session_state:
        st.session_state["day-chosen"] = _day(asked) or newest
    st.session_state["day-seen"] = asked
    return "day-chosen"


def _day(text: str | None) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        return None


def _keep_day() -> None:
    st.query_params["bucket"] = st.session_state["day-seen"] = st.session_state["day-chosen"].isoformat()


def _compare(name: str, column: str, bucket: datetime, before: datetime, *, hourly: bool) -> None:
    found = asking.once(
        "breakdown",
        (name, column, bucket),
        f"Counting the rows of both {'hours' if hourly else 'days'} …",
        lambda: asking.breakdown(name, column, bucket, before),
    )
    if found is not None:
        _draw(found, column, (words.bucket(before, hourly), words.bucket(bucket, hourly)))


def _draw(sample: Sample, column: str, names: tuple[str, str]) -> None:
    """`names` says which buckets they are: the earlier one first."""
    rows = [
        ("(null)" if value is None else str(value), float(was or 0), float(now or 0)) for value, was, now in sample.rows
    ]
    rows.sort(key=lambda row: (-abs(row[1] - row[2]), row[0]))
    total_was, total_now = sum(row[1] for row in rows), sum(row[2] for row in rows)
    st.markdown(words.plain(sentences.compared(rows, column)))
    st.plotly_chart(
        charts.breakdown(rows[:SHOWN_VALUES], names, parts.palette()),
        config=charts.CONFIG,
        key="breakdown-chart",
        alt=f"Rows per value of {column}, {names[0]} and {names[1]}",
    )
    more = f" The {SHOWN_VALUES} values that changed most of {len(rows)}." if len(rows) > SHOWN_VALUES else ""
    st.caption(f"{names[0]}: {words.count(total_was, 'row')}. {names[1]}: {words.count(total_now, 'row')}.{more}")
    with st.expander("The query that was run", icon=":material/code:"):
        st.code(sample.query, language="sql", wrap_lines=True)


def ask(dataset: Dataset) -> None:
    """One SELECT of the reader's own: checked before it is sent, in a read-only session, with limits."""
    with st.form("query", border=False):
        sql = st.text_area(
            f"One SELECT on the source {words.plain(dataset.source)}",
            key="query-text",
            placeholder=_example(dataset),
            height=140,
        )
        sent = st.form_submit_button("Run query", icon=":material/play_arrow:")
    st.caption(
        f"Read-only: anything but one SELECT is refused. At most {words.count(LIMIT, 'row')} come back; "
        "it is cancelled at the time limit of the source."
    )
    if sent:
        _send(dataset, sql or _example(dataset))
    answer = st.session_state.get("query-answer")
    if answer is not None and st.session_state.get("query-of") == dataset.source:
        parts.rows(answer, nothing="The query returned no rows.", key="query-rows")


def _example(dataset: Dataset) -> str:
    return f"SELECT * FROM {'.'.join(_quoted(part) for part in (dataset.table.schema, dataset.table.name) if part)}"


def _quoted(part: str) -> str:
    return '"' + part.replace('"', '""') + '"'


def _send(dataset: Dataset, sql: str) -> None:
    st.session_state.pop("query-answer", None)
    with errors.shown(), st.spinner("Asking the warehouse …"):
        st.session_state["query-answer"] = asking.query(dataset.source, sql, LIMIT)
        st.session_state["query-of"] = dataset.source
