"""What is drawn and tabulated: figures, panels and tables out of records, without a browser."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pandas as pd
import pytest

from checks.records import (
    Alert,
    Certainty,
    Check,
    Dataset,
    DatasetHealth,
    Dimension,
    Finding,
    FreshnessExpected,
    Grain,
    Health,
    Label,
    LabelKind,
    Metric,
    NumberExpected,
    Operator,
    Repeats,
    Result,
    Severity,
    Status,
    Threshold,
)
from connectors import Column, TableName
from dashboard import charts, columns_table, dataset_trends, frames, heat_map, panels, theme

AT = datetime(2026, 3, 15, 12, tzinfo=UTC)
DAY = datetime(2026, 3, 14)  # noqa: DTZ001 buckets are naive
NULLS = Metric("null_rate", "carrier", Grain.DAY)


def check(expects: object, id: str = "carriers") -> Check:
    return Check(id, "demo.flights", Dimension.COVERAGE, expects)  # ty: ignore[invalid-argument-type]


def number(metric: str, *values: float, operator: Operator = Operator.LESS_OR_EQUAL, **more: object) -> Check:
    return check(NumberExpected(metric, Threshold(operator, values), **more))  # ty: ignore[invalid-argument-type]


def result(status: Status, dimension: Dimension = Dimension.COVERAGE, **more: object) -> Result:
    return Result("carriers", dimension, status, Severity.ERROR, **more)  # ty: ignore[invalid-argument-type]


def dataset(*checks: Check, name: str = "flights") -> Dataset:
    return Dataset("demo", TableName(None, name), checks=checks)


def state(name: str, health: Health, *results: Result, owner: str | None = None) -> DatasetHealth:
    return DatasetHealth(name, health, health, Certainty.CERTAIN, (), AT, owner, results)


def points(*values: float, first: datetime = DAY) -> pd.DataFrame:
    buckets = [first + timedelta(days=step) for step in range(len(values))]
    return pd.DataFrame({"bucket": buckets, "observed_at": [AT] * len(values), "value": values})


class TestTheHeatMap:
    def draw(self, *days: tuple[str, date, str], names: tuple[str, ...] = ("demo.a", "demo.b")) -> str:
        frame = pd.DataFrame(days, columns=["dataset", "day", "status"])
        return heat_map.heat_map(frame, names, date(2026, 3, 15), 90, theme.LIGHT)

    def test_a_failing_day_has_its_icon_and_its_word(self) -> None:
        drawn = self.draw(("demo.b", date(2026, 3, 14), "failing"))
        assert '<i class="failing" style="--n:1" title="Sat 14 Mar 2026: ✕ failing">✕</i>' in drawn

    def test_a_day_without_a_judgement_is_not_healthy(self) -> None:
        assert 'class="healthy"' not in self.draw()
        assert (
            '<i class="empty" style="--n:90" title="16 Dec 2025 to 15 Mar 2026: nothing was judged"></i>' in self.draw()
        )

    def test_calm_days_in_a_row_are_one_element_and_failing_ones_are_not(self) -> None:
        days = [("demo.a", date(2026, 3, day), "healthy" if day < 10 else "failing") for day in range(1, 13)]
        drawn = self.draw(*days)
        assert drawn.count('class="healthy"') == 1
        assert drawn.count('class="failing"') == 3

    def test_days_and_datasets_that_are_not_shown_are_left_out(self) -> None:
        drawn = self.draw(("demo.c", date(2026, 3, 14), "failing"), ("demo.a", date(2025, 1, 1), "failing"))
        assert 'class="failing"' not in drawn

    def test_names_are_text_and_not_html(self) -> None:
        drawn = self.draw(names=('<b>"x"</b>',))
        assert "&lt;b&gt;&quot;x&quot;&lt;/b&gt;" in drawn
        assert "<b>" not in drawn


class TestPanels:
    def test_a_limit_on_the_share_of_nulls_is_a_line_in_the_chart_of_the_rate(self) -> None:
        on = panels.checks_on(NULLS, dataset(number("null_count", 2, column="carrier", percent=True)))
        assert panels.limits(NULLS, on) == (charts.Limit(2, "at most 2 %"),)

    def test_a_limit_on_the_whole_table_says_so_in_a_chart_of_days(self) -> None:
        whole = number("null_count", 2, column="carrier", percent=True)
        [line] = panels.panel(NULLS, points(0.25), [whole], [], AT).limits
        assert line.name == "at most 2 % in the whole table"
        daily = number("null_count", 2, column="carrier", percent=True, per_bucket=True)
        [line] = panels.panel(NULLS, points(0.25), [daily], [], AT).limits
        assert line.name == "at most 2 %"

    def test_a_limit_on_a_count_is_no_line_in_a_chart_of_rates(self) -> None:
        on = panels.checks_on(NULLS, dataset(number("null_count", 2, column="carrier")))
        assert len(on) == 1
        assert panels.limits(NULLS, on) == ()

    def test_between_has_a_lower_and_an_upper_line(self) -> None:
        rows = Metric("bucket_rows", grain=Grain.DAY)
        on = [number("row_count", 700, 1100, operator=Operator.BETWEEN, per_bucket=True)]
        assert [one.name for one in panels.limits(rows, on)] == ["at least 700", "at most 1,100"]

    def test_freshness_is_drawn_in_hours(self) -> None:
        fresh = [check(FreshnessExpected(timedelta(hours=12)))]
        drawn = panels.panel(Metric("freshness"), points(7200.0), fresh, [], AT)
        assert (drawn.points["value"].tolist(), drawn.limits[0]) == ([2.0], charts.Limit(12.0, "at most 12 h"))

    def test_a_rate_is_drawn_in_percent(self) -> None:
        drawn = panels.panel(NULLS, points(0.25), [], [], AT)
        assert (drawn.points["value"].tolist(), drawn.unit) == ([25.0], "%")

    def test_only_buckets_that_failed_or_warned_are_marked(self) -> None:
        found = [result(status, bucket=DAY, observed="11 values") for status in Status]
        assert [mark.status for mark in panels.marks(found)] == ["warn", "fail", "no_data"]

    def test_a_value_of_the_whole_table_stands_where_it_was_observed(self) -> None:
        observed = pd.DataFrame({"bucket": [pd.NaT], "observed_at": [pd.Timestamp(AT)], "value": [3.0]})
        drawn = panels.panel(Metric("row_count"), observed, [], [], AT)
        assert drawn.points["moment"].tolist() == [pd.Timestamp("2026-03-15 12:00")]

    @pytest.mark.parametrize(
        ("metric", "said"),
        [
            (NULLS, "null rate of carrier"),
            (Metric("bucket_rows", grain=Grain.HOUR), "rows per hour"),
            (Metric("orphan_count", "carrier", check="known"), "rows whose carrier has no partner (check known)"),
            (Metric("new_metric", "a"), "new_metric of a"),
        ],
    )
    def test_a_series_has_a_name_for_people(self, metric: Metric, said: str) -> None:
        assert panels.label(metric) == said


def test_trends_share_one_time_axis_and_carry_marks_and_limits() -> None:
    found = [result(Status.FAIL, bucket=DAY, observed="11 values")]
    shown = [
        panels.panel(Metric("bucket_rows", grain=Grain.DAY), points(900, 400), [], found, AT),
        panels.panel(NULLS, points(0.1, 0.2), [number("null_count", 2, column="carrier", percent=True)], [], AT),
    ]
    figure = charts.trends(shown, [DAY], (DAY, DAY + timedelta(days=2)), theme.DARK)
    assert figure.layout.xaxis.matches == "x2"
    assert [trace.type for trace in figure.data] == ["bar", "scatter", "scatter", "scatter"]
    assert [shape.y0 for shape in figure.layout.shapes] == [2]


def test_the_ticks_of_runs_do_not_stretch_a_chart_that_does_not_begin_at_0() -> None:
    hours = Metric("mean", "hour", Grain.DAY)
    drawn = panels.panel(hours, points(11.5, 11.6, first=DAY - timedelta(days=2)), [], [], AT)
    assert charts.trends([drawn], [DAY], (DAY, DAY), theme.DARK).data[-1].y == (11.5,)
    band = pd.DataFrame({"moment": [DAY], "lower": [11.4], "expected": [11.5], "upper": [11.7]})
    assert charts.trends([replace(drawn, band=band)], [DAY], (DAY, DAY), theme.DARK).data[-1].y == (11.46,)
    rows = panels.panel(Metric("bucket_rows", grain=Grain.DAY), points(900), [], [], AT)
    assert charts.trends([rows], [DAY], (DAY, DAY), theme.DARK).data[-1].y == (0.0,)


def test_the_end_of_a_line_that_is_still_filling_is_dotted() -> None:
    """A day of an hour is no fall."""
    drawn = panels.panel(NULLS, points(0.1, 0.2, 0.3, first=DAY - timedelta(days=1)), [], [], AT)
    figure = charts.trends([drawn], [], (DAY, DAY + timedelta(days=2)), theme.DARK)
    end, filling, whole = figure.data
    assert (list(whole.y), whole.line.dash) == ([10.0, 20.0], None)
    assert (list(end.y), end.line.dash, end.hoverinfo) == ([20.0, 30.0], "dot", "skip")
    assert (list(filling.y), "still filling" in filling.hovertemplate) == ([30.0], True)


def test_what_is_too_young_for_a_chart_is_told_with_its_unit() -> None:
    nulls = panels.panel(NULLS, points(0.002058, 0.002058), [], [], AT)
    assert dataset_trends.so_far(nulls).partition(". ")[0] == "Null rate of carrier: 0.2 %"


def test_a_vanished_value_says_so_beside_its_bar() -> None:
    figure = charts.breakdown([("UA", 165, 0), ("B6", 150, 148)], ("before", "now"), theme.LIGHT)
    assert figure.data[1].text == ("✕ vanished", "")


class TestTheOverviewTable:
    def test_the_worst_stand_first(self) -> None:
        states = [state("a", Health.HEALTHY), state("b", Health.UNKNOWN), state("c", Health.FAILING)]
        assert [one.name for one in frames.chosen(states, {}, frames.Wanted())] == ["c", "b", "a"]

    @pytest.mark.parametrize(
        ("wanted", "found"),
        [
            (frames.Wanted(text="FLIGHT ops"), ["demo.flights"]),
            (frames.Wanted(healths=("failing",)), ["demo.flights"]),
            (frames.Wanted(source="lake"), ["lake.events"]),
            (frames.Wanted(owner="Ops"), ["demo.flights"]),
            (frames.Wanted(text="nothing"), []),
        ],
    )
    def test_it_is_filtered_by_text_health_source_and_owner(self, wanted: frames.Wanted, found: list[str]) -> None:
        states = [state("demo.flights", Health.FAILING, owner="Ops"), state("lake.events", Health.HEALTHY)]
        assert [one.name for one in frames.chosen(states, {}, wanted)] == found

    def test_a_small_chart_keeps_the_newest_values(self) -> None:
        frame = points(1, 2, 3).assign(dataset="a")
        assert frames.sparks(frame, 2) == {"a": [2, 3]}
        assert frames.latest(frame) == {"a": 3}


class TestColumns:
    def test_the_newest_bucket_counts_and_nothing_measured_stays_empty(self) -> None:
        values = columns_table.Values({NULLS: {DAY: 0.5, DAY - timedelta(days=1): 0.1}}, {})
        row = columns_table.table([Column("carrier", "string", "VARCHAR")], values, []).iloc[0]
        assert (row["Nulls"], row["Null rate by bucket"], row["Mean"]) == ("50.0 %", [0.1, 0.5], "")

    def test_the_range_of_dates_is_dates(self) -> None:
        table = {Metric("min", "d"): (AT, -86400.0), Metric("max", "d"): (AT, 0.0)}
        row = columns_table.table([Column("d", "date", "DATE")], columns_table.Values({}, table), []).iloc[0]
        assert row["Range"] == "1969-12-31 to 1970-01-01"

    def test_means_that_are_not_watched_are_named_with_the_reason(self) -> None:
        days = [DAY - timedelta(days=number) for number in range(3)]

        numbers = {"hour": (0.0, 11.5, 23.0), "amount": (0.5, 9.0, 20.0)}
        measured = {
            Metric(name, column, Grain.DAY): dict.fromkeys(days, value)
            for column, own in numbers.items()
            for name, value in zip(("min", "mean", "max"), own, strict=True)
        }
        values = columns_table.Values(measured, {})
        columns = [Column("hour", "int64", "BIGINT"), Column("amount", "float64", "DOUBLE")]
        said = "Means that say nothing of their own are not watched: hour (hours of the day)."
        assert columns_table.not_watched(columns, values, ()) == said
        assert columns_table.not_watched(columns, values, {"hour"}) == ""

    def test_schema_changes_are_told_in_words(self) -> None:
        old = [Column("a", "int64", "BIGINT"), Column("b", "string", "VARCHAR")]
        new = [Column("a", "string", "VARCHAR"), Column("c", "date", "DATE")]
        assert columns_table.changes(old, new) == [
            "c was added, DATE",
            "b was removed, it was VARCHAR",
            "a changed its type from BIGINT to VARCHAR",
        ]


def test_rows_of_any_kind_fit_into_a_table() -> None:
    frame = frames.of_sample(("a", "a", "b"), [(1, b"x", [1]), (None, 2.5, {"k": 1})])
    assert list(frame.columns) == ["a", "a (2)", "b"]
    assert frame["b"].tolist() == ["[1]", "{'k': 1}"]
    assert pd.isna(frame["a"].iloc[1])


@pytest.mark.parametrize("palette", [theme.LIGHT, theme.DARK])
@pytest.mark.parametrize("state", ["ink", "faint", "failing", "warning", "unknown", "healthy"])
def test_text_in_every_state_colour_is_readable(palette: theme.Palette, state: str) -> None:
    """WCAG AA: a contrast of at least 4.5 to the ground."""
    light, dark = sorted((luminance(getattr(palette, state)), luminance(palette.ground)), reverse=True)
    assert (light + 0.05) / (dark + 0.05) >= 4.5


def luminance(colour: str) -> float:
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


class TestWhatWasLearned:
    """Bands, alerts and labels in a chart."""

    BANDS = pd.DataFrame(
        {
            "bucket": [DAY, DAY + timedelta(days=1)],
            "value": [0.01, 0.4],
            "expected": [0.01, 0.01],
            "lower": [0.0, 0.0],
            "upper": [0.02, 0.9],
            "score": [0.0, 20.0],
        }
    )
    FOUND = Finding(NULLS, 0.4, 0.01, 0.0, 0.02, 20.0)

    def drawn(self, *labels: Label, metric: Metric = NULLS) -> charts.Panel:
        alert = Alert("demo.flights", DAY + timedelta(days=1), Grain.DAY, AT, (self.FOUND,))
        plain = panels.panel(metric, points(0.01, 0.4), [], [], AT)
        return panels.with_past(plain, metric, panels.Past(self.BANDS, [alert], labels))

    def label(self, kind: LabelKind, first: datetime, last: datetime, **more: object) -> Label:
        return Label(1, "demo.flights", kind, first, last, "ada", AT, **more)  # ty: ignore[invalid-argument-type]

    def test_the_band_is_in_the_unit_of_the_chart(self) -> None:
        band = self.drawn().band
        assert band is not None
        assert band["upper"].tolist() == [2.0, 90.0]

    def test_an_alert_is_marked_with_its_sentence_in_the_chart_of_its_series_alone(self) -> None:
        [mark] = self.drawn().marks
        assert (mark.moment, mark.status) == (DAY + timedelta(days=1), "warn")
        assert mark.word == (
            "learned: 40 % of the rows without carrier on 2026-03-15, expected at most 2 % of the rows"
        )
        assert self.drawn(metric=Metric("null_rate", "other", Grain.DAY)).marks == ()

    def test_a_band_far_beyond_all_values_does_not_flatten_the_chart(self) -> None:
        figure = charts.trends([self.drawn()], [], (DAY, DAY + timedelta(days=2)), theme.LIGHT)
        assert max(max(trace.y) for trace in figure.data) < 60

    def test_a_labelled_day_is_a_strip_and_what_repeats_has_several(self) -> None:
        [strip] = self.drawn(self.label(LabelKind.EXPECTED, DAY, DAY, note="the sale")).spans
        assert (strip.first, strip.end) == (DAY - timedelta(hours=12), DAY + timedelta(hours=12))
        assert strip.word == "expected, says ada: the sale"
        assert len(self.drawn(self.label(LabelKind.EXPECTED, DAY, DAY + timedelta(days=1))).spans) == 1
        weekly = self.label(
            LabelKind.EXPECTED, DAY - timedelta(days=7), DAY - timedelta(days=7), repeats=Repeats.WEEKLY, until=AT
        )
        assert [one.first for one in self.drawn(replace(weekly, until=DAY)).spans] == [DAY - timedelta(hours=12)]

    def test_a_new_regime_is_a_line_where_it_begins(self) -> None:
        [strip] = self.drawn(self.label(LabelKind.NEW_REGIME, DAY + timedelta(days=1), DAY + timedelta(days=1))).spans
        assert strip.end == DAY + timedelta(days=1)
        assert self.drawn(self.label(LabelKind.NEW_REGIME, DAY - timedelta(days=9), DAY)).spans == ()

    def test_a_label_of_another_series_is_not_drawn(self) -> None:
        other = self.label(LabelKind.EXPECTED, DAY, DAY, metric="bucket_rows")
        assert self.drawn(other).spans == ()

    def test_a_series_that_is_measured_both_ways_is_offered_by_bucket(self) -> None:
        whole = Metric("null_rate", "carrier")
        assert panels.offered([NULLS, whole], ()) == panels.offered([whole, NULLS], ()) == {"null_rate.carrier": NULLS}
