"""Values of columns with few: which are counted, in every backend, and what is said when one vanishes or comes."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa
import pytest

from checks import categories
from checks.answers import history_document
from checks.backtest.faults import FAULTS, injected
from checks.backtest.replay import replay
from checks.categories import packs
from checks.config import load
from checks.drill import veil_over
from checks.few_values import FEW, MOST_EVER, can_be_named, chosen
from checks.history import Known
from checks.learned.before import Before
from checks.learned.categories import newcomers, vanished
from checks.learned.masked import masked, named
from checks.learned.past import grid
from checks.learned.turns import pace_of
from checks.learned.words import sentence
from checks.monitor import Monitor
from checks.records import (
    Alert,
    Dataset,
    Detection,
    FewValues,
    Finding,
    Grain,
    Label,
    LabelKind,
    Measured,
    Metric,
    Result,
    RunReport,
    Status,
    category_count,
)
from checks.worker import Job, SourceSpec, measure_job
from connectors import Column, TableName
from tests.learning import ROWS, TODAY, learned
from tests.measuring import NOTHING_KNOWN, READING, measured
from tests.monitors import Clock, utc
from tests.nasty import AT
from tests.warehouses import DuckDBFile, Warehouse

NOON = AT.replace(tzinfo=None)
DAYS = [NOON.replace(hour=0) - timedelta(days=days) for days in (2, 1, 0)]
YESTERDAY = TODAY - timedelta(days=1)
Counts = dict[tuple[str | None, str | None], list[float]]


def of_day(value: str, column: str = "kind", rule: str = "") -> Metric:
    return replace(category_count(column, value, rule), grain=Grain.DAY)


# -- what is counted ---------------------------------------------------------------------------------------------------


def orders(kinds: Mapping[str | None, tuple[int, int, int]], **more: object) -> pa.Table:
    """Orders of three days (the newest is today) with so many rows of each kind."""
    rows = [
        (day + timedelta(hours=1), kind)
        for kind, counts in kinds.items()
        for day, n in zip(DAYS, counts, strict=True)
        for _ in range(n)
    ]
    columns = {"ordered_at": [at for at, _ in rows], "kind": [kind for _, kind in rows]}
    return pa.table(columns | {name: make(len(rows)) for name, make in more.items()})  # ty: ignore[call-non-callable]


def counted(run: Measured) -> Counts:
    """The rows of each value in each bucket, oldest first."""
    return {
        (metric.column, metric.category): line.tolist()
        for grid in run.grids
        for metric, line in zip(grid.metrics, grid.values, strict=True)
        if metric.category is not None
    }


def test_the_first_run_counts_each_value_of_a_column_with_few_by_day(warehouse: Warehouse):
    table = orders(
        {"a": (40, 30, 20), 'it\'s "b"': (5, 0, 10), None: (2, 2, 2)}, stars=lambda n: [1 + i % 2 for i in range(n)]
    )
    name = warehouse.load("orders", table)
    with warehouse.open() as source:
        run = measured(source, name, AT)
    assert not run.problems
    assert counted(run) == {
        ("kind", "a"): [40, 30, 20], ("kind", "it's \"b\""): [5, 0, 10],
        ("stars", "1"): [24, 16, 16], ("stars", "2"): [23, 16, 16],
    }  # fmt: skip
    assert [query.purpose for query in run.queries if "statistics" not in query.purpose] == [
        "fused", "rows by value of columns with few",
    ]  # fmt: skip


@pytest.mark.parametrize("least_rows", [1, 30, 1000])
def test_columns_that_are_counted_together_have_the_numbers_of_each(
    warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch, least_rows: int
):
    monkeypatch.setattr(categories, "_LEAST_ROWS_OF_EACH", least_rows)
    words = {"kind": ["a", "b", None], "word": ["x", "y"], "flag": [0, 1, 1, 0, 1]}
    name = warehouse.load("t", pa.table({column: values * (300 // len(values)) for column, values in words.items()}))
    with warehouse.open() as source:
        run = measured(source, name, AT)
    assert counted(run) == {
        ("kind", "a"): [100], ("kind", "b"): [100], ("word", "x"): [150], ("word", "y"): [150],
        ("flag", "0"): [120], ("flag", "1"): [180],
    }  # fmt: skip


@pytest.mark.parametrize(
    ("values", "rows", "packed"),
    [
        ((3, 2, 7), 20_000, [[1, 0, 2]]),  # 3 * 4 * 8 = 96 combinations with NULL
        ((3, 2, 7), 18_000, [[1, 0], [2]]),
        ((3, 2, 7), 100, [[1], [0], [2]]),
        ((20, 20), 1e9, [[0], [1]]),  # 441 are more than are counted together of any table
        ((1,), 0, [[0]]),
    ],
)
def test_columns_are_counted_together_as_far_as_many_rows_have_the_same_values(
    values: tuple[int, ...], rows: float, packed: list[list[int]]
):
    assert packs(values, rows) == packed


def test_without_an_event_time_the_whole_table_is_counted(warehouse: Warehouse):
    name = warehouse.load("t", pa.table({"kind": ["a", "b"] * 60, "word": ["x", None] * 60}))
    with warehouse.open() as source:
        run = measured(source, name, AT)
    assert counted(run) == {("kind", "a"): [60], ("kind", "b"): [60], ("word", "x"): [60]}


def test_later_runs_count_what_is_known_with_a_new_value_and_one_that_is_gone(warehouse: Warehouse):
    name = warehouse.load("orders", orders({"a": (90, 90, 90), "new": (0, 0, 9)}, stars=lambda n: [1] * n))
    known = Known(AT - timedelta(hours=1), DAYS[1], {}, categories={"kind": ("a", "gone")})
    with warehouse.open() as source:
        run = measured(source, name, AT, known=known)
    assert not run.whole_table
    assert {key: line[-2:] for key, line in counted(run).items()} == {
        ("kind", "a"): [90, 90], ("kind", "gone"): [0, 0], ("kind", "new"): [0, 9],
    }  # fmt: skip


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("customer_email", ["a", "b"]),
        ("first_name", ["Ada", "Bob"]),
        ("city", ["Oslo", "Rome"]),
        ("code", ["a@b.example", "b@b.example"]),
        ("phone", ["1", "2"]),
        ("reference", ["555 123 4567", "x"]),
        ("kind", ["a" * 61, "b"]),
        ("kind", [str(i) for i in range(FEW + 1)]),
        ("paid", [True, False]),
        ("price", [1.5, 2.5]),
        ("orders_id", ["a", "b"]),
        ("sales_month", ["2026-02", "2026-03"]),
    ],
)
def test_values_that_nobody_should_read_are_not_counted(tmp_path, name, values):
    warehouse = DuckDBFile(tmp_path)
    table = orders({"a": (60, 60, 60)}).drop_columns("kind").append_column(name, pa.array((values * 180)[:180]))
    table = warehouse.load("orders", table)
    with warehouse.open() as source:
        run = measured(source, table, AT)
    assert counted(run) == {}
    assert not [query for query in run.queries if "by value" in query.purpose and name in ("city", "phone")]


def test_classified_columns_keys_and_columns_of_many_values_are_not_counted(tmp_path):
    warehouse = DuckDBFile(tmp_path)
    name = warehouse.load("orders", orders({"a": (60, 60, 60), "b": (9, 9, 9)}))
    much = Known(None, None, {}, categories={"kind": tuple(str(i) for i in range(MOST_EVER + 1))})
    with warehouse.open() as source:
        assert counted(measured(source, name, AT, classified={"kind": "restricted"})) == {}
        assert counted(measured(source, name, AT, key=("kind",))) == {}
        assert counted(measured(source, name, AT, known=much)) == {}
        assert counted(measured(source, name, AT, classified={"kind": "public"})) != {}


def test_a_table_of_a_few_rows_has_no_shares(tmp_path):
    warehouse = DuckDBFile(tmp_path)
    name = warehouse.load("orders", orders({"a": (9, 9, 9), "b": (9, 9, 9)}))
    with warehouse.open() as source:
        run = measured(source, name, AT)
    assert counted(run) == {}
    assert [query.purpose for query in run.queries] == ["fused"]


def test_columns_of_the_fewest_values_come_first_and_hours_leave_less_room():
    names = [f"c{number:02}" for number in range(40)]
    columns = [FewValues(Column(name, "string", "VARCHAR")) for name in names]
    distinct = {name: float(1 + number % 20) for number, name in enumerate(names)}
    daily = [one.column.name for one in chosen(columns, distinct, 91, whole_table=True)]
    assert (daily[:3], len(daily)) == (["c01", "c21", "c02"], 20)
    hourly = [distinct[one.column.name] for one in chosen(columns, distinct, 91 * 24, whole_table=True)]
    assert 60 < sum(hourly) * 91 * 24 / 2184 <= 91
    assert list(chosen(columns, distinct, 3, whole_table=False)) == []


def test_a_column_whose_values_change_with_time_is_none_of_few_though_each_day_has_few():
    """A known column that is read again from its beginning, as after a restatement of all of its days."""
    days = [f"release {number}" for number in range(MOST_EVER + 1)]
    assert can_be_named(days[:-1], known=days[:1])
    assert not can_be_named(days, known=days[:1])
    assert not can_be_named(days[: FEW + 1], known=())


def test_a_view_that_could_show_a_classified_column_names_no_values(tmp_path: Path):
    warehouse = DuckDBFile(tmp_path)
    warehouse.load("staff", orders({"nurse": (60, 60, 60), "cook": (60, 60, 60)}))
    warehouse.run("CREATE VIEW roles AS SELECT ordered_at, kind AS role FROM staff")
    tables = [TableName("main", "staff"), TableName("main", "roles", is_view=True)]
    staff = Dataset("shop", tables[0], contract="staff.yaml", classified={"kind": "restricted"})
    named = []
    for classified in ({"kind": "restricted"}, {}):
        veil = veil_over([replace(staff, classified=classified), Dataset("shop", tables[1])])
        spec = SourceSpec("shop", warehouse.url, 30.0, tmp_path)
        for table in tables:
            job = Job(spec, (), Dataset("shop", table, classified={}), NOTHING_KNOWN, READING, veil, AT)
            named.append(sorted({str(one) for one, _ in counted(measure_job(job))}))
    assert named == [[], [], ["kind"], ["role"]]


# -- what is said ------------------------------------------------------------------------------------------------------


def drawn(seed: int, days: int, rows: int, shares: Mapping[str, float]) -> dict[Metric, np.ndarray]:
    """Rows by day, drawn at random with these shares of each kind; the number of rows goes up and down by a tenth."""
    random = np.random.default_rng(seed)
    sizes = np.round(rows * random.uniform(0.9, 1.1, days)).astype(int)
    counts = np.array([random.multinomial(size, list(shares.values())) for size in sizes], dtype=float)
    lines = {of_day(value): counts[:, i] for i, value in enumerate(shares)}
    return {ROWS: counts.sum(axis=1), **lines}


SHARES = {"web": 0.5, "shop": 0.3, "phone": 0.15, "fax": 0.05}


def told(days: Mapping[Metric, np.ndarray], *labels: Label) -> Result:
    return learned(days, Before(labels=labels))[0]["learned.shares"]


def moved(days: dict[Metric, np.ndarray], value: str, to: str, last: int = 1) -> dict[Metric, np.ndarray]:
    """The rows of one value are those of another in the newest days."""
    days = {metric: line.copy() for metric, line in days.items()}
    days.setdefault(of_day(to), np.zeros_like(days[ROWS]))[-last:] += days[of_day(value)][-last:]
    days[of_day(value)][-last:] = 0
    return days


def test_a_value_that_always_was_there_and_has_no_rows_is_named():
    result = told(moved(drawn(1, 80, 1000, SHARES), "phone", "web"))
    assert result.status is Status.WARN
    assert (result.column, result.value, result.observed) == ("kind", 0, "0 % of the rows")
    assert (result.reason or "").startswith("kind = phone vanished on 2026-03-14: no rows, usually 1")
    assert "with it kind = web" in (result.reason or "")


def test_a_value_that_never_was_there_is_named_for_a_day():
    days = moved(drawn(2, 80, 1000, SHARES), "fax", "telex")
    result = told(days)
    assert result.status is Status.WARN
    assert "kind = telex" in (result.reason or "")
    some = drawn(3, 80, 1000, SHARES)
    some[of_day("telex")] = np.zeros(80)
    some[of_day("telex")][-1] = 12
    some[of_day("web")][-1] -= 12
    result = told(some)
    assert (result.reason or "").startswith("kind = telex is new on 2026-03-14: 1.")
    assert result.expected == "never there before"
    some[of_day("telex")][-2:] = 12, 12
    assert told(some).status is Status.PASS


def test_a_value_that_history_has_only_since_it_came_had_no_rows_before():
    """The runs of the newest days write no zeros into the past."""
    days = drawn(4, 80, 1000, SHARES)
    days[of_day("telex")] = np.append(np.full(79, np.nan), 20.0)
    assert (told(days).reason or "").startswith("kind = telex is new")


def test_a_single_slip_is_no_new_value():
    days = drawn(5, 80, 1000, SHARES)
    days[of_day("wbe")] = np.append(np.zeros(79), 2.0)
    assert told(days).status is Status.PASS


def test_a_share_that_moves_is_outside_its_band():
    days = drawn(6, 80, 1000, SHARES)
    days[of_day("web")][-1] -= 150
    days[of_day("shop")][-1] += 150
    result = told(days)
    assert result.status is Status.WARN
    assert " have kind = " in (result.reason or "")


def test_fewer_rows_in_all_are_no_vanished_value():
    days = drawn(7, 80, 1000, SHARES)
    for line in days.values():
        line[-1] = round(line[-1] / 50)
    days[of_day("fax")][-1] = 0
    assert "vanished" not in (told(days).reason or "")


def test_a_label_quiets_a_vanished_value_and_not_the_next():
    days = moved(drawn(8, 80, 1000, SHARES), "fax", "web")
    label = Label(1, "s.orders", LabelKind.EXPECTED, YESTERDAY, YESTERDAY, "ada", utc(2026, 3, 15))
    assert told(days, label).status is Status.SKIPPED
    older = replace(label, first=TODAY - timedelta(days=30), last=TODAY - timedelta(days=30))
    assert told(days, older).status is Status.WARN


def test_a_vanished_value_is_told_for_two_weeks_and_then_is_usual():
    lasting = pace_of(Grain.DAY).lasting
    days = drawn(9, 80, 1000, SHARES)
    assert "vanished" in (told(moved(days, "fax", "web", lasting)).reason or "")
    assert "fax vanished" not in (told(moved(days, "fax", "web", lasting + 1)).reason or "")


def gone_on(days: int, absent: Collection[int], rows_of_value: np.ndarray) -> np.ndarray:
    """On which days a value of 100 rows a day is told to have vanished."""
    counts = rows_of_value.copy()
    counts[list(absent)] = 0
    whole, none = np.full((1, days), 100.0), np.zeros((1, days), dtype=bool)
    return np.flatnonzero(np.isfinite(vanished(counts[None, :] / whole, whole, none, none, pace_of(Grain.DAY))[0]))


def test_a_value_that_came_back_and_goes_again_is_told_once_it_was_there_for_twice_as_long():
    absent = (40, 60, 61, 130)
    assert gone_on(140, absent, np.full(140, 30.0)).tolist() == [40, 130]


def test_a_value_of_one_weekday_never_was_always_there():
    counts = np.where(np.arange(300) % 7 == 4, 100.0, 0.0)
    assert gone_on(300, [], counts).tolist() == []


def test_a_value_whose_rows_come_and_go_together_is_missed_for_longer():
    """A sunny day has many sunny hours, and a day without any is nothing odd."""
    hours = np.random.default_rng(3).choice([3.0, 5.0, 40.0, 72.0], 60)
    assert gone_on(60, [59], np.full(60, hours.mean().round())).tolist() == [59]
    assert gone_on(60, [59], hours).tolist() == []


def test_a_column_of_months_or_versions_has_nothing_that_should_be_there():
    days = drawn(10, 100, 1000, {"v1": 1.0})
    rows = days[ROWS]
    days = {ROWS: rows} | {
        of_day(f"v{n}"): np.where(np.arange(100) // 33 == n, rows, 0.0) for n in range(4)
    }  # the fourth version came today
    assert "learned.shares" not in learned(days)[0]


def test_a_run_tells_of_a_vanished_value_in_the_rest_of_a_dataset():
    """One event over several series is one alert."""
    days = moved(drawn(11, 80, 1000, SHARES), "shop", "web")
    results, remembered = learned(days)
    [alert] = [one for one in remembered.alerts if one.bucket == YESTERDAY]
    assert alert.findings[0].metric == of_day("shop")
    assert {one.metric for one in alert.findings} >= {of_day("shop"), of_day("web")}
    assert [check for check, result in results.items() if result.status is Status.WARN] == ["learned.shares"]


PAID = Metric("true_rate", "paid", Grain.DAY)


def paid(share: float, last: list[float], days: int = 80) -> Result:
    """What is said of a boolean column of 60 rows a day, of which so many are true by chance, after the newest days."""
    rows = np.full(days, 60.0)
    true = np.random.default_rng(4).binomial(60, share, days) / 60
    true[-len(last) :] = last
    return told({ROWS: rows, PAID: true})


@pytest.mark.parametrize(
    ("share", "last", "words"),
    [
        (0.07, [0.0] * 5, "paid = true vanished on 2026-03-14: no rows, usually 6.9 %"),
        (0.93, [1.0] * 5, "paid = false vanished on 2026-03-14: no rows, usually 6.9 %"),
        (0.6, [0.0], "paid = true vanished on 2026-03-14: no rows, usually 59"),
        (0.0, [0.25], "paid = true is new on 2026-03-14: 25 %, never there before"),
        (1.0, [0.75], "paid = false is new on 2026-03-14: 25 %, never there before"),
        (0.6, [0.1], "10 % of the values of paid are true on 2026-03-14, expected between "),
    ],
)
def test_true_and_false_are_the_values_of_a_boolean_column(share: float, last: list[float], words: str):
    result = paid(share, last)
    assert (result.status, result.column) == (Status.WARN, "paid")
    assert (result.reason or "").startswith(words)


def test_what_was_found_of_a_boolean_column_and_what_was_expected_are_about_the_same_value():
    assert [paid(share, last).observed for share, last in ((0.07, [0.0] * 5), (0.93, [1.0] * 5))] == [
        "0 % are true",
        "0 % are false",
    ]
    assert [paid(share, last).observed for share, last in ((1.0, [0.75]), (0.6, [0.1]))] == ["25 % are false", "10 %"]


def test_a_rare_truth_that_is_missing_for_a_day_has_not_vanished():
    assert paid(0.07, [0.0]).status is Status.PASS


def test_nulls_of_a_boolean_column_are_no_rows_that_could_be_true():
    days, share = 80, np.full(80, 0.5)
    share[-3:] = 0.0
    nulls = np.full(days, 0.97)
    few = grid(
        Grain.DAY,
        {
            metric: dict(zip((TODAY - timedelta(days=n) for n in range(days, 0, -1)), line.tolist(), strict=True))
            for metric, line in {
                ROWS: np.full(days, 100.0),
                PAID: share,
                replace(PAID, name="null_rate"): nulls,
            }.items()
        },
        tuple(TODAY - timedelta(days=n) for n in range(days, 0, -1)),
    )
    assert few.rows[few.metrics.index(PAID)] == pytest.approx(3.0)


def test_the_share_of_true_is_measured_by_day_in_the_one_scan_of_every_backend(warehouse: Warehouse):
    table = orders({"a": (40, 30, 20)}, paid=lambda n: [(True, False, None, True)[i % 4] for i in range(n)])
    name = warehouse.load("orders", table.drop_columns("kind"))
    with warehouse.open() as source:
        run = measured(source, name, AT)
    [shares] = [dict(zip(g.metrics, g.values, strict=True))[PAID] for g in run.grids if PAID in g.metrics]
    assert shares[-3:] == pytest.approx([20 / 30, 15 / 23, 10 / 15])
    assert [query.purpose for query in run.queries if "statistics" not in query.purpose] == ["fused"]


# -- rules that leave nothing to chance --------------------------------------------------------------------------------


def quiet(seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Shares and rows of a table in which nothing happens: any number of values, some of them rare, weekends or not."""
    random = np.random.default_rng(seed)
    days = 200
    shares = random.dirichlet(np.full(random.integers(2, 20), 0.5))
    weekend = random.choice([1.0, 0.2])
    sizes = random.poisson(random.choice([30, 300, 3000]) * np.where(np.arange(days) % 7 < 5, 1.0, weekend))
    counts = np.array([random.multinomial(size, shares) for size in sizes], dtype=float).T
    with np.errstate(invalid="ignore"):
        return counts / sizes, np.broadcast_to(sizes.astype(float), counts.shape)


