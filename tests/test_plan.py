"""What is read, and how much of it, is decided before anything is asked."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from checks.eventtime import age, bucket_of, infer_event_time
from checks.history import Known
from checks.plan import make_plan
from checks.records import (
    ChangeExpected,
    Check,
    Choice,
    Dataset,
    EventTime,
    Grain,
    Last,
    Metric,
    NumberExpected,
    Operator,
    Plan,
    Reading,
    ReferenceExpected,
    Threshold,
    UniqueExpected,
    ValuesExpected,
)
from connectors import Column, TableName
from tests.measuring import NONE, NOTHING_KNOWN, check
from tests.nasty import AT

ORDERS = Dataset("shop", TableName("main", "orders"))
COLUMNS = (Column("id", "int64", "BIGINT"), Column("created_at", "timestamp(6)", "TIMESTAMP"))
CREATED = EventTime("created_at", "inferred")
YESTERDAY = datetime(2026, 3, 14)  # noqa: DTZ001 a bucket
KNOWN = Known(AT - timedelta(hours=3), YESTERDAY, {Metric("duplicate_count", "id"): (AT, 0.0)})
UNIQUE = check("unique", UniqueExpected(("id",), NONE))
VALID = check("valid", ValuesExpected("id", "invalid", NONE, valid=(1,)))


def judged(*checks: Check) -> Last:
    return Last(CREATED, {check.id: check.definition for check in checks})


LAST = judged(UNIQUE, VALID)


def plan(dataset: Dataset = ORDERS, known: Known = KNOWN, at: datetime = AT, **more) -> Plan:
    columns, reading = more.pop("columns", COLUMNS), more.pop("reading", Reading())
    return make_plan(dataset, columns, more.pop("key", ()), known, reading, at, **more)


def with_checks(*checks: Check) -> Dataset:
    return replace(ORDERS, checks=checks)


class TestTheWholeTableIsRead:
    def test_in_the_first_run(self):
        first = plan(known=NOTHING_KNOWN)
        assert first.whole_table
        assert first.buckets_from == datetime(2025, 12, 15)  # noqa: DTZ001 90 days back

    def test_without_an_event_time(self):
        assert plan(columns=COLUMNS[:1]).whole_table

    @pytest.mark.parametrize(("hours", "whole"), [(23.9, False), (24, True), (30, True)])
    def test_again_a_day_after_the_last_time(self, hours: float, whole: bool):
        assert plan(known=replace(KNOWN, last_whole_table=AT - timedelta(hours=hours))).whole_table is whole

    def test_when_the_newest_bucket_is_older_than_the_history(self):
        """Its buckets would be as many as in a first run, and more."""
        old = replace(KNOWN, newest_bucket=datetime(2025, 12, 1))  # noqa: DTZ001 a bucket
        assert plan(known=old).whole_table

    def test_for_a_check_that_the_last_run_did_not_judge(self):
        assert plan(with_checks(UNIQUE, VALID), last=judged(UNIQUE)).whole_table

    def test_for_a_check_that_asks_something_else_than_in_the_last_run(self):
        """The counts of the buckets that are not read again would be those of the old question."""
        other = replace(VALID, expects=ValuesExpected("id", "invalid", NONE, valid=(1, 2)))
        reworded = replace(VALID, description="in other words", schedule="0 6 * * *")
        assert plan(with_checks(UNIQUE, other), last=LAST).whole_table
        assert not plan(with_checks(UNIQUE, reworded), last=LAST).whole_table
        assert plan(with_checks(VALID), last=Last(CREATED, {"valid": None})).whole_table  # an older history

    def test_for_a_check_with_an_unknown_number_where_the_last_run_is_not_known(self):
        assert not plan(with_checks(UNIQUE)).whole_table
        assert plan(with_checks(UNIQUE, VALID)).whole_table

    @pytest.mark.parametrize(
        "before",
        [None, replace(CREATED, column="at"), replace(CREATED, zone="Asia/Tokyo"), replace(CREATED, grain=Grain.HOUR)],
    )
    def test_when_buckets_were_told_apart_by_another_event_time(self, before: EventTime | None):
        assert plan(last=replace(LAST, event_time=before)).whole_table


class TestOnlyTheNewestBucketsAreRead:
    def test_from_the_look_back_on(self):
        assert plan().buckets_from == datetime(2026, 3, 11)  # noqa: DTZ001 three days before yesterday

    def test_from_whole_buckets_on(self):
        """A bucket that is read in part would be restated with a part of its rows."""
        hourly = plan(replace(ORDERS, grain=Grain.HOUR), reading=Reading(look_back=timedelta(minutes=90)))
        assert hourly.buckets_from == datetime(2026, 3, 13, 22)  # noqa: DTZ001

    def test_from_today_on_where_the_newest_bucket_is_in_the_future(self):
        future = replace(KNOWN, newest_bucket=datetime(2026, 4, 1))  # noqa: DTZ001
        assert plan(known=future).buckets_from == datetime(2026, 3, 12)  # noqa: DTZ001

    def test_although_a_known_check_could_not_be_measured(self):
        """A broken pattern must not make every run read everything."""
        assert not plan(with_checks(UNIQUE, VALID), last=LAST).whole_table

    def test_although_the_same_event_time_is_declared_now(self):
        assert not plan(last=replace(LAST, event_time=replace(CREATED, origin="contract"))).whole_table

    def test_for_a_check_that_needs_no_more(self):
        flow = check("flow", NumberExpected("bucket_rows", NONE, per_bucket=True))
        assert not plan(with_checks(flow), last=LAST).whole_table

    def test_and_keys_and_reconciliations_wait(self):
        waiting = plan(with_checks(UNIQUE), last=LAST)
        assert (waiting.keys, plan(with_checks(UNIQUE), NOTHING_KNOWN).keys) == ((), (("id",),))


def test_the_history_is_never_shorter_than_the_look_back():
    reading = Reading(history_days=1, look_back=timedelta(days=5))
    assert plan(known=NOTHING_KNOWN, reading=reading).buckets_from == datetime(2026, 3, 10)  # noqa: DTZ001


def test_a_replay_reads_up_to_its_moment():
    assert (plan(replay=True).up_to, plan().up_to) == (AT, None)


def test_days_begin_in_the_declared_zone():
    tokyo = plan(replace(ORDERS, zone="Asia/Tokyo"), NOTHING_KNOWN, datetime(2026, 3, 15, 22, tzinfo=UTC))
    assert tokyo.buckets_from == datetime(2025, 12, 16)  # noqa: DTZ001 it is the 16th there


def test_checks_on_columns_that_are_not_there_are_left_to_the_judge():
    gone = check("gone", ValuesExpected("gone", "missing", NONE))
    reference = check("ref", ReferenceExpected(("id", "gone"), "o", ORDERS.table, ("a", "b"), NONE))
    made = plan(with_checks(VALID, gone, reference), NOTHING_KNOWN)
    assert (made.values, made.references) == ((VALID,), ())


def test_different_values_of_the_whole_table_are_asked_for_where_a_check_wants_them():
    few = check("few", NumberExpected("distinct_count", Threshold(Operator.LESS, (5,)), "id"))
    assert plan(with_checks(few), NOTHING_KNOWN).distinct == ("id",)
    assert plan(with_checks(few), last=judged(few)).distinct == ()


@pytest.mark.parametrize(
    ("expects", "described"),
    [
        (None, {"created_at"}),  # its first and last moment are what service levels are about
        (UNIQUE.expects, {"created_at"}),
        (VALID.expects, {"created_at"}),
        (NumberExpected("null_rate", NONE, "id"), {"created_at"}),
        (NumberExpected("max", NONE, "id"), {"created_at", "id"}),
        (ChangeExpected("mean", NONE, "id"), {"created_at", "id"}),
    ],
)
def test_without_profiles_only_what_checks_ask_for_is_measured(expects, described: set[str]):
    dataset = with_checks(check("rule", expects)) if expects else ORDERS
    rules_alone = plan(dataset, NOTHING_KNOWN, reading=Reading(profiles=False))
    assert rules_alone.profiled == described
    assert rules_alone.keys == ((("id",),) if expects is UNIQUE.expects else ())
    assert plan(dataset, NOTHING_KNOWN).profiled == {"id", "created_at"}


class TestEventTime:
    @pytest.mark.parametrize(
        ("names", "chosen"),
        [
            (["updated", "created_at"], "created_at"),
            (["loaded_at", "event_time"], "event_time"),
            (["loaded_at", "ordered_at"], "ordered_at"),
            (["inserted_at", "date"], "date"),
            (["loaded_at", "whatever"], "loaded_at"),
            (["whatever"], "whatever"),
            (["one", "other"], None),
            (["valid_until", "birthday", "due_at", "start"], None),
            (["Created_At"], "Created_At"),
        ],
    )
    def test_is_inferred_by_name(self, names: list[str], chosen: str | None):
        found = infer_event_time([Column(name, "timestamp(6)", "TIMESTAMP") for name in names])
        assert (found.name if found else None) == chosen

    @pytest.mark.parametrize(
        ("table", "names", "chosen"),
        [
            ("payments", ["paid_at", "_loaded_at"], "paid_at"),
            ("payments", ["paid_at", "updated_at"], "paid_at"),
            ("payments", ["updated_at"], "updated_at"),
            ("shipments", ["shipped_at", "delivered_at", "_fivetran_synced"], "shipped_at"),
            ("Shipments", ["deliveredAt", "shipDate", "loaded_at"], "shipDate"),
            ("orders", ["order_approved_at", "order_delivered_at", "loaded_at"], "loaded_at"),
            ("uploads", ["uploaded_at", "_loaded_at"], "uploaded_at"),
            ("daily_sales", ["sales_date", "built_at"], "sales_date"),
            ("revenue", ["report_date", "dbt_updated_at"], "report_date"),
            ("products", ["delivery_date", "updated_at"], "updated_at"),
        ],
    )
    def test_is_inferred_beside_what_says_when_a_row_was_written(self, table: str, names: list[str], chosen: str):
        types = {"sales_date": "date", "report_date": "date", "delivery_date": "date"}
        found = infer_event_time([Column(name, types.get(name, "timestamp(6)"), "") for name in names], table)
        assert found is not None
        assert found.name == chosen

    def test_is_a_timestamp_before_it_is_a_date(self):
        found = infer_event_time([Column("on", "date", "DATE"), Column("when", "timestamp", "TIMESTAMP")])
        assert found is not None
        assert found.name == "when"

    def test_that_is_declared_and_not_there_is_none(self):
        assert plan(replace(ORDERS, event_time="gone")).event_time is None

    @pytest.mark.parametrize(
        ("type_", "zone"), [("timestamp(6)", "Asia/Tokyo"), ("timestamp('UTC', 6)", "UTC"), ("int64", "UTC")]
    )
    def test_is_read_in_the_declared_zone_unless_it_says_its_own(self, type_: str, zone: str):
        dataset = replace(ORDERS, event_time="at", zone="Asia/Tokyo")
        chosen = plan(dataset, columns=(Column("at", type_, ""),)).event_time
        assert chosen is not None
        assert (chosen.zone, chosen.origin) == (zone, "config")

    def test_of_dates_has_buckets_of_days(self):
        chosen = plan(replace(ORDERS, grain=Grain.HOUR), columns=(Column("day", "date", "DATE"),)).event_time
        assert chosen == EventTime("day", "inferred", "UTC", is_date=True, grain=Grain.DAY)

    def test_counts_a_date_from_the_end_of_its_day(self):
        today = datetime(2026, 3, 15)  # noqa: DTZ001
        assert age(today, EventTime("day", "inferred", is_date=True), AT) == timedelta(hours=-12)

    def test_knows_both_hours_of_a_change_of_clocks(self):
        """Sunday 8 March 2026, New York: after 01:59 comes 03:00."""
        newest, zone = datetime(2026, 3, 8, 1, 30), EventTime("at", "config", "America/New_York")  # noqa: DTZ001
        assert age(newest, zone, datetime(2026, 3, 8, 7, 30, tzinfo=UTC)) == timedelta(hours=1)

    def test_falls_into_buckets(self):
        moment = datetime(1965, 5, 5, 23, 59, 59, 999999)  # noqa: DTZ001
        assert bucket_of(moment, Grain.HOUR) == datetime(1965, 5, 5, 23)  # noqa: DTZ001
        assert bucket_of(moment, Grain.DAY) == datetime(1965, 5, 5)  # noqa: DTZ001


class TestKey:
    def test_is_the_declared_one_first(self):
        declared = plan(replace(ORDERS, key=("id", "created_at")), key=("id",))
        assert declared.key == Choice(("id", "created_at"), "config")

    def test_is_the_one_of_the_catalogue_next(self):
        assert plan(key=("created_at",)).key == Choice(("created_at",), "catalogue")

    @pytest.mark.parametrize(
        ("column", "found"), [("id", True), ("ORDER_ID", True), ("ordersid", True), ("customer_id", False)]
    )
    def test_is_inferred_by_name_at_last(self, column: str, found: bool):
        assert (plan(columns=(Column(column, "int64", "BIGINT"),)).key == Choice((column,), "inferred")) is found

    def test_that_is_declared_and_not_there_is_none(self):
        assert plan(replace(ORDERS, key=("gone",))).key is None
