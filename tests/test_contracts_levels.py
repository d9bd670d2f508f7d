"""Service levels of contracts: what they become, and what is told about those that can not be read."""

from __future__ import annotations

from collections.abc import Callable
from datetime import time, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml

from checks.config import load
from checks.contracts import declared, lint, load_folder
from checks.contracts.levels.calendars import weekdays
from checks.deadlines import Deadline
from checks.objectives.targets import objectives_of
from checks.records import Dataset, Dimension, FreshnessExpected, NumberExpected, Operator, Severity, Threshold
from checks.service_levels import (
    AvailabilityExpected,
    DeadlineExpected,
    ErrorRateExpected,
    FrequencyExpected,
    LifecycleExpected,
    ResponseTimes,
    RetentionExpected,
    ThroughputExpected,
)
from connectors import TableName
from tests.monitors import utc

PROPERTIES = [{"name": "at", "logicalType": "timestamp"}, {"name": "amount", "logicalType": "number"}]
SIX = time(6)

Level = dict[str, Any]
DatasetOf = Callable[..., Dataset]


def said(**values: Any) -> dict[str, Any]:
    """vitals.* declarations as customProperties."""
    properties = [{"property": f"vitals.{name}", "value": value} for name, value in values.items()]
    return {"customProperties": properties}


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., Path]:
    """Writes a contract of one table with these service levels and other parts."""

    def _write(*levels: Level, **parts: Any) -> Path:
        table = {"name": "orders", "properties": PROPERTIES, **parts.pop("table", {})}
        head = {"apiVersion": "v3.1.0", "kind": "DataContract", "id": "c", "version": "1.0.0", "status": "active"}
        whole = {**head, "schema": [table], "slaProperties": list(levels), **parts}
        (tmp_path / "contracts").mkdir(exist_ok=True)
        file = tmp_path / "contracts" / "c.yaml"
        file.write_text(yaml.safe_dump(whole, sort_keys=False), encoding="utf-8")
        return file

    return _write


@pytest.fixture
def dataset_of(write, tmp_path: Path) -> DatasetOf:
    def _dataset(*levels: Level, **parts: Any) -> Dataset:
        write(*levels, **parts)
        (tmp_path / "config.toml").write_text('[sources.lake]\nurl = "duckdb://lake.duckdb"\n', encoding="utf-8")
        config = load(tmp_path / "config.toml", {})
        (dataset,) = declared(load_folder(config.contracts_path), config, {"lake": [TableName("main", "orders")]})
        return dataset

    return _dataset


@pytest.fixture
def expects(dataset_of) -> Callable[..., Any]:
    """What the only check of the only service level expects."""

    def _expects(level: Level, **parts: Any) -> Any:
        checks = [check for check in dataset_of(level, **parts).checks if not check.id.endswith(".column")]
        assert len(checks) == 1, checks
        return checks[0].expects

    return _expects


@pytest.fixture
def told(write) -> Callable[..., list[str]]:
    """The findings on a contract with these levels: 'level place: message'."""

    def _told(*levels: Level, **parts: Any) -> list[str]:
        findings = lint([write(*levels, **parts)])[0].findings
        return [f"{finding.level} {finding.path}: {finding.message}" for finding in findings]

    return _told


# -- names -------------------------------------------------------------------------------------------------------------


NAMES = [
    ("freshness", "fr", "Freshness"),
    ("latency", "ly", "LATENCY"),
    ("frequency", "fy", "frequency_of_update"),
    ("retention", "re", "Retention-Period"),
]


@pytest.mark.parametrize("names", NAMES, ids=lambda names: names[0])
def test_a_name_in_any_spelling_is_the_same_level(expects, names: tuple[str, ...]):
    assert len({expects({"property": name, "value": 3, "unit": "d"}) for name in names}) == 1


@pytest.mark.parametrize("name", ["timeOfAvailability", "ta", "Time of Availability", "time_of_availability", "TOA"])
def test_a_deadline_in_any_spelling(expects, name: str):
    assert expects({"property": name, "value": "06:00"}) == DeadlineExpected(Deadline(SIX))


