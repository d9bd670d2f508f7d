"""Trends of one dataset: rows, freshness and whatever metric the reader chooses, on one time axis."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial

import pandas as pd
import streamlit as st

from checks.eventtime import wall_clock
from checks.learned.codes import OF_VALUES, declared
from checks.records import Check, Dataset, DatasetHealth, Grain, Metric, Result, Status
from dashboard import beliefs, charts, columns_table, incident_panels, load, load_incidents, panels, parts, url, words

SPANS = {"7 days": 7, "30 days": 30, "90 days": 90, "all": None}
DEFAULT_SPAN = "90 days"
#: charts a reader can add to the two that are always there
MORE = 4
#: incidents of which charts have a strip, the newest
STRIPS = 30
#: days from which it is read what a column holds
_RECENT = 30
_TEMPORAL = ("date", "time", "timestamp")


def draw(dataset: Dataset, state: DatasetHealth, at: datetime) -> None:
    series = load.series(dataset.name)
    if not series:
        parts.empty(
            "Nothing is measured yet.",
            "Press 'Run now': the first run brings months of history where there is an event time.",
        )
        return
    chosen, back = _choices(dataset, state, series)
    metrics = list(dict.fromkeys([*_always(series), *chosen]))
    shown = [panel_of(dataset, metric, back, at) for metric in metrics]
    drawable = [panel for panel in shown if is_trend(panel, back)]
    for panel in shown:
        if panel not in drawable and len(panel.points):
            st.markdown(words.plain(so_far(panel)))
    if not drawable:
        if not any(len(panel.points) for panel in shown):
            parts.empty("Nothing was measured in this range.", "Choose a longer range.")
        return
    span = _span(drawable, back, at)
    figure = charts.trends(drawable, runs_of(dataset.name), span, parts.palette())
    st.plotly_chart(figure, config=charts.CONFIG, key="trends", alt=f"Trends of {dataset.name}")
    st.caption(
        "✕ and ▲ mark failing and warning buckets; the shaded band is what was expected before the value was known; "
        "dashed lines are limits; strips are incidents and labels; light bars and dotted ends are still filling; "
        "small ticks at the foot are runs. Drag to look closer, double-click to go back."
    )
    _beliefs(dataset, [metric for metric, panel in zip(metrics, shown, strict=True) if panel in drawable])


def _beliefs(dataset: Dataset, metrics: Sequence[Metric]) -> None:
    """What is believed of the series that are drawn, in words."""
    told = []
    for metric in metrics:
        fit, name = load.fit(dataset.name, metric), panels.label(metric)
        if fit is not None:
            sentence = beliefs.believed(metric, fit, load.bands(dataset.name, metric, None))
            told.append(f"- **{words.plain(name[0].upper() + name[1:])}**: {words.plain(sentence)}")
        elif about := _not_watched(dataset, metric):
            told.append(f"- **{words.plain(name[0].upper() + name[1:])}**: not watched. {words.plain(about)}")
    if told:
        st.subheader("What Vitals believes", anchor=False)
        st.markdown("\n".join(told))


def _not_watched(dataset: Dataset, metric: Metric) -> str | None:
    """Why a mean is not watched, None where it is."""
    if metric.name not in OF_VALUES or metric.column is None or metric.column in declared(dataset.checks):
        return None
    values = columns_table.Values(load.buckets(dataset.name, _RECENT), load.table_values(dataset.name))
    about = columns_table.meaning(metric.column, values)
    return f"It holds {about}, whose mean says nothing of its own." if about else None


def is_trend(panel: charts.Panel, back: int | None) -> bool:
    """Whether the values reach over enough of the range to be more than a dot at its end."""
    moments = panel.points["moment"]
    if len(moments) < 2:
        return False
    return moments.max() - moments.min() >= timedelta(days=(back or 90) / 50)


def so_far(panel: charts.Panel) -> str:
    """What is said of a series that is too young for a chart."""
    value, unit = panel.points["value"].iloc[-1], panel.unit
    limit = f", {panel.limits[0].name}" if panel.limits else ""
    since = words.utc(panel.points["moment"].min().tz_localize("UTC"))
    return f"{panel.name}: {_seen(value, unit)}{limit}. Measured since {since}; the trend grows with each run."


def _seen(value: float, unit: str) -> str:
    match unit:
        case "h":
            return words.coarse(value * words.HOUR)
        case "%":
            return words.percent(value / 100)
        case _:
            return f"{words.number(value)} {unit}".strip()


def _choices(dataset: Dataset, state: DatasetHealth, series: Sequence[Metric]) -> tuple[list[Metric], int | None]:
    temporal = _temporal(dataset.name)
    offered = panels.offered(series, temporal)
    if "series" not in st.query_params and url.key("series") not in st.session_state:
        st.session_state[url.key("series")] = _telling(offered, dataset, state.results)
        st.session_state["url-seen-series"] = []
    with st.container(horizontal=True, vertical_alignment="bottom"):
        span = st.segmented_control(
            "Range",
            list(SPANS),
            key=url.seed("range", DEFAULT_SPAN, list(SPANS)),
            on_change=url.keep,
            args=("range", DEFAULT_SPAN),
            required=True,
        )
        tokens = st.multiselect(
            "Also show",
            list(offered),
            format_func=lambda one: panels.label(offered[one]),
            key=url.seed_many("series", list(offered)),
            on_change=url.keep,
            args=("series",),
            max_selections=MORE,
            placeholder="a metric of a column",
        )
    return [offered[one] for one in tokens], SPANS[span or DEFAULT_SPAN]


def _telling(offered: dict[str, Metric], dataset: Dataset, results: Sequence[Result]) -> list[str]:
    """The series that a reader most likely wants: those of the failing checks, else the null rate of the column with
    most nulls, where there are any."""
    failing = {result.check for result in results if result.status in (Status.FAIL, Status.NO_DATA, Status.WARN)}
    wanted = [panels.series_of(check) for check in dataset.checks if check.id in failing]
    found = [token for token, one in offered.items() if (one.name, one.column) in wanted]
    return found[:3] or _most_nulls(offered, dataset.name)


def _most_nulls(offered: dict[str, Metric], name: str) -> list[str]:
    values = columns_table.Values(load.buckets(name, _RECENT), load.table_values(name))
    nulls = {one: metric.column for one, metric in offered.items() if metric.name == "null_rate"}
    rates = {one: values.latest("null_rate", column) for one, column in nulls.items()}
    worst = max(rates, key=lambda one: rates[one] or 0.0, default=None)
    return [worst] if worst and rates[worst] else []


def _temporal(name: str) -> list[str]:
    observed = load.schemas(name)
    columns = observed[-1][1] if observed else ()
    return [column.name for column in columns if column.type.startswith(_TEMPORAL)]


def _always(series: Sequence[Metric]) -> list[Metric]:
    """Rows per bucket where there are buckets, else rows in the table; and freshness."""
    for name in ("bucket_rows", "row_count"):
        rows = [one for one in series if one.name == name]
        if rows:
            break
    return rows[:1] + [one for one in series if one.name == "freshness"][:1]


def panel_of(dataset: Dataset, metric: Metric, back: int | None, at: datetime) -> charts.Panel:
    """One series of the last `back` days, with all that is known of its past."""
    points = load.points(dataset.name, metric.name, metric.column, metric.check, back)
    if metric.category is not None:
        rows = "row_count" if metric.grain is Grain.TABLE else "bucket_rows"
        points = panels.shares(points, load.points(dataset.name, rows, None, None, back))
    checks = panels.checks_on(metric, dataset)
    drawn = panels.panel(metric, points, checks, _found(dataset, checks, back), at)
    past = panels.Past(
        load.bands(dataset.name, metric, back), load.alerts(dataset.name, back or 3660), load.labels(dataset.name)
    )
    drawn = panels.with_past(drawn, metric, past)
    lived = load_incidents.of(dataset.name, back or 3660)[:STRIPS]
    where = incident_panels.Where(dataset, metric, checks, _clock(dataset, metric))
    return replace(drawn, spans=(*drawn.spans, *incident_panels.spans(lived, where, at)))


def _clock(dataset: Dataset, metric: Metric) -> Callable[[datetime], datetime]:
    """Puts a moment on the axis: buckets are in the days of the dataset, what is not in buckets in UTC."""
    run = load.latest_measured().get(dataset.name)
    if metric.grain is Grain.TABLE or run is None or run.event_time is None:
        return panels.naive_moment
    return partial(wall_clock, event_time=run.event_time)


def _found(dataset: Dataset, checks: Sequence[Check], back: int | None) -> list[Result]:
    return [one for check in checks for one in load.bucket_results(dataset.name, check.id, back or 3660)]


def _span(shown: Sequence[charts.Panel], back: int | None, at: datetime) -> tuple[datetime, datetime]:
    end = panels.naive_moment(at)
    if back is not None:
        return end - timedelta(days=back), end + timedelta(days=back / 60)
    start = min(panel.points["moment"].min() for panel in shown)
    return start - timedelta(days=1), end + timedelta(days=1)


def runs_of(name: str) -> list[datetime]:
    """When its latest runs were, on the axis of the chart."""
    past = load.runs(name, 400)
    return [one.to_pydatetime() for one in panels.naive(pd.Series(past["started_at"]))] if len(past) else []
