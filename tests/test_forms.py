"""Forms of texts: which are usual, in every backend, and what is said of rows of another form."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from checks.forms import pattern_of, usual_forms
from checks.history import Known
from checks.records import Grain, Measured, Status, odd_form_count
from tests.learning import ROWS, calm, learned
from tests.measuring import measured
from tests.nasty import AT
from tests.warehouses import DuckDBFile, Warehouse

MIDNIGHT = AT.replace(tzinfo=None, hour=0)
Numbers = dict[tuple[str, str | None, str | None], list[float]]


def tails(days: int, code: str, newest: str, count: int = 40) -> pa.Table:
    """So many days of texts, each with a number in the place of #; those of the newest day are written otherwise."""
    rows = [(MIDNIGHT - timedelta(days=day), i) for day in range(days - 1, -1, -1) for i in range(count)]
    tail = [(newest if at == MIDNIGHT else code).replace("#", str(100 + i * 7)) for at, i in rows]
    return pa.table({"at": [at for at, _ in rows], "tail": tail})


def numbers(run: Measured) -> Numbers:
    return {
        (metric.name, metric.column, metric.check): line.tolist()
        for grid in run.grids
        for metric, line in zip(grid.metrics, grid.values, strict=True)
        if metric.name in ("odd_form_count", "mean_length")
    }


def test_rows_of_another_form_than_before_are_counted_by_day_on_every_warehouse(warehouse: Warehouse):
    name = warehouse.load("planes", tails(30, "N#-x", "N# x"))
    with warehouse.open() as source:
        run = measured(source, name, AT)
    assert not run.problems
    assert {key: line[-3:] for key, line in numbers(run).items()} == {
        ("odd_form_count", "tail", "A9-a"): [0, 0, 40],
        ("mean_length", "tail", None): [6, 6, 6],
    }
    purposes = [query.purpose for query in run.queries if "statistics" not in query.purpose]
    assert purposes == ["fused", "forms of some texts", "forms and lengths of texts"]


def test_later_runs_go_by_the_forms_that_are_known(tmp_path):
    warehouse = DuckDBFile(tmp_path)
    name = warehouse.load("planes", tails(30, "N#", "N#"))
    yesterday = MIDNIGHT - timedelta(days=1)
    known = Known(AT - timedelta(hours=1), yesterday, {}, forms={"tail": "9"})
    with warehouse.open() as source:
        run = measured(source, name, AT, known=known)
        outgrown = measured(source, name, AT, known=Known(None, None, {}, forms={"tail": "9"}))
        fitting = measured(source, name, AT, known=Known(None, None, {}, forms={"tail": "A9 | a"}))
    assert numbers(run)["odd_form_count", "tail", "9"][-2:] == [40, 40]
    assert "forms of some texts" not in [query.purpose for query in run.queries]
    assert ("odd_form_count", "tail", "A9") in numbers(outgrown)
    assert ("odd_form_count", "tail", "A9 | a") in numbers(fitting)


def test_texts_are_not_read_but_for_their_forms(tmp_path):
    """Also not of columns that nobody may see: a form tells no value."""
    warehouse = DuckDBFile(tmp_path)
    name = warehouse.load("planes", tails(30, "secret-#", "secret-#"))
    with warehouse.open() as source:
        fetched = []
        fetch = source.fetch
        source.fetch = lambda sql, **more: fetched.append(fetch(sql, **more)) or fetched[-1]
        run = measured(source, name, AT, classified={"tail": "restricted"})
    assert ("odd_form_count", "tail", "a-9") in numbers(run)
    assert "secret" not in repr([answer.rows for answer in fetched])


def test_long_texts_and_those_of_many_forms_have_none(tmp_path):
    warehouse = DuckDBFile(tmp_path)
    long = warehouse.load("long", tails(30, "#" + "x" * 70, "#"))
    with warehouse.open() as source:
        assert numbers(measured(source, long, AT)) == {}
    assert usual_forms([f"a{'-a' * n}" for n in range(12)] * 20) is None
    assert usual_forms(["A9"] * 99) is None
    assert usual_forms(["A9"] * 990 + ["9"] * 10) == "A9"
    assert usual_forms(["A9"] * 500 + ["A9A"] * 500 + [None] * 50 + [""]) == "A9 | A9A"
    assert usual_forms(["é9"] * 200) is None


@given(st.lists(st.from_regex(r"[A-Za-z0-9 .,:;()\[\]{}^$*+?/\\-]{1,12}", fullmatch=True), min_size=1, max_size=4))
def test_a_text_matches_its_own_form_and_no_other(texts: list[str]):
    def form(text: str) -> str:
        return re.sub("[a-z]+", "a", re.sub("[A-Z]+", "A", re.sub("[0-9]+", "9", text)))

    own = re.compile(pattern_of(form(texts[0])))
    for text in texts:
        assert bool(own.fullmatch(text)) == (form(text) == form(texts[0]))


@pytest.mark.parametrize(("odd", "status"), [(0.0, Status.PASS), (400.0, Status.WARN)])
def test_a_form_that_changed_is_told_with_the_usual_one(odd: float, status: Status):
    metric = replace(odd_form_count("tail", "A9A"), grain=Grain.DAY)
    days = {ROWS: calm(1, 80, 1000).round(), metric: np.append(np.zeros(79), odd)}
    result = learned(days)[0]["learned.validity"]
    assert result.status is status
    if odd:
        assert " of the rows have a tail of another form than A9A on 2026-03-14" in (result.reason or "")
