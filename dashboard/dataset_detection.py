"""The Detection tab: when the data of this dataset arrive, and what detection would have said of its past."""

from __future__ import annotations

from typing import Any

import pandas as pd
import streamlit as st

from checks.arrivals import Arrivals, sentence
from checks.detect import business
from checks.eventtime import wall_clock
from checks.records import Dataset, EventTime
from dashboard import asking, charts, charts_detection, errors, load, parts, words

DAYS = {"30 days": 30, "90 days": 90, "1 year": 365}
USUAL = "90 days"
OTHER_BUDGETS = (0.2, 0.5, 2.0, 5.0)
_LISTED = 100


def draw(dataset: Dataset) -> None:
    run = load.latest_measured().get(dataset.name)
    if run is None:
        parts.empty("Nothing is measured yet.", "Press 'Run now': the first run brings months of history.")
        return
    if run.event_time is not None:
        _arrival(dataset.name, run.event_time)
    _backtest(dataset)


# -- when the data arrive ----------------------------------------------------------------------------------------------


def _arrival(name: str, event_time: EventTime) -> None:
    st.subheader("When the data arrive", anchor=False)
    known = load.arrivals(name, event_time)
    parts.lines(words.plain(f"{told[0].upper()}{told[1:]}.") for told in _sentences(known))
    if not known.curve.is_learned:
        return
    now = wall_clock(load.now(), event_time)
    length = event_time.grain.length
    age = now - now.replace(minute=0, second=0, microsecond=0, hour=now.hour if length.days == 0 else 0)
    st.plotly_chart(
        charts_detection.arrival(known.curve, age, parts.palette()),
        config=charts.CONFIG,
        key="arrival",
        alt=f"How full a bucket of {name} usually is at each age",
    )
    kind = "hour" if length.days == 0 else "day"
    st.caption(
        f"Share of its rows that a {kind} usually has at each moment, learned from {words.plain(learned_from(known))}. "
        f"The band is what is usual; clocks are those of {words.plain(event_time.zone)}."
    )


def learned_from(known: Arrivals) -> str:
    """The buckets of a curve, by how they are known: '87 days by their load time loaded_at'."""
    kind = "hour" if known.curve.length.days == 0 else "day"
    told, watched = [], known.curve.buckets - known.loaded
    if known.load_time and known.loaded:
        told.append(f"{words.count(known.loaded, kind)} by their load time {known.load_time.column}")
    if watched:
        told.append(f"{words.count(watched, kind)} that runs saw filling")
    return " and ".join(told)


def _sentences(known: Arrivals) -> list[str]:
    if known.cadence is None:
        needs = f"{business.LEAST} arrivals in at least {business.LEAST_DAYS} days are needed"
        return [sentence(known), f"learning when new rows come: {needs}"]
    limit = f"late after {words.duration(known.cadence.limit.total_seconds())} without any"
    return [sentence(known), f"{business.sentence(known.cadence)}; {limit}"]


# -- what would have alerted -------------------------------------------------------------------------------------------


def _backtest(dataset: Dataset) -> None:
    st.subheader("What would have alerted", anchor=False)
    own = dataset.detection.alerts_per_90_days
    with st.container(horizontal=True, vertical_alignment="bottom"):
        days = st.segmented_control("Replay the last", list(DAYS), default=USUAL, key="backtest-days", required=True)
        budgets = [None, *(budget for budget in OTHER_BUDGETS if budget != own)]
        other = st.selectbox(
            "Compare with",
            budgets,
            format_func=lambda one: "nothing" if one is None else f"{one:g} alerts per 90 days",
            key="backtest-other",
            width=220,
        )
        inject = st.toggle("Put standard faults in", key="backtest-inject")
        asked = st.button("Replay", icon=":material/replay:", key="backtest-go")
    if asked:
        settings = () if other is None else (f"detection.alerts_per_90_days={other}",)
        with errors.shown(), st.spinner("Judging every bucket by what was known before it …"):
            found = asking.backtest(dataset.name, DAYS[days or USUAL], settings, inject=inject)
            st.session_state["backtest"] = found
    found = st.session_state.get("backtest")
    if found is None or found["dataset"] != dataset.name:
        st.caption(
            "Every bucket of the past is judged by a band made from the buckets before it, as runs do. With standard "
            "faults put in, it tells which of them would be found. Nothing is written."
        )
    elif found["reason"]:
        parts.empty("Nothing could be replayed.", f"{found['reason'][0].upper()}{found['reason'][1:]}.")
    else:
        _found(found)


