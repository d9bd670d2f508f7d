"""How soon people respond: one incident against its contract, and the means of many."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from checks.objectives.response import (
    Mean,
    Noise,
    Took,
    Window,
    asked_of,
    by_contract,
    by_team,
    counted,
    noisiest,
    record,
    response,
)
from checks.records import (
    Dataset,
    Dimension,
    Family,
    Incident,
    IncidentSeverity,
    IncidentState,
    Key,
    Label,
    LabelKind,
    Severity,
    Span,
    Symptom,
)
from checks.service_levels import ResponseTimes
from connectors import TableName
from tests.monitors import utc

NOW = utc(2026, 11, 23, 12)
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
ASKED = ResponseTimes(detect=2 * HOUR, notify=HOUR, repair=DAY)
DATASETS = {
    "s.orders": Dataset("s", TableName(None, "orders"), contract="shop", response_times=ASKED),
    "s.users": Dataset("s", TableName(None, "users"), contract="people"),
}
WINDOW = Window.of(NOW - 28 * DAY, NOW)


def symptom(dataset: str = "s.orders", *checks: str, **more: Any) -> Symptom:
    noticed = more.pop("noticed_at", NOW - 3 * DAY)
    key = Key(dataset, Dimension.COVERAGE, more.pop("family", Family.DATA))
    return Symptom(
        key, "broken", Severity.ERROR, checks or ("rows",), (), Span(None, noticed), noticed, noticed, **more
    )


def incident(number: int = 1, *symptoms: Symptom, **more: Any) -> Incident:
    """Noticed three days ago, two hours after it happened, and open, but for what is told."""
    usual = {"noticed_at": NOW - 3 * DAY, "happened_at": NOW - 3 * DAY - 2 * HOUR, "owners": ("Shop",)}
    parts = (symptoms or (symptom(),), IncidentState.OPEN, IncidentSeverity.HIGH, "broken")
    return Incident(number, *parts, **(usual | more))


def resolved(number: int = 1, *symptoms: Symptom, after: timedelta = DAY, **more: Any) -> Incident:
    found = incident(number, *symptoms, **more)
    return replace(found, state=IncidentState.RESOLVED, resolved_at=found.noticed_at + after)


# -- one incident ------------------------------------------------------------------------------------------------------


def test_the_three_steps_of_an_incident_that_is_over():
    found = response(resolved(acknowledged_at=NOW - 3 * DAY + 90 * MINUTE), ASKED, NOW)
    assert found.detect == Took(2 * HOUR, True, 2 * HOUR)
    assert found.acknowledge == Took(90 * MINUTE, True, HOUR)
    assert found.repair == Took(DAY, True, DAY)
    assert [step.kept for step in (found.detect, found.acknowledge, found.repair)] == [True, False, True]


def test_what_is_not_over_is_missed_once_it_has_taken_too_long_and_is_never_kept_yet():
    early = response(incident(), ASKED, NOW - 3 * DAY + 30 * MINUTE)
    assert (early.acknowledge, early.acknowledge.kept) == (Took(30 * MINUTE, False, HOUR), None)
    assert early.repair.kept is None
    late = response(incident(), ASKED, NOW)
    assert (late.acknowledge.kept, late.repair.kept) == (False, False)


def test_what_was_never_acknowledged_or_never_seen_to_be_well_has_no_length():
    found = response(resolved(happened_at=None), ASKED, NOW)
    assert (found.detect.length, found.acknowledge.length) == (None, None)
    assert (found.detect.kept, found.acknowledge.kept) == (None, None)


def test_a_contract_that_asks_for_nothing_is_neither_kept_nor_missed():
    found = response(resolved(1, symptom("s.users")), asked_of(incident(1, symptom("s.users")), DATASETS), NOW)
    assert {step.kept for step in (found.detect, found.acknowledge, found.repair)} == {None}
    assert asked_of(incident(1, symptom("s.gone")), DATASETS) == ResponseTimes()


# -- many --------------------------------------------------------------------------------------------------------------


def test_means_medians_and_how_often_the_contract_was_kept():
    found = record([resolved(1, after=HOUR), resolved(2, after=2 * HOUR), resolved(3, after=9 * DAY), incident(4)],
                   DATASETS, WINDOW)  # fmt: skip
    assert (found.incidents, found.still_open, found.per_week) == (4, 1, 1.0)
    assert found.repair == Mean((219 * HOUR) / 3, 2 * HOUR, 3, kept=2, missed=2)  # the open one is late already
    assert found.detect == Mean(2 * HOUR, 2 * HOUR, 4, kept=4, missed=0)
    assert found.acknowledge == Mean(None, None, 0, kept=0, missed=1)


def test_no_incident_has_no_mean_and_less_than_a_week_no_rate():
    found = record([], DATASETS, Window.of(NOW - 2 * DAY, NOW))
    assert (found.incidents, found.per_week) == (0, None)
    assert found.repair == Mean(None, None, 0, 0, 0)


def test_the_window_is_no_longer_than_what_is_known():
    assert Window.of(NOW - 400 * DAY, NOW).since == NOW - 90 * DAY
    assert Window.of(NOW - 2 * DAY, NOW).since == NOW - 2 * DAY
    assert Window.of(None, NOW).weeks == 0


def test_parts_of_others_and_older_ones_are_not_counted():
    old = resolved(2, noticed_at=NOW - 29 * DAY)
    part = resolved(3, merged_into=1)
    assert [each.id for each in counted([incident(1), old, part], WINDOW)] == [1]


def test_an_incident_counts_for_each_of_its_owners_and_contracts():
    shared = incident(1, symptom("s.orders"), symptom("s.users"), owners=("People", "Shop"))
    alone = incident(2, symptom("s.gone"), owners=())
    numbers = {name: [each.id for each in own] for name, own in by_team([shared, alone]).items()}
    assert numbers == {"People": [1], "Shop": [1], "nobody named": [2]}
    assert list(by_contract([], DATASETS)) == ["shop"]  # it asks for something
    of_contract = {name: [each.id for each in own] for name, own in by_contract([shared, alone], DATASETS).items()}
    assert of_contract == {"people": [1], "shop": [1]}


def label(kind: LabelKind = LabelKind.FALSE_ALARM, dataset: str = "s.orders") -> Label:
    day = (NOW - 3 * DAY).replace(hour=0, tzinfo=None)
    return Label(1, dataset, kind, day, day, "noor", NOW)


def test_a_label_on_one_series_speaks_of_the_check_that_watches_it_alone():
    volume, nulls = (replace(label(), metric=name) for name in ("bucket_rows", "null_rate"))
    incidents = [incident(1, symptom("s.orders", "learned.volume", "rows"))]
    for said, false in ((volume, {"learned.volume": 1, "rows": 0}), (nulls, {"learned.volume": 0, "rows": 0})):
        assert {each.check: each.false_alarms for each in noisiest(incidents, [said])} == false


@pytest.mark.parametrize(
    ("labels", "false"),
    [([label()], 1), ([label(LabelKind.EXPECTED)], 0), ([label(dataset="s.users")], 0), ([], 0)],
)
def test_the_noisiest_checks_come_first_with_their_false_alarms(labels, false):
    incidents = [
        incident(1, symptom("s.orders", "rows", "nulls")),
        incident(2, symptom("s.orders", "rows", noticed_at=NOW - 9 * DAY)),
        incident(3, symptom("s.orders", "quality", family=Family.BUDGET)),
    ]
    assert noisiest(incidents, labels) == [
        Noise("s.orders", "rows", 2, false),
        Noise("s.orders", "nulls", 1, false),
    ]
