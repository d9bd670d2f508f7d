"""What the Lineage page says and draws, to the letter."""

from __future__ import annotations

import re

import pytest

from checks.lineage import ColumnPair, Edge, Graph, Job, Kind, Lineage, Node, Origin
from checks.lineage import words as lineage_words
from checks.lineage.document import Told
from checks.records import ConsumerKind, Health, JobRun, Named, RunState
from dashboard import lineage_frames, lineage_graph, sentences
from dashboard.lineage_graph import Look
from dashboard.theme import LIGHT
from tests.reports import HOUR, NINE

NASTY = 'a\\N "q" & <b>\n[l](http://x)'
NODES = [
    Node("s.raw", owner="Intake"),
    Node("s.named", Kind.VIEW),
    Node("s.total", Kind.VIEW, "Finance"),
    Node("s.keys"),
    Node("away", Kind.OUTSIDE),
    Node(NASTY, Kind.CONSUMER),
]
EDGES = [
    Edge("s.raw", "s.named", Origin.VIEW),
    Edge("s.named", "s.total", Origin.VIEW),
    Edge("away", "s.total", Origin.CONTRACT),
    Edge("s.total", NASTY, Origin.CONSUMER),
    Edge("s.keys", "s.named", Origin.REFERENCE),
]
HEALTHS = {"s.raw": Health.FAILING, "s.total": Health.FAILING, "s.named": Health.HEALTHY, "s.keys": Health.UNKNOWN}
TOLD = Told(Lineage(Graph.of(NODES, EDGES)), HEALTHS)


def test_the_first_line_counts_what_fails_and_where_to_look():
    whole = TOLD.whole()
    assert (
        sentences.lineage_headline(whole["nodes"], whole["causes"]) == "2 of 4 datasets fail; look at 1 of them first"
    )
    assert [sentences.lineage_cause(cause) for cause in whole["causes"]] == [
        "s.raw fails, and with it what is made from it: s.total."
    ]
    assert sentences.lineage_headline([], []) == "No datasets yet"
    well = [node | {"health": Health.HEALTHY} for node in whole["nodes"][:2]]
    assert sentences.lineage_headline(well, []) == "None of 2 datasets fails"


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("s.raw", "Trouble in it reaches 2 datasets and 1 consumer"),
        ("s.keys", "Nothing that is known is made from it; keys that go missing are noticed in 1 dataset"),
        (NASTY, "Reads 4 datasets, directly or not; s.total, s.raw fail"),
    ],
)
def test_what_trouble_reaches_is_one_sentence(name, sentence):
    assert sentences.lineage_reached(TOLD.of(name)) == sentence


def test_a_failing_dataset_says_where_to_look_first():
    document = TOLD.of("s.total")
    assert sentences.lineage_look_first(document["causes"]) == (
        "It fails, and so does what it is made from: look at s.raw first."
    )
    assert TOLD.of("s.raw")["causes"] == []


def test_a_name_is_text_in_the_picture_and_in_its_links():
    document = TOLD.whole()
    drawn = lineage_graph.dot(document["nodes"], document["edges"], Look(LIGHT))
    assert r'label="a\\N \"q\" &amp; &lt;b&gt; [l](http://x)\nconsumer"' in drawn
    assert 'URL="lineage?name=a%5CN%20%22q%22%20%26%20%3Cb%3E%0A%5Bl%5D%28http%3A%2F%2Fx%29"' in drawn
    assert all(re.sub(r"\\.", "", line).count('"') % 2 == 0 for line in drawn.splitlines())


def test_states_are_words_and_signs_and_references_are_dashed():
    document = TOLD.whole()
    drawn = lineage_graph.dot(document["nodes"], document["edges"], Look(LIGHT, "s.raw", {"s.total": "incident 7"}))
    assert r'label="s.total\nview, ✕ failing\nincident 7"' in drawn
    assert r'label="away\nnot watched here" style="rounded,dashed"' in drawn
    assert (drawn.count("style=dashed"), drawn.count("style=solid"), drawn.count("penwidth=3")) == (1, 4, 1)
    assert 'URL="dataset?name=s.raw"' in drawn


def test_the_end_of_a_long_name_is_kept():
    node = {"name": "warehouse.marts." + "x" * 40, "kind": "table", "health": "healthy", "owner": None, "jobs": []}
    assert f'label="…{"x" * 29}' in lineage_graph.dot([node], [], Look(LIGHT))


