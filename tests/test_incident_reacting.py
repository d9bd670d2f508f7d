"""What runs find becomes incidents: one for each cause, on the graph a -> b -> c (d only refers to keys of a)."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from checks.incidents.actions import Action, ActionKind, read
from checks.incidents.draft import Draft
from checks.incidents.grouping import Numbers
from checks.incidents.reacting import Surroundings, react
from checks.incidents.transitions import NotPossible, folded
from checks.lineage import Edge, Graph, Kind, Node, Origin
from checks.notify.channels import Audience
from checks.notify.telling import Teller
from checks.records import (
    VITALS,
    Change,
    Dataset,
    Dimension,
    EventKind,
    Family,
    Grain,
    Incident,
    IncidentEvent,
    IncidentSeverity,
    IncidentState,
    MessageKind,
    Severity,
    Signal,
    Span,
    Verdict,
)
from checks.refusal import Refused
from connectors import TableName
from tests.incidents import DAY, HOUR, NINE, broken, key, source_key, unknown, well
from tests.notifying import channel

NAMES = ("lake.a", "lake.b", "lake.c", "lake.d")
A, B, C, D = (key(name) for name in NAMES)
LATE = key("lake.a", Dimension.TIMELINESS)
GRAPH = Graph.of(
    [*map(Node, NAMES), Node("board", Kind.CONSUMER), Node("elsewhere.x", Kind.OUTSIDE)],
    [
        Edge("lake.a", "lake.b", Origin.VIEW),
        Edge("lake.b", "lake.c", Origin.CONTRACT),
        Edge("lake.a", "lake.d", Origin.REFERENCE),
        Edge("lake.c", "board", Origin.CONSUMER),
    ],
)
DATASETS = {name: Dataset("lake", TableName(None, name[-1]), owner=f"team {name[-1]}") for name in NAMES}
AROUND = Surroundings(lambda: GRAPH, DATASETS, Numbers(2 * DAY, DAY), 2, {})
SUNDAY = datetime.fromisoformat("2026-11-22")  # naive, as buckets are


def test_a_title_names_the_whole_table_although_there_is_a_dot_in_its_name():
    dotted = Dataset("lake", TableName("main", "v1.orders"))
    around = replace(AROUND, datasets={dotted.name: dotted})
    draft = Book().draft()
    react(draft, [broken(key(dotted.name))], around)
    [change] = draft.changes()
    assert change.incident.title.startswith("v1.orders: ")


class Book:
    """Incidents as a desk keeps them, without a file."""

    def __init__(self) -> None:
        self.incidents: dict[int, Incident] = {}
        self.events: dict[int, list[IncidentEvent]] = {}
        self.changes: list[Change] = []

    def draft(self) -> Draft:
        counts = {number: len(events) for number, events in self.events.items()}
        return Draft(self.incidents, counts, max(self.incidents, default=0) + 1)

    def keep(self, draft: Draft) -> tuple[Change, ...]:
        changes = draft.changes()
        for change in changes:
            self.incidents[change.incident.id] = change.incident
            self.events.setdefault(change.incident.id, []).extend(change.events)
        self.changes += changes
        return changes

    def see(self, *signals: Signal) -> tuple[Change, ...]:
        draft = self.draft()
        react(draft, signals, AROUND)
        return self.keep(draft)

    def do(self, kind: EventKind, at: datetime = NINE, number: int = 1, **about: Any) -> None:
        draft = self.draft()
        draft.add(self.incidents[number], at, kind, about, "noor")
        self.keep(draft)

    def open(self) -> list[Incident]:
        return [each for each in self.incidents.values() if each.is_open]

    def kinds(self, number: int = 1) -> list[str]:
        return [event.kind.value for event in self.events[number]]


@pytest.fixture
def book() -> Book:
    return Book()


# -- grouping ----------------------------------------------------------------------------------------------------------


def test_a_broken_key_opens_an_incident_with_owners_and_consumers(book):
    book.see(broken(A, since=NINE - HOUR))
    [found] = book.open()
    assert (found.title, found.owners, found.consumers) == (
        "a: 12 rows (expected at least 100) since 23 Nov 08:00 UTC",
        ("team a",),
        ("board",),
    )
    assert (found.happened_at, found.noticed_at, found.severity) == (NINE - HOUR, NINE, IncidentSeverity.HIGH)


def test_what_stays_broken_is_no_news_until_a_day_has_passed(book):
    for hours in range(24):
        book.see(broken(A, NINE + hours * HOUR))
    assert book.kinds() == ["opened"]
    book.see(broken(A, NINE + DAY, sentence="9 rows, expected at least 100"))
    assert book.kinds() == ["opened", "observed"]
    assert book.incidents[1].lead.sentence == "9 rows, expected at least 100"


def test_it_worsens_with_another_check_or_a_worse_severity(book):
    book.see(broken(A, severity=Severity.WARNING))
    book.see(broken(A, NINE + HOUR, severity=Severity.ERROR))
    book.see(broken(A, NINE + 2 * HOUR, checks=("enough", "more")))
    assert book.kinds() == ["opened", "worsened", "worsened"]
    assert [event.about.get("severity") for event in book.events[1]] == ["medium", "high", None]


def test_another_check_that_breaks_days_later_gives_the_incident_its_title_until_it_is_well(book):
    conformity = replace(A, dimension=Dimension.CONFORMITY)
    discount = {"sentence": "discount: 1 of 54,867 values above 59, expected none", "checks": ("discount.maximum",)}
    total = {
        "sentence": "total: 391 of 57,057 values above 670, expected none",
        "checks": ("total.maximum", "discount.maximum"),
    }
    book.see(broken(conformity, since=NINE - HOUR, **discount))
    book.do(EventKind.EVIDENCE, evidence=[], cause="coupon = BLACK25")
    book.see(broken(conformity, NINE + 5 * DAY, **total))
    [found] = book.open()
    assert (found.title, found.cause) == ("a: total: 391 of 57,057 values above 670", None)
    book.see(broken(conformity, NINE + 6 * DAY, **discount))
    assert book.incidents[1].title == "a: discount: 1 of 54,867 values above 59 since 23 Nov 08:00 UTC"
    book.see(broken(conformity, NINE + 7 * DAY, **total))  # it was told before
    assert book.kinds() == ["opened", "evidence", "worsened", "observed", "observed"]


def test_a_title_does_not_list_the_columns_that_are_there(book):
    gone = replace(A, dimension=Dimension.CONFORMITY)
    book.see(broken(gone, sentence="column 'phone' is not in the table, which has city, created_at, customer_id"))
    assert book.incidents[1].title == "a: column 'phone' is not in the table"


@pytest.mark.parametrize(("later", "incidents"), [(20 * HOUR, 1), (49 * DAY, 2)])
def test_what_breaks_long_after_it_was_well_is_no_part_of_an_incident_that_nobody_mended(book, later, incidents):
    together = {"began": Span(NINE - DAY, NINE), "bucket": SUNDAY, "grain": Grain.DAY}
    wrong = replace(A, dimension=Dimension.ACCURACY)
    book.see(broken(A, **together), broken(wrong, **together))
    for hours in (1, 2):
        book.see(broken(A, NINE + hours * HOUR), well(wrong, NINE + hours * HOUR))
    book.see(broken(wrong, NINE + 2 * HOUR + later, since=NINE + later))
    assert len(book.incidents) == incidents


def test_a_title_does_not_speak_for_days_of_what_is_well_again(book):
    together = {"began": Span(NINE - DAY, NINE), "bucket": SUNDAY, "grain": Grain.DAY}
    wrong = replace(A, dimension=Dimension.ACCURACY)
    book.see(broken(A, **together), broken(wrong, sentence="the mean of pay is 7", **together))
    for hours in (24, 25):  # recovers in the second run
        book.see(broken(wrong, NINE + hours * HOUR, sentence="the mean of pay is 7"), well(A, NINE + hours * HOUR))
    book.see(broken(wrong, NINE + 2 * DAY, sentence="the mean of pay is 8"))
    assert book.incidents[1].title == "a: 12 rows (expected at least 100)"  # the rest may be over tomorrow
    book.see(broken(wrong, NINE + 4 * DAY, sentence="the mean of pay is 9"))
    assert (len(book.incidents), book.incidents[1].title) == (1, "a: the mean of pay is 9")


def test_a_descendant_that_fails_after_its_ancestor_is_part_of_its_incident(book):
    book.see(broken(A, since=NINE - HOUR))
    book.see(broken(C, NINE + HOUR, since=NINE))
    [found] = book.open()
    assert found.datasets == ("lake.a", "lake.c")
    assert found.lead.key == A
    assert book.events[1][1].about["of"] == "lake.a"
    assert found.owners == ("team a", "team c")


def test_a_descendant_that_was_measured_first_is_taken_over_with_its_whole_incident(book):
    book.see(broken(C, since=NINE - HOUR), broken(replace(C, dimension=Dimension.ACCURACY), since=NINE - HOUR))
    book.see(broken(B, NINE + HOUR, since=NINE - HOUR))
    book.see(broken(A, NINE + 2 * HOUR, since=NINE - HOUR))
    [found] = book.open()
    assert (found.lead.key, {each.key.subject for each in found.broken}) == (A, {"lake.a", "lake.b", "lake.c"})
    assert [each.merged_into for each in book.incidents.values()] == [2, 3, None]


@pytest.mark.parametrize(
    ("ancestor", "descendant"),
    [
        (broken(A, since=NINE - HOUR), broken(C, NINE + 3 * DAY, since=NINE + 3 * DAY - HOUR)),  # long after
        (
            broken(A, NINE + HOUR, since=NINE),
            broken(C, NINE + 2 * HOUR, began=Span(NINE - DAY, NINE - HOUR)),
        ),
        (broken(A, since=NINE - HOUR), broken(D, NINE + HOUR, since=NINE)),  # only looks keys up
        (broken(C, since=NINE - HOUR), broken(A, NINE + 3 * DAY, since=NINE + 3 * DAY - HOUR)),
    ],
    ids=["too long after", "began before", "a reference", "upstream, days later"],
)
def test_what_can_not_have_this_cause_is_an_incident_of_its_own(book, ancestor, descendant):
    book.see(ancestor)
    book.see(descendant)
    assert len(book.open()) == 2


def test_of_two_ancestors_the_nearer_in_time_explains_it(book):
    book.see(broken(A, since=NINE - HOUR))
    book.see(broken(replace(B, dimension=Dimension.ACCURACY), NINE + 3 * DAY, since=NINE + 3 * DAY - HOUR))
    book.see(broken(C, NINE + 3 * DAY + HOUR, since=NINE + 3 * DAY))
    assert [each.datasets for each in book.open()] == [("lake.a",), ("lake.b", "lake.c")]


def test_dimensions_of_a_dataset_that_broke_in_one_bucket_are_one_incident(book):
    day = {"bucket": SUNDAY, "grain": Grain.DAY, "began": Span(NINE - DAY, NINE)}
    before = day | {"began": Span(NINE - 2 * DAY, NINE - DAY)}
    book.see(broken(A, **day), broken(replace(A, dimension=Dimension.ACCURACY), **day))
    book.see(broken(replace(A, dimension=Dimension.COMPLETENESS), **before))
    together, alone = book.open()
    assert together.dimensions == (Dimension.ACCURACY, Dimension.COVERAGE)
    assert alone.dimensions == (Dimension.COMPLETENESS,)


def test_what_was_never_well_is_one_incident_with_what_the_same_run_found_as_a_whole(book):
    book.see(broken(A), broken(LATE), broken(replace(A, dimension=Dimension.ACCURACY), bucket=SUNDAY))
    book.see(broken(replace(A, dimension=Dimension.UNIQUENESS), NINE + HOUR))
    assert [len(each.symptoms) for each in book.open()] == [2, 1, 1]


def test_a_budget_is_spent_by_the_trouble_of_its_dimension(book):
    book.see(broken(LATE, since=NINE - HOUR))
    book.see(broken(replace(LATE, family=Family.BUDGET), NINE + DAY, since=NINE + DAY - HOUR))
    assert [len(each.symptoms) for each in book.open()] == [2]


# -- recovering --------------------------------------------------------------------------------------------------------


def test_it_resolves_after_two_healthy_runs_in_a_row(book):
    book.see(broken(A))
    book.see(well(A, NINE + HOUR))
    book.see(broken(A, NINE + 2 * HOUR))
    book.see(well(A, NINE + 3 * HOUR))
    assert len(book.open()) == 1
    book.see(well(A, NINE + 4 * HOUR))
    assert book.kinds() == ["opened", "observed", "observed", "observed", "recovered", "resolved"]
    assert book.incidents[1].resolved_at == NINE + 4 * HOUR


def test_a_descendant_that_recovers_alone_leaves_and_the_incident_goes_on(book):
    book.see(broken(A))
    book.see(broken(C, NINE + HOUR))
    for hours in (2, 3):
        book.see(well(C, NINE + hours * HOUR))
    [found] = book.open()
    assert [each.key for each in found.broken] == [A]
    book.see(broken(C, NINE + 4 * HOUR, since=NINE + 3 * HOUR))
    assert book.kinds()[-1] == "attached"
    again = book.incidents[1].symptoms[1]
    assert (again.happened_at, again.noticed_at) == (NINE + 3 * HOUR, NINE + 4 * HOUR), "it began anew"


def test_a_source_is_well_again_as_soon_as_it_answers(book):
    book.see(broken(source_key(), since=NINE - HOUR, sentence="no answer", checks=()))
    assert book.open()[0].title == "source lake does not answer since 23 Nov 08:00 UTC"
    assert book.open()[0].severity is IncidentSeverity.HIGH
    book.see(well(source_key(), NINE + HOUR))
    assert book.open() == []


def test_a_run_that_began_before_the_source_answered_opens_nothing_again(book):
    book.see(broken(source_key()))
    book.see(well(source_key(), NINE + HOUR))
    book.see(broken(source_key(), NINE + HOUR / 2))
    assert book.open() == []


def test_what_breaks_again_within_a_day_opens_the_same_incident_and_later_another(book):
    book.see(broken(A))
    for hours in (1, 2):
        book.see(well(A, NINE + hours * HOUR))
    book.see(broken(A, NINE + 20 * HOUR))
    assert (len(book.incidents), book.incidents[1].reopened) == (1, 1)
    for hours in (21, 22):
        book.see(well(A, NINE + hours * HOUR))
    book.see(broken(A, NINE + 3 * DAY))
    assert sorted(book.incidents) == [1, 2]


def test_what_breaks_again_leads_and_the_title_speaks_of_it(book):
    book.see(broken(A), broken(LATE, sentence="3 h late"))
    for hours in (1, 2):
        book.see(well(A, NINE + hours * HOUR), well(LATE, NINE + hours * HOUR))
    book.see(broken(LATE, NINE + 3 * HOUR, sentence="4 h late", since=NINE + 2 * HOUR))
    found = book.incidents[1]
    assert (found.lead.key, found.title) == (LATE, "a: 4 h late since 23 Nov 11:00 UTC")
    assert [each.key for each in found.broken] == [LATE]


def test_what_was_measured_before_somebody_mended_it_is_old_news(book):
    book.see(broken(A))
    book.do(EventKind.MONITORED, NINE + HOUR)
    book.see(broken(A, NINE + 2 * HOUR, measured_at=NINE))
    assert book.incidents[1].state is IncidentState.MONITORING
    book.do(EventKind.RESOLVED, NINE + 3 * HOUR, resolution="reloaded")
    for days in range(7):
        book.see(broken(A, NINE + 4 * HOUR + days * DAY, measured_at=NINE))
    assert book.open() == []
    book.see(broken(A, NINE + 8 * DAY, measured_at=NINE + 8 * DAY))
    assert [each.id for each in book.open()] == [2]


def test_an_old_bucket_that_is_still_broken_says_nothing_about_the_mending(book):
    day = {"bucket": SUNDAY, "grain": Grain.DAY}
    book.see(broken(A, **day))
    book.do(EventKind.MONITORED, NINE + HOUR)
    book.see(broken(A, NINE + 2 * HOUR, **day))
    assert book.incidents[1].state is IncidentState.MONITORING
    book.see(broken(A, NINE + DAY, **day | {"bucket": SUNDAY + DAY}))
    assert book.incidents[1].state is IncidentState.OPEN


# -- any sequence ------------------------------------------------------------------------------------------------------

KEYS = (A, B, C, D, LATE, source_key())


class AnySequence(RuleBasedStateMachine):
    """Whatever runs find and people do, in whatever order."""

    def __init__(self) -> None:
        super().__init__()
        self.book, self.now = Book(), NINE
        self.told: list[tuple[int | None, str, MessageKind]] = []
        addressed = self._addressed
        self.tell = Teller({"ops": channel()}, ("ops",), lambda _: Audience((), ()), addressed)

    def _addressed(self, number: int) -> set[str]:
        return {name for incident, name, _ in self.told if incident == number}

    def _keep(self, changes: tuple[Change, ...]) -> None:
        self.told += [(each.incident, each.channel, each.kind) for each in self.tell(changes, self.now)]

    @rule(
        about=st.sampled_from(KEYS),
        verdict=st.sampled_from(Verdict),
        back=st.sampled_from((0, 0, 0, 3)),
        data=st.data(),
    )
    def a_run(self, about, verdict, back, data):
        at = self.now - back * HOUR
        signal = {Verdict.WELL: well, Verdict.UNKNOWN: unknown}.get(verdict)
        if signal is None:
            since = data.draw(st.sampled_from((None, at - HOUR, at - 2 * DAY)))
            severity = data.draw(st.sampled_from((Severity.WARNING, Severity.ERROR)))
            found = broken(about, at, since=since, severity=severity)
        else:
            found = signal(about, at)
        before = dict(self.book.incidents)
        changes = self.book.see(found)
        self._keep(changes)
        if verdict is Verdict.UNKNOWN:
            assert self.book.incidents == before, "nothing follows from what nobody knows"
        if verdict is not Verdict.WELL:
            kinds = {event.kind for change in changes for event in change.events}
            assert not kinds & {EventKind.RECOVERED, EventKind.RESOLVED}

    @rule(by=st.sampled_from((HOUR / 4, HOUR, 6 * HOUR, 30 * HOUR, 60 * HOUR)))
    def time_passes(self, by: timedelta):
        self.now += by

    @precondition(lambda self: self.book.incidents)
    @rule(data=st.data(), kind=st.sampled_from([each for each in ActionKind if each is not ActionKind.LABEL]))
    def somebody(self, data, kind):
        incident = self.book.incidents[data.draw(st.sampled_from(sorted(self.book.incidents)))]
        texts = {ActionKind.MUTE: (self.now + 2 * DAY).isoformat(), ActionKind.LINK: "https://x.org"}
        draft = self.book.draft()
        try:
            said = read(Action(kind, "noor", texts.get(kind, "done")), incident, self.now)
            draft.add(incident, self.now, said.kind, said.about, said.author)
        except Refused:
            return
        self._keep(self.book.keep(draft))

    @invariant()
    def at_most_one_open_incident_is_about_a_key(self):
        held = [symptom.key for incident in self.book.open() for symptom in incident.broken]
        assert len(held) == len(set(held))

    @invariant()
    def the_story_folds_to_the_state(self):
        for number, events in self.book.events.items():
            assert folded(events) == self.book.incidents[number]
            assert [event.number for event in events] == list(range(1, len(events) + 1))

    @invariant()
    def what_is_resolved_is_not_broken_and_what_is_open_is(self):
        for incident in self.book.incidents.values():
            assert bool(incident.broken) is incident.is_open
            assert (incident.resolved_at is None) is incident.is_open

    @invariant()
    def no_recovery_is_told_of_which_no_alert_was(self):
        for place, (number, name, kind) in enumerate(self.told):
            if kind in (MessageKind.RECOVERED, MessageKind.MERGED):
                assert any(earlier[:2] == (number, name) and earlier[2].alerts for earlier in self.told[:place])

    @invariant()
    def severity_is_that_of_the_worst_since_it_opened(self):
        for incident in self.book.open():
            if any(each.severity is Severity.ERROR for each in incident.broken):
                assert incident.severity.rank >= IncidentSeverity.MEDIUM.rank


AnySequence.TestCase.settings = settings(max_examples=25, stateful_step_count=40, deadline=None)
TestAnySequence = AnySequence.TestCase


def test_nothing_of_vitals_acts_on_a_resolved_incident_but_to_open_it_again(book):
    book.see(broken(A))
    book.do(EventKind.RESOLVED, NINE + HOUR, resolution="reloaded")
    assert book.events[1][-1].author == "noor" != VITALS
    book.see(well(A, NINE + 2 * HOUR))
    assert book.kinds() == ["opened", "resolved"]
    with pytest.raises(NotPossible):
        book.do(EventKind.ACKNOWLEDGED, NINE + 3 * HOUR)