@pytest.mark.parametrize(
    ("names", "stage"),
    [
        (("generalAvailability", "ga", "General Availability"), "generalAvailability"),
        (("endOfSupport", "es", "eos"), "endOfSupport"),
        (("endOfLife", "el", "EOL", "end-of-life"), "endOfLife"),
    ],
)
def test_a_stage_in_any_spelling(expects, names: tuple[str, ...], stage: str):
    assert {expects({"property": name, "value": "2027-06-30"}).stage for name in names} == {stage}


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("freshnes", '"freshnes" is no service level of the standard; did you mean "freshness"?'),
        ("time of avail", '"time of avail" is no service level of the standard; did you mean "timeOfAvailability"?'),
        ("xyz", '"xyz" is no service level of the standard; known: freshness, latency, frequency'),
    ],
)
def test_an_unknown_name_is_told_with_the_nearest(told, name: str, says: str):
    (finding,) = told({"property": name, "value": 1, "unit": "h"})
    assert finding.startswith(f"warning slaProperties[0].property: {says}")


def test_everything_else_in_a_level_is_accepted(told):
    more = {"driver": "regulatory", "valueExt": 30, "description": "for the report", "id": "fresh"}
    assert told({"property": "freshness", "value": 26, "unit": "h", "element": "orders.at", **more}) == []


# -- lengths of time ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "unit", "cadence"),
    [
        (1, "d", timedelta(days=1)),
        ("daily", None, timedelta(days=1)),
        ("Hourly", None, timedelta(hours=1)),
        ("weekly", None, timedelta(weeks=1)),
        ("monthly", None, timedelta(days=31)),
        (1, "month", timedelta(days=31)),
        ("P1M", None, timedelta(days=31)),
        ("PT15M", None, timedelta(minutes=15)),
        ("yearly", None, timedelta(days=366)),
    ],
)
def test_the_cadence(expects, value: Any, unit: str | None, cadence: timedelta):
    level = {"property": "frequency", "value": value} | ({"unit": unit} if unit else {})
    assert expects(level) == FrequencyExpected(cadence)


def test_a_retention_of_years_allows_for_leap_days(expects):
    level = {"property": "retention", "value": 3, "unit": "y", "element": "orders.at"}
    assert expects(level) == RetentionExpected(timedelta(days=3 * 366), "at")


def test_months_of_an_age_have_thirty_days(expects):
    assert expects({"property": "freshness", "value": 2, "unit": "mo"}) == FreshnessExpected(timedelta(days=60))


@pytest.mark.parametrize("name", ["frequency", "retention", "timeToRepair"])
def test_a_length_that_is_none_is_an_error(told, name: str):
    (finding,) = [each for each in told({"property": name, "value": "soon"}) if each.startswith("error")]
    assert finding.startswith('error slaProperties[0].value: "soon" is not a length of time')


# -- deadlines ---------------------------------------------------------------------------------------------------------


BERLIN = Deadline(SIX, "Europe/Berlin")


@pytest.mark.parametrize(
    ("value", "deadline"),
    [
        ("06:00", Deadline(SIX)),
        ("6:00", Deadline(SIX)),
        ("06:00:30", Deadline(time(6, 0, 30))),
        ("T06:00Z", Deadline(SIX)),
        ("06:00 Europe/Berlin", BERLIN),
        ("06:00-08:00", Deadline(SIX, "-08:00")),
        ("06:00 +05:30", Deadline(SIX, "+05:30")),
    ],
)
def test_the_time_and_the_zone_beside_it(expects, value: str, deadline: Deadline):
    assert expects({"property": "timeOfAvailability", "value": value}) == DeadlineExpected(deadline)


def test_the_nearest_zone_counts(expects):
    level = {"property": "timeOfAvailability", "value": "06:00"}
    berlin, oslo, paris = said(timezone="Europe/Berlin"), said(timezone="Europe/Oslo"), said(timezone="Europe/Paris")
    assert expects(level, **berlin).deadline == BERLIN
    assert expects(level, table=oslo, **berlin).deadline.zone == "Europe/Oslo"
    assert expects(level | paris, table=oslo, **berlin).deadline.zone == "Europe/Paris"
    assert expects(level | paris | {"value": "06:00Z"}).deadline.zone == "UTC"


def test_weekdays_and_holidays(expects):
    level = {"property": "ta", "value": "06:00 Europe/Berlin", **said(weekdays=["mon", "tue"], holidays="de-be")}
    assert expects(level).deadline == Deadline(SIX, "Europe/Berlin", (0, 1), ("DE-BE",))
    in_contract = expects({"property": "ta", "value": "06:00Z"}, **said(weekdays="mon-fri", holidays=["DE", "XNYS"]))
    assert in_contract.deadline == Deadline(SIX, "UTC", (0, 1, 2, 3, 4), ("DE", "XNYS"))


