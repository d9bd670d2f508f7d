"""From what events told to edges, owners and the jobs behind them."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checks.lineage.jobs import JobsTold, jobs_told
from checks.lineage.naming import Naming
from checks.lineage.told import ColumnTold, Told
from checks.records import ConsumerKind, Dataset, Named, ToldTogether
from connectors import TableName
from tests.reports import DAY, NINE

TABLES = "abcde"
NAMING = Naming(
    {f"s.{name}": Dataset("s", TableName(None, name)) for name in TABLES}, {"s": "files://x"}, {}, Path("/")
)
JOB, OTHER = Named("airflow", "etl"), Named("cron", "etl")


def tables(names: str) -> tuple[Named, ...]:
    return tuple(Named("s", name) for name in names)


def run(*told: Told, job: Named | None = JOB, after: timedelta = timedelta()) -> ToldTogether:
    return ToldTogether(job, tuple(each.text() for each in told), NINE + after)


def told(inputs: str = "", outputs: str = "", **more) -> Told:
    return Told(tables(inputs), tables(outputs), **more)


def edges(found: JobsTold) -> set[str]:
    return {f"{edge.upstream[-1]}>{edge.downstream[-1]} {','.join(edge.jobs)}".strip() for edge in found.part.edges}


def test_what_the_events_of_one_run_tell_belongs_together_and_runs_do_not_mix():
    found = jobs_told([run(told("a"), told("", "b")), run(told("c"), told("", "d"))], NAMING)
    assert edges(found) == {"a>b etl", "c>d etl"}
    assert found.writers["s.b"] == found.writers["s.d"] == (JOB,)


def test_an_output_whose_sources_are_told_one_by_one_is_made_from_no_other_input():
    [a, b, c, d] = tables("abcd")
    column = ColumnTold(d, "x", c, "y")
    found = jobs_told([run(told("abc", "bd", pairs=((a, b),), columns=(column,)))], NAMING)
    assert edges(found) == {"a>b etl", "a>d etl", "b>d etl", "c>d etl"}
    [known] = [edge for edge in found.part.edges if edge.columns]
    assert (known.upstream, known.columns[0].upstream, known.columns[0].downstream) == ("s.c", "y", "x")


def test_into_a_view_whose_definition_was_read_no_edge_is_made_and_its_job_is_known_all_the_same():
    found = jobs_told([run(told("a", "bc"))], NAMING, {"s.b"})
    assert edges(found) == {"a>c etl"}
    assert found.writers["s.b"] == (JOB,)


def test_a_job_is_a_consumer_as_long_as_no_run_of_it_writes_anything():
    reads = run(told("ab", job_owner="Data"))
    alone = jobs_told([reads], NAMING)
    assert {(edge.upstream, edge.downstream) for edge in alone.part.edges} == {("s.a", "etl"), ("s.b", "etl")}
    [node] = alone.part.nodes
    assert (node.name, node.consumer, node.owner) == ("etl", ConsumerKind.JOB, "Data")
    assert edges(jobs_told([reads, run(told("a", "c"), after=DAY)], NAMING)) == {"a>c etl"}


def test_jobs_of_one_name_are_told_apart_by_their_namespace():
    found = jobs_told([run(told("a", "b")), run(told("a", "b"), job=OTHER)], NAMING)
    [edge] = found.part.edges
    assert edge.jobs == ("etl (airflow)", "etl (cron)")
    assert found.writers["s.b"] == (JOB, OTHER)


def test_of_owners_the_newest_counts():
    [a] = tables("a")
    found = jobs_told([run(told(owners=((a, "Old"),))), run(told(owners=((a, "New"),)), job=None, after=DAY)], NAMING)
    assert [(node.name, node.owner) for node in found.part.nodes] == [("s.a", "New")]


def test_a_run_of_too_many_pairs_says_so_and_has_no_edges():
    inputs, outputs = (tuple(Named("x", f"{side}{n}") for n in range(200)) for side in "io")
    found = jobs_told([run(Told(inputs, outputs))], NAMING)
    assert found.part.edges == ()
    assert found.part.notes == (
        "job etl reads 200 datasets and writes 200; which is made from which can not be told apart",
    )


NAMES = st.text(TABLES, max_size=3)
TOLDS = st.builds(told, NAMES, NAMES)
RUNS = st.builds(lambda some, job: run(*some, job=job), st.lists(TOLDS, max_size=3), st.sampled_from([JOB, OTHER]))


@given(st.lists(RUNS, max_size=5), st.randoms(use_true_random=False))
def test_neither_order_nor_repetition_changes_the_edges(runs, random):
    again = [*runs, *runs[:2]]
    random.shuffle(again)
    once, twice = jobs_told(runs, NAMING), jobs_told(again, NAMING)
    assert set(once.part.edges) == set(twice.part.edges)
    assert (once.writers, once.shown) == (twice.writers, twice.shown)


@pytest.mark.parametrize("namespace", ["", "s", "x"])
def test_what_is_told_comes_back_from_its_text(namespace):
    names = tuple(Named(namespace, name) for name in ('"', "ö", " "))
    whole = Told(names, names[:1], ((names[0], names[1]),), (ColumnTold(names[0], "c", names[1], "d"),))
    assert Told.of(whole.text()) == whole