@pytest.mark.slow
def test_nothing_vanishes_and_nothing_is_new_in_sixty_quiet_tables():
    pace = pace_of(Grain.DAY)
    wrong = []
    for seed in range(60):
        values, rows = quiet(seed)
        none = np.zeros(values.shape, dtype=bool)
        gone, new = vanished(values, rows, none, none, pace), newcomers(values, rows, none, none, pace)
        if np.isfinite(gone).any() or new.any():
            wrong.append(seed)
    assert wrong == []


def test_what_comes_later_changes_no_verdict_of_before():
    pace = pace_of(Grain.DAY)
    for seed in range(20):
        values, rows = quiet(seed)
        values = values.copy()
        values[0, 100:120], values[1, :90] = 0.0, 0.0
        none = np.zeros(values.shape, dtype=bool)
        whole = vanished(values, rows, none, none, pace), newcomers(values, rows, none, none, pace)
        cut = slice(None), slice(0, 110)
        part = [rule(values[cut], rows[cut], none[cut], none[cut], pace) for rule in (vanished, newcomers)]
        for one, other in zip(whole, part, strict=True):
            np.testing.assert_array_equal(one[cut], other)


# -- from a table to what people see -----------------------------------------------------------------------------------


def a_quarter(file: Path, *, without: str = "", extra: int = 0) -> None:
    """About 400 orders a day for 100 days in four shops of a chain; of yesterday those of one shop are missing, and
    `extra` ones are of a shop that nobody knew."""
    with duckdb.connect(str(file)) as db:
        db.execute(
            """CREATE OR REPLACE TABLE orders AS
               SELECT TIMESTAMP '2025-12-06' + to_seconds(range * 216) AS ordered_at,
                      ['north', 'south', 'east', 'west'][1 + (hash(range) % 10 // 3)::INT] AS shop,
                      'k-' || range AS code FROM range(40000)"""
        )
        day = "ordered_at::DATE = DATE '2026-03-14'"
        db.execute(f"UPDATE orders SET shop = 'new' WHERE {day} AND hash(code) % 400 < $1", [extra])
        db.execute(f"DELETE FROM orders WHERE {day} AND shop = $1", [without])


