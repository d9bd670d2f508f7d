"""What the Lineage page says and draws, to the letter."""

from __future__ import annotations

import re

import pytest

from checks.lineage import Edge, Graph, Kind, Lineage, Node, Origin
from checks.lineage.document import Told
from checks.records import Health
from dashboard import lineage_frames, lineage_graph, sentences
from dashboard.lineage_graph import Look
from dashboard.theme import LIGHT

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
        (NASTY, "Reads 4 datasets, directly or not"),
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


def test_the_list_has_the_worst_first_and_the_places_nearest_first():
    whole = TOLD.whole()
    ordered = lineage_frames.in_order(whole["nodes"])
    frame = lineage_frames.neighbours(ordered, whole["edges"])
    assert list(frame["Name"]) == ["s.raw", "s.total", "s.keys", "s.named", NASTY, "away"]
    assert list(frame["Made from"])[1] == "away, s.named"
    assert list(frame["Refers to"])[3] == "s.keys"
    document = TOLD.of("s.named")
    places = lineage_frames.places(document, lineage_frames.by_place(document))
    assert list(zip(places["Name"], places["Place"], strict=True)) == [
        ("s.raw", "1 step upstream"),
        ("s.total", "1 step downstream"),
        (NASTY, "2 steps downstream"),
        ("s.keys", "has keys that it refers to"),
    ]
