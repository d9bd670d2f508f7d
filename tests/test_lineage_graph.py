"""The graph: what is reached, what trouble reaches, and where its cause may be, on random graphs with cycles."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checks.lineage import FLOWS, ColumnPair, Edge, Graph, Kind, Node, Origin

NAMES = "abcdefgh"
pairs = st.tuples(st.sampled_from(NAMES), st.sampled_from(NAMES))
edges = st.lists(st.builds(lambda pair, origin: Edge(*pair, origin), pairs, st.sampled_from(Origin)), max_size=20)
graphs = edges.map(lambda found: Graph.of([Node(name) for name in NAMES], found))
names = st.sampled_from(NAMES)
some = st.sets(names)


def chain(*names: str, origin: Origin = Origin.VIEW) -> list[Edge]:
    return [Edge(one, other, origin) for one, other in pairwise(names)]


def graph(*edges: Edge, consumers: str = "") -> Graph:
    ends = {end for edge in edges for end in (edge.upstream, edge.downstream)}
    return Graph.of([Node(name, Kind.CONSUMER if name in consumers else Kind.TABLE) for name in ends], edges)


def direct(found: Graph) -> set[tuple[str, str]]:
    return {(edge.upstream, edge.downstream) for edge in found.edges if edge.origin in FLOWS}


# -- reaching ----------------------------------------------------------------------------------------------------------


def test_steps_are_counted_along_the_shortest_way_and_the_nearest_comes_first():
    found = graph(*chain("a", "b", "c", "d"), *chain("a", "c"))
    assert found.downstream("a") == {"b": 1, "c": 1, "d": 2}
    assert list(found.upstream("d")) == ["c", "a", "b"]


def test_a_cycle_ends_the_walk_and_nobody_is_above_himself():
    found = graph(*chain("a", "b", "c", "a"), *chain("a", "a"))
    assert found.downstream("a") == {"b": 1, "c": 2}
    assert found.upstream("a") == {"c": 1, "b": 2}


def test_a_relationship_carries_no_data():
    found = graph(*chain("a", "b"), *chain("b", "c", origin=Origin.REFERENCE))
    assert (found.downstream("a"), found.refers_to("c"), found.referred_by("b")) == ({"b": 1}, ("b",), ("c",))
    assert found.downstream("a", along=Origin) == {"b": 1, "c": 2}


def test_an_edge_to_nothing_and_a_name_of_nothing_are_refused():
    with pytest.raises(ValueError, match="edges name what is no node: b"):
        Graph.of([Node("a")], [Edge("a", "b", Origin.VIEW)])
    with pytest.raises(KeyError):
        graph(*chain("a", "b")).upstream("z")


def test_an_edge_that_is_said_twice_is_one():
    edge = Edge("a", "b", Origin.VIEW, (ColumnPair("x", "y"),))
    assert graph(edge, edge).edges == (edge,)


@given(graphs, names, names)
def test_upstream_is_downstream_read_backwards(found: Graph, one: str, other: str):
    assert (other in found.downstream(one)) == (one in found.upstream(other))
    assert found.downstream(one).get(other) == found.upstream(other).get(one)


@given(graphs, names)
def test_what_is_below_is_the_next_step_and_all_that_is_below_that(found: Graph, name: str):
    below = {other for one, other in direct(found) if one == name}
    assert found.downstream(name).keys() == (below | {far for each in below for far in found.downstream(each)}) - {name}


@given(graphs, edges, names)
def test_more_edges_never_take_anything_away(found: Graph, more: list[Edge], name: str):
    larger = Graph.of(found.nodes.values(), [*found.edges, *more])
    assert found.downstream(name).keys() <= larger.downstream(name).keys()


@given(graphs, names)
def test_what_is_around_a_node_has_all_ways_to_and_from_it(found: Graph, name: str):
    part = found.around(name)
    assert (part.upstream(name), part.downstream(name)) == (found.upstream(name), found.downstream(name))
    assert part.blast_radius(name).datasets == found.blast_radius(name).datasets


# -- what trouble reaches ----------------------------------------------------------------------------------------------


def test_trouble_reaches_what_is_made_of_it_consumers_and_who_refers_to_it():
    found = graph(
        *chain("a", "b", "c"),
        Edge("c", "model", Origin.CONSUMER),
        Edge("b", "other", Origin.REFERENCE),
        *chain("other", "beyond"),
        consumers="model",
    )
    radius = found.blast_radius("a")
    assert (radius.datasets, radius.consumers, radius.referring) == (("b", "c"), ("model",), ("other",))


@given(graphs, names)
def test_trouble_reaches_each_once_and_never_where_it_came_from(found: Graph, name: str):
    radius = found.blast_radius(name)
    reached = [*radius.datasets, *radius.consumers, *radius.referring]
    assert len(reached) == len(set(reached))
    assert name not in reached


# -- causes ------------------------------------------------------------------------------------------------------------


def test_the_cause_is_above_even_where_what_is_between_is_well():
    found = graph(*chain("a", "b", "c", "d"), *chain("x", "d"))
    assert found.most_upstream(["a", "c", "d"]) == {"a": ("a",), "c": ("a",), "d": ("a",)}
    assert found.most_upstream(["x", "a", "d"])["d"] == ("a", "x")
    assert found.most_upstream(["b", "x"]) == {"b": ("b",), "x": ("x",)}
    assert found.most_upstream([]) == {}


def test_a_cycle_that_fails_has_one_cause():
    found = graph(*chain("a", "b", "c", "a"), *chain("c", "d"))
    assert found.most_upstream(["b", "c", "d"]) == {"b": ("b",), "c": ("b",), "d": ("b",)}


def test_a_storm_below_one_table_has_one_cause():
    found = graph(*(Edge("root", f"t{number}", Origin.VIEW) for number in range(300)))
    assert set(found.most_upstream(list(found.nodes)).values()) == {("root",)}


@given(graphs, some)
def test_every_failing_one_has_a_cause_that_fails_and_is_above_it_or_itself(found: Graph, failing: set[str]):
    causes = found.most_upstream(failing)
    assert causes.keys() == failing
    for name, tops in causes.items():
        assert tops
        assert all(top in failing and (top == name or top in found.upstream(name)) for top in tops)


@given(graphs, some)
def test_above_a_cause_fails_only_what_is_below_it_too(found: Graph, failing: set[str]):
    for top in {top for tops in found.most_upstream(failing).values() for top in tops}:
        assert found.upstream(top).keys() & failing <= found.downstream(top).keys()
        assert found.most_upstream(failing)[top] == (top,)


@given(graphs, some)
def test_one_cause_is_never_above_another(found: Graph, failing: set[str]):
    tops = {top for tops in found.most_upstream(failing).values() for top in tops}
    assert not any(other in found.upstream(top) for top in tops for other in tops)