def ran(folder: Path) -> tuple[Monitor, RunReport]:
    (folder / "config.toml").write_text('[sources.lake]\nurl = "duckdb://lake.duckdb"\n')
    monitor = Monitor.open(load(folder / "config.toml"), AT, Clock(AT))
    [future], errors = monitor.list_and_start([])
    assert not errors
    return monitor, future.result()


@pytest.mark.slow
def test_a_first_run_names_the_value_that_vanished_and_the_one_that_is_new(tmp_path: Path):
    a_quarter(tmp_path / "lake.duckdb", without="west", extra=30)
    monitor, report = ran(tmp_path)
    try:
        [alert] = monitor.history.alerts("lake.main.orders", since=YESTERDAY)
        named = {one.metric.category: one for one in alert.findings if one.metric.category}
        assert (named["west"].value, named["new"].expected) == (0, 0)
        shares = next(one for one in report.results if one.check == "learned.shares")
        assert "shop = " in (shares.reason or "")
        kept = history_document(monitor, "lake.main.orders", "category_count", "shop")
        assert {point["of"] for point in kept["points"]} == {"north", "south", "east", "west", "new"}
        west = [point["value"] for point in kept["points"] if point["of"] == "west"]
        assert (len(west), west[-2], min(west[:-2]) > 0) == (91, 0, True)
        assert list(monitor.history.known("lake.main.orders").categories) == ["shop"]
    finally:
        monitor.close()


