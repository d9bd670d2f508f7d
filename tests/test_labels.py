"""Labels: what people say of what was found, which buckets it is about, and how it is taken back."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from checks.answers import UnknownSeries
from checks.catalogue import UnknownDataset
from checks.history import History
from checks.labels import Said, WrongLabel, add, labels_document, undo
from checks.records import Dataset, EventTime, Grain, Grid, Label, LabelKind, Measured, Metric, Repeats
from checks.run import Slot
from connectors import Column
from tests.monitors import Clock, canned, utc

NOON = utc(2026, 3, 15, 12)


def day(text: str) -> datetime:
    return datetime.fromisoformat(text)


def label(first: str, last: str | None = None, **more) -> Label:
    kind = more.pop("kind", LabelKind.EXPECTED)
    return Label(0, "s.orders", kind, day(first), day(last or first), "ada", NOON, **more)


# -- which buckets -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("said", "inside", "outside"),
    [
        (label("2026-03-10"), ["2026-03-10"], ["2026-03-09", "2026-03-11", "2027-03-10"]),
        (label("2026-03-10", "2026-03-12"), ["2026-03-11", "2026-03-12"], ["2026-03-13"]),
        (
            label("2026-03-10", repeats=Repeats.WEEKLY, until=day("2026-03-31")),
            ["2026-03-17", "2026-03-31"],
            ["2026-03-18", "2026-03-03", "2026-04-07"],
        ),
        (
            label("2026-01-31", "2026-02-01", repeats=Repeats.MONTHLY, until=day("2026-06-30")),
            ["2026-02-01", "2026-02-28", "2026-03-01", "2026-03-31", "2026-04-30", "2026-05-01"],
            ["2026-02-27", "2026-03-02", "2026-07-31"],
        ),
        (
            label("2024-12-27", "2025-01-02", repeats=Repeats.YEARLY, until=day("2026-12-31")),
            ["2025-01-01", "2025-12-27", "2026-01-02", "2026-12-31"],
            ["2025-12-26", "2026-01-03", "2027-01-01"],
        ),
        (label("2026-03-10", kind=LabelKind.NEW_REGIME), ["2026-03-10", "2031-01-01"], ["2026-03-09"]),
    ],
)  # fmt: skip
def test_a_label_is_about_its_buckets_and_no_others(said: Label, inside: list[str], outside: list[str]):
    assert [each for each in inside if not said.covers(day(each))] == []
    assert [each for each in outside if said.covers(day(each))] == []


@given(
    st.dates(date(2020, 1, 1), date(2030, 1, 1)),
    st.integers(0, 6),
    st.sampled_from([Repeats.WEEKLY, Repeats.MONTHLY, Repeats.YEARLY]),
    st.integers(0, 3000),
)
def test_nothing_is_expected_after_its_end(first: date, length: int, repeats: Repeats, later: int):
    begin = datetime.combine(first, datetime.min.time())
    end = begin + timedelta(days=400)
    said = Label(
        0, "d", LabelKind.EXPECTED, begin, begin + timedelta(days=length), "ada", NOON, repeats=repeats, until=end
    )
    assert said.covers(begin)
    assert not said.covers(end + timedelta(days=1 + later))


def test_a_label_of_one_series_says_nothing_of_another():
    said = label("2026-03-10", metric="null_rate", column="email")
    assert said.speaks_of(Metric("null_rate", "email", Grain.DAY))
    assert not said.speaks_of(Metric("null_rate", "name", Grain.DAY))
    assert label("2026-03-10").speaks_of(Metric("null_rate", "name", Grain.DAY))


# -- as people write them ----------------------------------------------------------------------------------------------


@pytest.fixture
def monitor(tmp_path):
    monitor = canned(tmp_path, Clock(NOON), "orders", "users")
    monitor.start(["s.orders"])
    monitor.wait()
    yield monitor
    monitor.close()


def hourly(dataset: Dataset, slot: Slot) -> Measured:
    rows = Grid((Metric("bucket_rows", grain=Grain.HOUR),), (day("2026-03-15T11:00"),), np.array([[7.0]]))
    event_time = EventTime("at", "inferred", grain=Grain.HOUR)
    return Measured((Column("at", "timestamp", "TIMESTAMP"),), event_time, None, (rows,), (), (), None, True, 0.1, NOON)


def test_a_label_is_kept_with_author_and_moment_and_undone_without_being_lost(monitor):
    said = Said("orders", "expected", "2026-03-10", "ada", to="2026-03-11", note=" the  sale ", metric="row_count")
    [kept] = add(monitor, said)["labels"]
    assert kept == {
        "id": 1, "dataset": "s.orders", "kind": "expected", "bucket": "2026-03-10T00:00:00",
        "to": "2026-03-11T00:00:00", "metric": "row_count", "column": None, "repeats": "once", "until": None,
        "note": "the sale", "author": "ada", "at": "2026-03-15T12:00:00Z", "undone_at": None, "undone_by": None,
    }  # fmt: skip
    add(monitor, Said("users", "false_alarm", "2026-03-14", "bob"))
    assert [each["id"] for each in labels_document(monitor, None)["labels"]] == [2, 1]
    monitor.clock.forward(timedelta(hours=1))
    [gone] = undo(monitor, 1, "eve")["labels"]
    assert (gone["undone_at"], gone["undone_by"]) == ("2026-03-15T13:00:00Z", "eve")
    assert labels_document(monitor, "orders")["labels"] == []
    assert labels_document(monitor, "orders", undone=True)["labels"] == [gone]
    with pytest.raises(WrongLabel, match="there is no label 1 that could be undone"):
        undo(monitor, 1, "eve")


def test_labels_outlive_the_process_and_their_numbers_are_given_once(monitor, tmp_path):
    add(monitor, Said("orders", "known_error", "2026-03-10", "ada"))
    undo(monitor, 1, "ada")
    monitor.close()
    with History.open(tmp_path / "data" / "history.duckdb", NOON) as history:
        assert [each.kind for each in history.labels(undone=True)] == [LabelKind.KNOWN_ERROR]
        assert history.labels() == []
        assert history.add_label(label("2026-03-10")).id == 2


def test_a_day_of_an_hourly_dataset_is_all_its_hours(monitor):
    monitor.answer = hourly
    monitor.start(["s.users"])
    monitor.wait()
    [kept] = add(monitor, Said("users", "expected", "2026-03-10", "ada"))["labels"]
    assert (kept["bucket"], kept["to"]) == ("2026-03-10T00:00:00", "2026-03-10T23:00:00")
    [kept] = add(monitor, Said("users", "expected", "2026-03-10T05:20", "ada"))["labels"]
    assert (kept["bucket"], kept["to"]) == ("2026-03-10T05:00:00", "2026-03-10T05:00:00")


def said(**changed) -> Said:
    return Said(**({"dataset": "orders", "kind": "expected", "bucket": "2026-03-10", "author": "ada"} | changed))


WEEKLY = {"repeats": "weekly", "until": "2026-05-01"}


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"kind": "fine"}, "kind: 'fine' is not one of expected, new_regime, known_error, false_alarm, missed_alarm"),
        ({"bucket": "yesterday"}, "bucket: 'yesterday' is no day or hour; write for example 2026-03-14"),
        ({"bucket": "2026-03-10T05:00Z"}, "bucket: a bucket has no time zone: it is a day or hour on"),
        ({"bucket": "0001-01-01"}, "is no day or hour"),
        ({"to": "2026-03-09"}, "to: 2026-03-09 is before 2026-03-10"),
        ({"kind": "known_error", "bucket": "2026-03-17"}, "is still to come, and 'known_error' is said of what has"),
        ({"kind": "new_regime", "to": "2026-03-11"}, "a new regime has no end"),
        ({"repeats": "daily"}, "repeats: 'daily' is not one of once, weekly, monthly, yearly"),
        ({"repeats": "weekly"}, "until: what repeats needs an end"),
        ({"until": "2026-05-01"}, "until: says when something that repeats ends"),
        (WEEKLY | {"kind": "false_alarm"}, "repeats: only what is expected comes again, not 'false_alarm'"),
        (WEEKLY | {"until": "2026-03-09"}, "until: is before the first time"),
        (WEEKLY | {"to": "2026-03-17"}, "to: what is weekly may last 6 days at most"),
        ({"column": "email"}, "column: say which metric of the column is meant"),
        ({"author": "  "}, "author: is empty"),
        ({"note": "x" * 501}, "note: is longer than 500 characters"),
    ],
)  # fmt: skip
def test_a_label_that_makes_no_sense_is_refused_with_what_does(monitor, wrong, sentence):
    with pytest.raises(WrongLabel) as refused:
        add(monitor, said(**wrong))
    assert sentence in str(refused.value)
    assert labels_document(monitor, None)["labels"] == []


def test_a_label_on_what_is_not_there_is_refused(monitor):
    with pytest.raises(UnknownDataset):
        add(monitor, said(dataset="nope"))
    with pytest.raises(UnknownSeries, match="has no measurements of 'null_rate'"):
        add(monitor, said(metric="null_rate", column="email"))


def test_what_is_missing_has_the_name_that_it_has_everywhere():
    """Not that of an option of the command line: the API and the pages say the same sentence."""
    told = str(UnknownSeries("s.t", "null_rate", None, [("null_rate", "email"), ("row_count", None)]))
    assert told == "s.t has no measurements of 'null_rate'; it is measured per column; give the column, one of email"


def test_what_is_expected_may_be_still_to_come(monitor):
    assert add(monitor, said(bucket="2026-11-27", repeats="yearly", until="2030-12-31"))["labels"][0]["id"] == 1
    assert add(monitor, said(kind="new_regime", bucket="2026-04-01"))["labels"][0]["to"] is None