@pytest.mark.parametrize(
    ("value", "days"),
    [
        ("mon-fri", (0, 1, 2, 3, 4)),
        ("[mon..wed]", (0, 1, 2)),
        (["sat-mon", "Thursday"], (0, 3, 5, 6)),
        ("mon, fri", (0, 4)),
    ],
)
def test_weekdays_in_many_forms(value: Any, days: tuple[int, ...]):
    assert weekdays(value) == days


@pytest.mark.parametrize(
    ("level", "place", "says"),
    [
        ({"value": "soon"}, "value", '"soon" is no time of day; write for example 06:00'),
        ({"value": "25:00"}, "value", '"25:00" is no time of day'),
        ({"value": 6}, "value", "6 is no time of day"),
        ({"value": "06:00 Berlin"}, "value", '"06:00 Berlin" is not a time zone; write an IANA name'),
        (said(timezone="Berlin"), "customProperties[0].value", '"Berlin" is not a time zone'),
        (said(weekdays=[]), "customProperties[0].value", "[] is not a list of weekdays; write for example mon-fri"),
        (said(weekdays="mondy, fri, x"), "customProperties[0].value", '"mondy, fri, x" is not a list of weekdays'),
        (said(holidays="XX"), "customProperties[0].value", '"XX" is not a holiday calendar; write a country (DE)'),
        (said(holidays=4), "customProperties[0].value", "4 is not a holiday calendar"),
    ],
)
def test_a_deadline_that_can_not_be_read_is_an_error_and_no_check(
    told, dataset_of, level: Level, place: str, says: str
):
    level = {"property": "timeOfAvailability", "value": "06:00", "element": "orders.at"} | level
    (finding,) = told(level)
    assert finding.startswith(f"error slaProperties[0].{place}: {says}")
    assert "timeOfAvailability" not in {check.id for check in dataset_of(level).checks}


def test_a_deadline_without_a_zone_is_told_to_be_in_utc(told):
    (finding,) = told({"property": "ta", "value": "06:00", "element": "at"})
    assert finding.startswith("info slaProperties[0].value: is in UTC; name another zone beside it")


def test_a_key_of_vitals_that_means_nothing_on_a_level_is_told(told):
    (finding,) = told({"property": "ta", "value": "06:00Z", "element": "at", **said(weekday="mon")})
    assert finding == (
        "warning slaProperties[0].customProperties[0].property: vitals.weekday means nothing here; "
        "did you mean vitals.weekdays?"
    )


# -- what else there is ------------------------------------------------------------------------------------------------


def test_two_deadlines_are_two_checks(dataset_of):
    levels = [{"property": "timeOfAvailability", "value": value} for value in ("09:00-08:00", "08:00-08:00")]
    assert [check.id for check in dataset_of(*levels).checks][-2:] == ["timeOfAvailability", "timeOfAvailability#2"]


@pytest.mark.parametrize(
    ("value", "zone", "starts", "ends"),
    [
        ("2027-06-30", "UTC", utc(2027, 6, 30), utc(2027, 7, 1)),
        ("2027-06-30", "Europe/Berlin", utc(2027, 6, 29, 22), utc(2027, 6, 30, 22)),
        ("2027-06-30T09:30:10-08:00", "Europe/Berlin", utc(2027, 6, 30, 17, 30, 10), utc(2027, 6, 30, 17, 30, 10)),
    ],
)
def test_a_stage_begins_with_its_date_and_an_end_comes_after_it(expects, value: str, zone: str, starts, ends):
    moments = [expects({"property": name, "value": value}, **said(timezone=zone)).moment for name in ("ga", "eol")]
    assert moments == [starts, ends]


def test_dates_tell_and_never_fail(dataset_of):
    levels = [{"property": name, "value": "2027-06-30"} for name in ("ga", "eos", "eol")]
    checks = [check for check in dataset_of(*levels).checks if isinstance(check.expects, LifecycleExpected)]
    assert [check.severity for check in checks] == [Severity.INFO, Severity.WARNING, Severity.WARNING]


def test_a_date_that_is_none_is_an_error(told):
    (finding,) = told({"property": "endOfLife", "value": "2027-02-30"})
    assert finding.startswith('error slaProperties[0].value: "2027-02-30" is no date or moment in ISO 8601')


def test_response_times_are_kept_for_incidents(dataset_of, told):
    levels = [
        {"property": "timeToDetect", "value": 30, "unit": "min"},
        {"property": "tn", "value": "PT1H"},
        {"property": "Time to Repair", "value": 2, "unit": "d", "element": "orders"},
        {"property": "ttr", "value": 1, "unit": "d"},
    ]
    dataset = dataset_of(*levels)
    assert dataset.response_times == ResponseTimes(timedelta(minutes=30), timedelta(hours=1), timedelta(days=1))
    assert [check.id for check in dataset.checks] == ["at.column", "amount.column"]
    assert told(*levels)[0] == "info slaProperties[0]: timeToDetect is kept for incidents; no check is made of it"