def test_a_backtest_puts_vanished_values_into_shares_and_finds_them(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("checks.backtest.faults.FAULTS", FAULTS[-1:])
    lines = drawn(12, 100, 1000, SHARES)
    buckets = tuple(TODAY - timedelta(days=days) for days in range(100, 0, -1))
    series = {metric: dict(zip(buckets, line.tolist(), strict=True)) for metric, line in lines.items()}
    found = replay([grid(Grain.DAY, series, buckets)], Detection(), (), timedelta(days=20))
    [recall] = injected(found, (), 1)
    assert (recall.fault, recall.series) == ("vanished category", 4)
    assert recall.injected >= 40
    assert recall.found == recall.injected


def metrics(*values: str) -> list[Metric]:
    return [of_day(value) for value in values]


def test_values_of_a_column_that_was_classified_since_are_not_told():
    dataset = Dataset("s", TableName(None, "orders"), classified={"KIND": "restricted"})
    rows = Metric("bucket_rows", grain=Grain.DAY)
    assert named([rows, *metrics("web")], dataset) == [rows]
    assert named(metrics("web"), None) == []
    assert named(metrics("web"), replace(dataset, classified={})) == metrics("web")
    alert = Alert("s.orders", YESTERDAY, Grain.DAY, NOON, tuple(Finding(one, 0, 1, 1, 1, -2) for one in metrics("web")))
    [hidden] = masked([alert], {"s.orders": dataset})
    assert "web" not in sentence(hidden.findings[0], YESTERDAY, Grain.DAY)
    assert masked([alert], {"s.orders": replace(dataset, classified={})}) == [alert]
