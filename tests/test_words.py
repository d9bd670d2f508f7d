"""What people read, to the letter."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest

from checks.records import Certainty, DatasetHealth, Dimension, Health, Result, Severity, Status
from dashboard import sentences, words
from tests.incidents import incident, key, symptom

AT = datetime(2026, 3, 15, 12, tzinfo=UTC)
NASTY = "**x** <script>alert(1)</script> :red[boo] $a$ [l](http://x)"


def result(status: Status = Status.PASS, **more: object) -> Result:
    fields = {"check": "carriers", "dimension": Dimension.COVERAGE, "status": status, "severity": Severity.ERROR}
    return Result(**(fields | more))  # ty: ignore[invalid-argument-type]


@pytest.mark.parametrize(
    ("results", "stands"),
    [
        ([result(), result(Status.LEARNING, learned=True)], Status.PASS),
        ([result(), result(Status.SKIPPED, learned=True)], Status.PASS),
        ([result(), result(Status.WARN, learned=True)], Status.WARN),
        ([result(), result(Status.SKIPPED)], Status.SKIPPED),
        ([result(Status.LEARNING, learned=True)], Status.LEARNING),
        ([result(Status.UNREACHABLE), result(Status.LEARNING, learned=True)], Status.UNREACHABLE),
        ([], None),
    ],
)
def test_what_is_still_learned_hides_nothing_that_was_judged(results: list[Result], stands: Status | None) -> None:
    assert words.worst(results) is stands


def dataset(name: str, health: Health, *results: Result, reasons: tuple[str, ...] = ()) -> DatasetHealth:
    return DatasetHealth(name, health, health, Certainty.CERTAIN, reasons, AT, None, results)


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (None, "–"),
        (0, "0 s"),
        (0.004, "0 s"),
        (0.25, "0.25 s"),
        (59.6, "1 min"),
        (60, "1 min"),
        (61, "1 min 1 s"),
        (7800, "2 h 10 min"),
        (86400, "1 d"),
        (95400, "1 d 2 h"),
        (-7800, "−2 h 10 min"),
    ],
)
def test_a_duration_has_its_two_largest_units(seconds: float | None, said: str) -> None:
    assert words.duration(seconds) == said


@pytest.mark.parametrize(
    ("back", "said"),
    [
        (timedelta(seconds=5), "just now"),
        (timedelta(seconds=45), "45 s ago"),
        (timedelta(minutes=5), "5 min ago"),
        (timedelta(hours=2, minutes=10, seconds=20), "2 h 10 min ago"),
        (timedelta(hours=30), "1 d 6 h ago"),
        (timedelta(days=1, hours=23, minutes=59, seconds=40), "2 d ago"),
        (timedelta(days=3), "3 d ago"),
        (timedelta(minutes=-12), "in 12 min"),
    ],
)
def test_a_moment_is_told_relative_to_now(back: timedelta, said: str) -> None:
    assert words.ago(AT - back, AT) == said


def test_a_relative_time_comes_with_the_exact_one() -> None:
    assert words.exactly(AT - timedelta(hours=6), AT) == "6 h ago (2026-03-15 06:00 UTC)"
    assert words.exactly(None, AT) == "never"


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (336776.0, "336,776"),
        (0.0, "0"),
        (0.01234, "0.01234"),
        (12.3456, "12.35"),
        (1234.5678, "1,235"),
        (1e-12, "1.00e-12"),
        (float("nan"), "–"),
        (float("-inf"), "−∞"),
        (None, "–"),
    ],
)
def test_numbers_have_thousands_separators_and_about_four_digits(value: float | None, said: str) -> None:
    assert words.number(value) == said


def test_counts_name_what_they_count() -> None:
    assert words.count(336776, "row") == "336,776 rows"
    assert words.count(1, "row") == "1 row"
    assert words.count(0, "query", "queries") == "no queries"
    assert words.count(None, "row") == "– rows"


@pytest.mark.parametrize(
    ("rate", "said"),
    [(0, "0 %"), (0.012, "1.2 %"), (0.0005, "0.05 %"), (0.00004, "< 0.01 %"), (0.9996, "100.0 %"), (1, "100 %")],
)
def test_a_rate_that_is_not_0_is_never_shown_as_0(rate: float, said: str) -> None:
    assert words.percent(rate) == said


def test_a_share_carries_its_denominator() -> None:
    assert words.share(0.012, 2860) == "1.2 % of 2,860 rows"


def test_freshness_is_an_age_until_it_is_late() -> None:
    assert words.freshness(7800, None) == "2 h 10 min old"
    assert words.freshness(7800, 3600) == "1 h 10 min late"
    assert words.freshness(3600, 3600) == "1 h old"
    assert words.freshness(-60, 3600) == "1 min in the future"
    assert words.freshness(None, 3600) == "–"


def test_a_state_is_an_icon_and_a_word() -> None:
    assert [words.health(state) for state in words.ORDER] == ["✕ failing", "▲ warning", "? unknown", "✓ healthy"]
    assert words.status(Status.NO_DATA) == "∅ no data"
    assert {len(words.status(state)) > 3 for state in Status} == {True}
    assert words.outcome("interrupted") == "– interrupted"


def test_a_finding_names_check_column_evidence_and_expectation() -> None:
    found = result(Status.FAIL, column="carrier", observed="11 values", expected="at least 12 values")
    assert words.finding(found) == "carriers fails: carrier: 11 values, expected at least 12 values"
    assert words.evidence(result(Status.ERROR, reason="no such column")) == "no such column"


def test_the_first_hour_of_a_day_is_told_as_an_hour_and_a_day_as_a_day() -> None:
    found = result(
        Status.FAIL, observed="2 rows", expected="at least 3 rows", bucket=datetime.fromisoformat("2026-11-20")
    )
    assert words.evidence(found) == "2 rows, expected at least 3 rows (Fri 20 Nov 2026)"
    assert words.evidence(found, hourly=True) == "2 rows, expected at least 3 rows (20 Nov 2026 00:00)"
    assert words.finding(found, hourly=True).endswith("(20 Nov 2026 00:00)")


class TestTheFirstLineOfTheOverview:
    def test_says_how_many_need_attention_and_the_worst_cause(self) -> None:
        failing = dataset(
            "demo.flights", Health.FAILING, result(Status.FAIL, observed="11 values", expected="12 values")
        )
        healths = [dataset("demo.weather", Health.WARNING), failing, *[dataset("demo.a", Health.HEALTHY)] * 40]
        assert sentences.headline(healths) == (
            "2 of 42 datasets need attention: demo.flights fails carriers: 11 values, expected 12 values"
        )

    def test_tells_the_worst_incident_that_is_about_them(self) -> None:
        healths = [dataset("lake.orders", Health.FAILING), dataset("b", Health.HEALTHY)]
        found = [incident(title="other", symptoms=(symptom(key("lake.other")),)), incident()]
        assert sentences.headline(healths, found) == "1 of 2 datasets needs attention: orders lost rows"
        assert sentences.headline(healths, found[:1]) == "1 of 2 datasets needs attention: lake.orders"

    def test_falls_back_on_the_reason(self) -> None:
        healths = [dataset("demo.flights", Health.FAILING, reasons=("nothing arrived.",)), dataset("b", Health.HEALTHY)]
        assert sentences.headline(healths) == "1 of 2 datasets needs attention: demo.flights: nothing arrived"

    def test_says_that_all_is_well(self) -> None:
        assert sentences.headline([dataset("a", Health.HEALTHY)] * 5) == "All 5 datasets are healthy"

    def test_never_calls_the_unknown_healthy(self) -> None:
        known, unknown = dataset("a", Health.HEALTHY), dataset("b", Health.UNKNOWN)
        assert sentences.headline([known, known, unknown]) == "1 of 3 datasets is unknown, the rest is healthy"
        assert sentences.headline([unknown, unknown]) == "2 datasets: nothing is known yet"

    def test_of_nothing(self) -> None:
        assert sentences.headline([]) == "No datasets yet"


class TestTheVerdictOfADataset:
    def test_counts_what_fails_and_warns(self) -> None:
        state = dataset("a", Health.FAILING, result(Status.FAIL), result(Status.WARN), result(), result())
        assert sentences.verdict(state) == "Failing: 1 of 4 checks fails, 1 warns"

    def test_of_a_healthy_one(self) -> None:
        assert sentences.verdict(dataset("a", Health.HEALTHY, result(), result())) == "Healthy: all 2 checks passed"

    def test_of_an_unknown_one_gives_the_reasons(self) -> None:
        state = dataset("a", Health.UNKNOWN, result(), reasons=("did not answer since 06:00.",))
        assert sentences.verdict(state) == "Unknown: did not answer since 06:00"

    def test_of_an_unknown_one_leaves_out_the_findings_that_stand_below(self) -> None:
        told = ("did not answer since 06:00", "carriers: 11 different values", "rows: no number yet")
        state = dataset("a", Health.UNKNOWN, result(Status.FAIL), reasons=told)
        assert sentences.verdict(state) == "Unknown: did not answer since 06:00; rows: no number yet"


def test_what_vanished_between_two_days_is_named() -> None:
    rows = [("UA", 165.0, 0.0), ("B6", 150.0, 148.0)]
    assert sentences.compared(rows, "carrier") == "carrier UA vanished; in all −167 rows"
    assert (
        sentences.compared([("B6", 150.0, 148.0)], "carrier")
        == "carrier B6 changed most: 150 rows, now 148; in all −2 rows"
    )
    assert sentences.compared([("B6", 1.0, 1.0)], "carrier") == "No value of carrier has changed"


def test_runs_and_sources_have_a_first_line() -> None:
    assert sentences.runs_headline(["finished", "error", "cancelled"]) == "3 runs in the last day, 1 of them went wrong"
    assert sentences.runs_headline([]) == "Nothing ran in the last day"
    assert sentences.sources_headline([True, False, True]) == "1 of 3 sources does not answer"
    assert sentences.sources_headline([True, True]) == "All 2 sources answer"


class TestPlainText:
    def test_markdown_html_and_directives_are_switched_off(self) -> None:
        shown = words.plain(NASTY)
        assert not re.search(r"(?<!\\)[*<>\[\]()$]", shown)
        assert ":red" not in shown
        assert "http:/" not in shown

    def test_only_escapes_and_invisible_breaks_are_added(self) -> None:
        assert words.plain(NASTY).replace("\\", "").replace("\u200b", "") == NASTY

    @pytest.mark.parametrize("text", [":material/home:", ":tada:", "www.x.org", "a@b.org", "a->b", "a--b", "a>=b"])
    def test_what_streamlit_would_replace_is_broken_up(self, text: str) -> None:
        assert "\u200b" in words.plain(text)

    def test_times_stay_as_they_are(self) -> None:
        assert words.plain("due 06:00") == "due 06:00"

    def test_it_is_one_line(self) -> None:
        assert words.plain("a\n# b") == "a \\# b"