def test_completeness_of_a_column_is_the_share_of_rows_that_have_it(expects):
    level = {"property": "completeness", "value": 99, "unit": "percent", "element": "orders.amount"}
    few = Threshold(Operator.LESS_OR_EQUAL, (1.0,))
    assert expects(level) == NumberExpected("null_count", few, "amount", percent=True)


@pytest.mark.parametrize(
    ("level", "says"),
    [
        ({"value": 99}, "warning slaProperties[0].property: not executed: completeness of a table can mean several"),
        ({"value": 0.99, "element": "amount"}, "warning slaProperties[0].value: is read as 0.99 %; add unit: percent"),
        ({"value": 101, "element": "amount"}, "error slaProperties[0].value: 101 is not a percentage from 0 to 100"),
        ({"value": 9, "unit": "h", "element": "amount"}, 'error slaProperties[0].unit: "h" is not percent'),
    ],
)
def test_a_completeness_that_can_be_misunderstood_is_told(told, level: Level, says: str):
    (finding,) = told({"property": "completeness", **level})
    assert finding.startswith(says)


def test_the_column_of_a_completeness_is_not_the_event_time(dataset_of):
    assert dataset_of({"property": "completeness", "value": 99, "element": "orders.amount"}).event_time is None


def test_the_freshness_says_which_column_is_the_event_time(dataset_of):
    levels = [
        {"property": "retention", "value": 1, "unit": "y", "element": "orders.amount"},
        {"property": "freshness", "value": 1, "unit": "h", "element": "orders.at"},
    ]
    assert dataset_of(*levels).event_time == "at"


def test_a_level_that_needs_an_event_time_says_so(told):
    (finding,) = told({"property": "retention", "value": 3, "unit": "y"})
    assert finding.startswith("warning slaProperties[0]: orders has no event time; name a column in element")


def test_dimensions(dataset_of):
    levels = [
        {"property": "completeness", "value": 99, "element": "orders.amount"},
        {"property": "retention", "value": 3, "unit": "y"},
    ]
    dimensions = {check.id: check.dimension for check in dataset_of(*levels).checks}
    assert (dimensions["completeness"], dimensions["retention"]) == (Dimension.COMPLETENESS, Dimension.TIMELINESS)


# -- what runs have found ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("value", [99.9, "99.9", "99.9%", "99.9 %"])
def test_availability_is_a_share_of_runs_and_warns(dataset_of, value: Any):
    check = dataset_of({"property": "av", "value": value}).checks[-1]
    assert (check.expects, check.severity) == (AvailabilityExpected(99.9), Severity.WARNING)


def test_an_error_rate_is_of_all_rules_or_of_those_on_a_column(dataset_of):
    levels = [{"property": "errorRate", "value": 1, "element": element} for element in ("orders", "orders.amount")]
    checks = dataset_of(*levels).checks[-2:]
    assert [check.expects for check in checks] == [ErrorRateExpected(1.0), ErrorRateExpected(1.0, "amount")]
    assert {(check.severity, check.dimension) for check in checks} == {(Severity.WARNING, Dimension.ACCURACY)}


def test_the_default_element_of_a_contract_is_the_event_time_and_narrows_nothing(dataset_of, told):
    levels = [{"property": "errorRate", "value": 1}, {"property": "completeness", "value": 99}]
    parts = {"slaDefaultElement": "orders.at"}
    assert dataset_of(*levels, **parts).checks[-1].expects == ErrorRateExpected(1.0)
    assert any("not executed: completeness of a table" in each for each in told(*levels, **parts))
    assert dataset_of({"property": "retention", "value": 1, "unit": "y"}, **parts).event_time == "at"


@pytest.mark.parametrize(
    ("unit", "per"),
    [("d", timedelta(days=1)), ("rows/h", timedelta(hours=1)), ("records per minute", timedelta(minutes=1))],
)
def test_the_unit_of_a_throughput(expects, unit: str, per: timedelta):
    level = {"property": "throughput", "value": 1000, "unit": unit, "element": "orders.at"}
    assert expects(level) == ThroughputExpected(1000.0, per, "at")