def _found(found: dict[str, Any]) -> None:
    span = f"{found['from'][:10]} to {found['to'][:10]}"
    for setting in found["settings"]:
        st.markdown(words.plain(_summary(setting, span, named=len(found["settings"]) > 1)))
    shown = found["settings"][0]
    if shown["alerts"]:
        st.dataframe(_alerts(shown), hide_index=True, key="backtest-alerts")
    _chart(shown)
    st.dataframe(_series(found["settings"]), hide_index=True, key="backtest-series")
    st.caption("'Sees' is the smallest change of a middling bucket that leaves the band.")
    if shown["faults"] is not None:
        st.markdown("**Standard faults, put into copies of these series one at a time**")
        st.dataframe(_faults(found["settings"]), hide_index=True, key="backtest-faults")


def _summary(setting: dict[str, Any], span: str, *, named: bool) -> str:
    rate, budget = setting["alerts_per_90_days"], setting["budget"]
    whose = f", {setting['name']}" if named else ""
    labels = setting["labels"]
    alerts = words.count(len(setting["alerts"]), "alert")
    told = f"{alerts} from {span}{whose}: {rate:.1f} per 90 days, budget {budget:g}"
    if labels and labels["wrong"]:
        told += f"; {labels['found']} of {labels['wrong']} labelled errors found"
    return f"{told}."


def _alerts(setting: dict[str, Any]) -> pd.DataFrame:
    newest = setting["alerts"][::-1][:_LISTED]
    frame = pd.DataFrame({"when": [_when(each) for each in newest], "what": [each["sentence"] for each in newest]})
    if any(each["label"] for each in newest):
        frame["label"] = [(each["label"] or "").replace("_", " ") for each in newest]
    return frame


def _chart(setting: dict[str, Any]) -> None:
    known = [points for points in setting["points"] if any(value is not None for value in points["values"])]
    known.sort(key=lambda points: -sum(state in ("anomaly", "drift") for state in points["state"]))
    if not known:
        return
    chosen = st.selectbox("Series", range(len(known)), format_func=lambda at: known[at]["name"], key="backtest-of")
    points = known[chosen or 0]
    rate = next(each["sees_in"] == "points" for each in setting["series"] if each["name"] == points["name"])
    st.plotly_chart(
        charts_detection.replayed(points, 100.0 if rate else 1.0, " %" if rate else "", parts.palette()),
        config=charts.CONFIG,
        key="backtest-chart",
        alt=f"{points['name']} with its band and what would have alerted",
    )


def _series(settings: list[dict[str, Any]]) -> pd.DataFrame:
    first = settings[0]
    frame = {
        "series": [each["name"] for each in first["series"]],
        "judged": [each["judged"] for each in first["series"]],
    }
    for setting in settings:
        named = f" ({setting['budget']:g} per 90 days)" if len(settings) > 1 else ""
        frame[f"alerts{named}"] = [each["alerts"] for each in setting["series"]]
    for side in ("fall", "rise"):
        frame[f"sees a {side} of"] = [_seen(each[f"sees_{side}"], each["sees_in"]) for each in first["series"]]
    return pd.DataFrame(frame)


def _faults(settings: list[dict[str, Any]]) -> pd.DataFrame:
    frame = {
        "fault": [each["fault"] for each in settings[0]["faults"]],
        "put in": [each["injected"] for each in settings[0]["faults"]],
    }
    for setting in settings:
        named = f" ({setting['budget']:g} per 90 days)" if len(settings) > 1 else ""
        frame[f"found{named}"] = [
            words.percent(each["recall"]) if each["injected"] else each["why_none"] for each in setting["faults"]
        ]
    return pd.DataFrame(frame)


def _seen(value: float | None, unit: str) -> str:
    if value is None:
        return "–"
    if value == 0:
        return "any"  # of a series that never moved
    return f"{words.number(100 * value)} points" if unit == "points" else words.percent(value)


def _when(alert: dict[str, Any]) -> str:
    first, last = (alert[name][:16].replace("T", " ").removesuffix(" 00:00") for name in ("from", "to"))
    return first if first == last else f"{first} to {last}"
