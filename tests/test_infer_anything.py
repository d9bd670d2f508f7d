"""Drafts of tables of any shape: each lints clean, and is kept by the table that it was made of."""

from __future__ import annotations

import random
import string
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest

from checks.records import Status
from tests.drafting import drafted, executed, written_again

pytestmark = pytest.mark.slow  # many tables

AT = datetime(2026, 3, 15, 12, tzinfo=UTC)
NEWEST = AT.replace(tzinfo=None) - timedelta(hours=1)
ROWS = (0, 1, 3, 9, 10, 50, 99, 100, 150, 1000, 1500, 3000)
TABLES = ("t", "my table", "select", "a.b", "Tä", "x-y")
NAMES = (
    "id", "created_at", "name", "state", "weird: name", "a.b", "Ünï", "order_id", "year", "month", "lat", "is ok",
    "#x", "select", "'q'", '"dq"', "email", "x y", "day", "updated_at", "- dash", "[b]", "null", "yes", "123", "a/b",
    "date", "ts", "country", "{c}",
)  # fmt: skip
KINDS: dict[str, tuple[pa.DataType, Callable[[random.Random, int], Any]]] = {
    "numbers": (pa.int64(), lambda r, _: r.randrange(10 ** r.randrange(1, 9))),
    "small": (pa.int32(), lambda r, _: r.randrange(3, 9)),
    "huge": (pa.int64(), lambda r, _: r.randrange(-(2**62), 2**62)),
    "negative": (pa.int64(), lambda r, _: -r.randrange(1000)),
    "counter": (pa.int64(), lambda _, i: i),
    "floats": (pa.float64(), lambda r, _: r.choice([r.gauss(0, 100), r.random(), float(r.randrange(10))])),
    "decimals": (pa.decimal128(12, 2), lambda r, _: Decimal(r.randrange(-(10**6), 10**6)) / 100),
    "texts": (pa.string(), lambda r, _: "".join(r.choices(string.printable, k=r.randrange(30)))),
    "few texts": (pa.string(), lambda r, _: r.choice(["a", "b: c", "#d", "", "yes", "1", " x "])),
    "countries": (pa.string(), lambda r, _: r.choice(["NO", "SE"])),
    "addresses": (pa.string(), lambda _, i: f"u{i}@example.org"),
    "uuids": (pa.string(), lambda _, i: f"{i:08x}-0000-4000-8000-{i:012x}"),
    "dates": (pa.date32(), lambda r, _: date(2026, 3, 15) - timedelta(days=r.randrange(400))),
    "moments": (pa.timestamp("us"), lambda r, _: NEWEST - timedelta(minutes=r.randrange(400_000))),
    "aware": (pa.timestamp("us", "UTC"), lambda r, _: AT - timedelta(minutes=1 + r.randrange(4000))),
    "booleans": (pa.bool_(), lambda r, _: r.random() < 0.5),
    "nothing": (pa.string(), lambda *_: None),
    "times": (pa.time64("us"), lambda r, _: time(r.randrange(24))),
    "bytes": (pa.binary(), lambda *_: b"x"),
}


def table(chance: random.Random) -> pa.Table:
    """Columns of any kind and name, with or without NULLs."""
    rows = chance.choice(ROWS)
    columns = {}
    for name in chance.sample(NAMES, chance.randrange(1, 10)):
        type_, value = KINDS[chance.choice(list(KINDS))]
        nulls = chance.choice([0, 0, 0, 0.01, 0.3, 1])
        columns[name] = pa.array([None if chance.random() < nulls else value(chance, i) for i in range(rows)], type_)
    return pa.table(columns)


@pytest.mark.parametrize("seed", range(20))
def test_a_draft_of_any_table_lints_clean_and_is_kept(warehouse, tmp_path, seed):
    chance = random.Random(seed)  # the same tables every time
    data = table(chance)
    name = warehouse.load(chance.choice(TABLES), data)
    with warehouse.open() as source:
        draft = drafted(source, name, AT)
        findings, results = executed(draft, source, AT, tmp_path)
    assert written_again(draft.text) == draft.text
    kept = {Status.PASS} if data.num_rows else {Status.PASS, Status.NO_DATA}
    assert [finding for finding in findings if finding.level != "info"] == []
    assert [result for result in results if result.status not in kept] == []