def told(columns, head, nodes):
    """What one column of the list says of each of the nodes."""
    column = next(column for column in columns if column.head == head)
    return [column.cell(node).text for node in nodes]


def test_the_list_leads_to_datasets_and_to_what_consumers_read():
    names = lineage_frames.neighbours([])[0]
    leads = {node["name"]: names.cell(node).href for node in TOLD.whole()["nodes"]}
    assert (leads["s.raw"], leads["away"]) == ("dataset?name=s.raw", "lineage?name=away")


def test_the_list_has_the_worst_first_and_the_places_nearest_first():
    whole = TOLD.whole()
    ordered = lineage_frames.in_order(whole["nodes"])
    columns = lineage_frames.neighbours(whole["edges"])
    assert told(columns, "Name", ordered) == ["s.raw", "s.total", "s.keys", "s.named", NASTY, "away"]
    assert told(columns, "Made from", ordered)[1] == "away, s.named"
    assert told(columns, "Refers to", ordered)[3] == "s.keys"
    document = TOLD.of("s.named")
    others, columns = lineage_frames.by_place(document), lineage_frames.places(document)
    assert list(zip(told(columns, "Name", others), told(columns, "Place", others), strict=True)) == [
        ("s.raw", "1 step upstream"),
        ("s.total", "1 step downstream"),
        (NASTY, "2 steps downstream"),
        ("s.keys", "has keys that it refers to"),
    ]


# -- jobs and consumers ------------------------------------------------------------------------------------------------


def job(name: str, state: RunState, ended=None, error: str | None = None) -> Job:
    return Job(name, "airflow", JobRun(Named("airflow", name), "r", state, NINE, ended, error))


LATE = job("etl.late", RunState.FAIL, NINE + HOUR, "disk full")
DONE = job("etl.done", RunState.COMPLETE, NINE + HOUR / 4)
OPEN = job("etl.open", RunState.RUNNING)
TEAM = [Node("s.raw"), Node("s.total"), Node("board", Kind.CONSUMER, "Finance", ConsumerKind.DASHBOARD, "https://x.y")]
MOVED = [
    Edge("s.raw", "s.total", Origin.CONTRACT),
    Edge("s.raw", "s.total", Origin.EVENT, (ColumnPair("a", "b"),), ("etl.late",)),
    Edge("s.raw", "s.total", Origin.REFERENCE),
    Edge("s.total", "board", Origin.CONSUMER),
]
JOBS = Told(Lineage(Graph.of(TEAM, MOVED), jobs={"s.total": (DONE, LATE), "s.raw": (OPEN,)}), {"s.raw": Health.HEALTHY})


def test_jobs_are_told_with_their_last_run():
    jobs = [job for node in JOBS.whole()["nodes"] for job in node["jobs"]]
    assert [lineage_words.job(job) for job in jobs] == [
        "Job etl.open … began 2026-11-23 09:00 UTC, and no end of it was told",
        "Job etl.done ✓ complete 2026-11-23 09:15 UTC after 15 min",
        "Job etl.late ✕ failed 2026-11-23 10:00 UTC after 1 h: disk full",
    ]
    assert lineage_words.job(jobs[0] | {"state": None}) == "Job etl.open: no run of it was told"
    whole = JOBS.whole()
    columns = lineage_frames.neighbours(whole["edges"])
    assert told(columns, "Last job", whole["nodes"]) == [
        "",
        "… etl.open running",
        "✕ etl.late failed, ✓ etl.done complete",
    ]


def test_the_picture_has_one_arrow_for_what_is_known_twice_with_its_job():
    whole = JOBS.whole()
    drawn = lineage_graph.dot(whole["nodes"], whole["edges"], Look(LIGHT))
    assert drawn.count(" -> ") == 2
    assert 'tooltip="a → b; by etl.late" label="etl.late"' in drawn
    assert r'label="board\ndashboard, Finance"' in drawn
    assert r'label="s.total\n? unknown\n✕ etl.late failed"' in drawn


def test_who_reads_a_dataset_is_said_with_the_owner():
    graph = JOBS.graph
    assert sentences.read_by(graph.read_by("s.total")) == "board (Finance)"
    assert sentences.read_by(TOLD.graph.read_by("s.total")) == NASTY
    assert sentences.read_by(graph.read_by("s.raw")) == "nobody named"
    assert graph.read_by("nowhere") == ()
