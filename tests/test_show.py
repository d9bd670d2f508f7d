"""Documents in a terminal: readable at 80 columns, and text wherever it comes from."""

from __future__ import annotations

import io
from typing import Any

import pytest
from rich.console import Console

from checks import show

LONG = "carrier-is-an-airline: 5,160 of 334,658 rows have a carrier that is not in demo.airlines, expected none"


def told(words: Any, document: dict[str, Any], width: int = 80) -> list[str]:
    out = io.StringIO()
    words(document, Console(file=out, width=width, highlight=False))
    lines = out.getvalue().splitlines()
    assert all(len(line) <= width for line in lines), lines
    return [line.rstrip() for line in lines]


def dataset(name: str = "demo.flights", *reasons: str, health: str = "failing") -> dict[str, Any]:
    measured = "2026-03-15T12:00:00.123456Z"
    return {"name": name, "health": health, "measured_at": measured, "owner": "Flights team", "reasons": reasons}


def test_reasons_stand_below_their_dataset_over_the_whole_width():
    document = {"datasets": [dataset("demo.airlines", health="healthy"), dataset("demo.flights", LONG)]}
    assert told(show.status, document) == [
        "dataset        health     measured              owner",
        "demo.airlines  ✔ healthy  2026-03-15 12:00 UTC  Flights team",
        "demo.flights   ✖ failing  2026-03-15 12:00 UTC  Flights team",
        "    carrier-is-an-airline: 5,160 of 334,658 rows have a carrier that is not in",
        "    demo.airlines, expected none",
    ]


@pytest.mark.parametrize("width", [60, 80, 200])
def test_a_long_name_is_folded_and_nothing_is_cut(width):
    name = "warehouse.a_schema_with_a_long_name.a_table_with_an_even_longer_name_than_that"
    lines = told(show.status, {"datasets": [dataset(name, LONG)]}, width)
    squeezed = "".join("".join(lines).split())
    assert all(character in squeezed for character in "✖")
    assert LONG.replace(" ", "") in squeezed


def test_what_was_never_measured_says_so():
    document = {"datasets": [dataset() | {"measured_at": None, "health": "unknown", "owner": None}]}
    assert told(show.status, document)[1] == "demo.flights  ? unknown  never"


def test_names_are_text_and_never_markup():
    document = {"datasets": [dataset("s.[bold red]x[/]", "[link=http://evil]click[/link]: fails")]}
    text = "\n".join(told(show.status, document))
    assert "[bold red]x[/]" in text and "[link=http://evil]click[/link]: fails" in text


def result(check: str, status: str, reason: str | None = None, bucket: str | None = None) -> dict[str, Any]:
    return {"check": check, "status": status, "reason": reason, "bucket": bucket}


def test_a_run_counts_checks_and_not_the_days_that_they_judged():
    days = [result("rows", "fail", "old", "2026-03-13T00:00:00"), result("rows", "pass", None, "2026-03-14T00:00:00")]
    run = {
        "dataset": "demo.flights", "outcome": "finished", "seconds": 0.634, "queries": [1, 2], "measurements": 13232,
        "error": None, "results": [*days, result("nulls", "fail", "3 of 9 rows without id, expected none")],
    }  # fmt: skip
    assert told(show.runs, {"runs": [run], "errors": ["source 'x': did not answer"]}) == [
        "dataset       outcome     checks          took    queries  numbers",
        "demo.flights  ✔ finished  1 fail, 1 pass  0.63 s  2        13,232",
        "    nulls: 3 of 9 rows without id, expected none",
        "? unreachable  source 'x': did not answer",
    ]


def test_numbers_and_their_headers_stay_whole_beside_a_long_list_of_counts():
    statuses = ["learning", "pass", "skipped", "warn", "unreachable", "error", "no_data"]
    run = {
        "dataset": "warehouse.main.a_table_with_a_name", "outcome": "unreachable", "seconds": 10.634,
        "queries": [1] * 12, "measurements": 13232, "error": None,
        "results": [result(status, status) for status in statuses],
    }  # fmt: skip
    header, first, *_ = told(show.runs, {"runs": [run], "errors": []})
    assert header.split() == ["dataset", "outcome", "checks", "took", "queries", "numbers"]
    assert "? unreachable" in first and first.endswith("10.63 s  12       13,232")


def sample(columns: list[str], *rows: list[Any]) -> dict[str, Any]:
    return {"columns": columns, "rows": list(rows), "truncated": False, "masked": [], "query": "SELECT 1"}


def test_few_columns_are_a_table_and_many_stand_one_below_the_other():
    assert told(show.sample, sample(["id", "name"], [1, None]))[:2] == ["id  name", "1   NULL"]
    wide = sample([f"column_{n}" for n in range(20)], [f"value {n}" for n in range(20)])
    assert told(show.sample, wide)[:3] == ["row 1", "  column_0   value 0", "  column_1   value 1"]


def test_nothing_to_show_says_what_to_do():
    assert "name a source in config.toml" in told(show.status, {"datasets": []})[0]
    assert "there is no dataset" in told(show.runs, {"runs": [], "errors": []})[0]
    assert told(show.sample, sample(["id"]))[0] == "No row breaks this check."
    assert told(show.findings, {"contracts": []}) == ["There are no contracts here."]