@pytest.mark.parametrize(
    ("level", "place", "says"),
    [
        ({"value": 1000}, "value", "has no unit; write for example rows/h"),
        ({"value": 1000, "unit": "rows"}, "unit", '"rows" is not a unit of throughput; write for example rows/h'),
        ({"value": "many", "unit": "rows/h"}, "value", '"many" is not a number of rows'),
        ({"value": 0, "unit": "rows/h"}, "value", "0 is not a number of rows"),
    ],
)
def test_a_throughput_that_can_not_be_read_is_an_error(told, level: Level, place: str, says: str):
    (finding,) = told({"property": "throughput", "element": "orders.at", **level})
    assert finding.startswith(f"error slaProperties[0].{place}: {says}")


@pytest.mark.parametrize("name", ["availability", "errorRate"])
def test_a_share_that_is_none_is_an_error(told, name: str):
    (finding,) = told({"property": name, "value": "high"})
    assert finding.startswith('error slaProperties[0].value: "high" is not a percentage from 0 to 100')


# -- objectives --------------------------------------------------------------------------------------------------------

EXAMPLE = "write for example 99.9"
FRESH = {"property": "freshness", "value": 2, "unit": "h", "element": "orders.at"}


def aims(dataset: Dataset) -> dict[str, float]:
    return {each.level: each.target for each in objectives_of(dataset)}


def test_the_nearest_objective_counts(dataset_of):
    other = {**FRESH, "property": "frequency", "id": "often", **said(objective=99.9)}
    table = {"quality": [{"type": "library", "metric": "rowCount", "mustBeGreaterThan": 0}]}
    assert aims(dataset_of(FRESH, other, table=table)) == {"freshness": 99.0, "often": 99.9, "quality": 99.0}
    assert aims(dataset_of(FRESH, other, **said(objective="95 %"), table=table))["freshness"] == 95.0
    nearer = dataset_of(FRESH, other, **said(objective=95), table={**table, **said(objective=97)})
    assert aims(nearer) == {"freshness": 97.0, "often": 99.9, "quality": 97.0}


def test_availability_and_error_rate_say_themselves_how_often(dataset_of):
    available = {"property": "availability", "value": 99.9, "unit": "percent"}
    rate = {"property": "errorRate", "value": 3, "unit": "percent"}
    dated = {"property": "endOfLife", "value": "2030-01-01"}
    assert aims(dataset_of(available, rate, dated)) == {"availability": 99.9, "quality": 97.0}
    assert aims(dataset_of({**available, "value": 100})) == {"availability": 99.0, "quality": 99.0}


@pytest.mark.parametrize(
    ("value", "finding"),
    [
        (100, "error P: 100 is not a percentage above 0 and below 100; 100 leaves no time to be missed: " + EXAMPLE),
        (0, "error P: 0 is not a percentage above 0 and below 100; write for example 99.5"),
        ("mostly", 'error P: "mostly" is not a percentage above 0 and below 100; write for example 99.5'),
        (True, "error P: true is not a percentage above 0 and below 100; write for example 99.5"),
        (0.99, "warning P: is read as 0.99 %: most of the time may be missed; 99 means 99 %"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("place", ["slaProperties[0].", "schema[0].", ""])
def test_an_objective_that_makes_no_sense_is_told(told, value, finding: str, place: str):
    parts = said(objective=value)
    parts = {"table": parts} if place.startswith("schema") else {} if place else parts
    level = {**FRESH, **said(objective=value)} if place.startswith("sla") else FRESH
    assert told(level, **parts) == [finding.replace(" P:", f" {place}customProperties[0].value:")]


def test_an_objective_of_a_rule_means_nothing(told):
    rule = {"type": "library", "metric": "rowCount", "mustBeGreaterThan": 0, **said(objective=99)}
    [finding] = told(FRESH, table={"quality": [rule]})
    assert finding.startswith(
        "warning schema[0].quality[0].customProperties[0].property: vitals.objective means nothing"
    )


@pytest.mark.parametrize(
    ("level", "why"),
    [
        ({"property": "er", "value": 3, "unit": "percent"}, "errorRate: it says itself what the quality is aimed at"),
        ({"property": "endOfLife", "value": "2030-01-01"}, "endOfLife: a date is kept or is not"),
        ({"property": "ttr", "value": 1, "unit": "h"}, "timeToRepair: incidents are compared with it one by one"),
    ],
)
def test_an_objective_of_what_is_none_means_nothing(told, level, why: str):
    findings = told({**level, **said(objective=99)})
    place = "slaProperties[0].customProperties[0].property"
    assert f"warning {place}: vitals.objective means nothing on {why}" in findings
