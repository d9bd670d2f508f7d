"""Every kind of rule on a real DuckDB and a real PostgreSQL: a table that satisfies it, one that breaks it and one that
can not be measured give pass, fail and not evaluated; a warehouse that does not answer never gives a fail.

The kinds are those of the code's own registries, so that a new kind fails here until it has a case.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, get_args

import psycopg
import pyarrow as pa
import pytest
import stamina
import yaml

from checks.config import load
from checks.contracts import declared, load_folder
from checks.contracts.custom import KINDS, METRICS
from checks.contracts.custom_aggregate import FUNCTIONS as AGGREGATES
from checks.contracts.custom_reconcile import FUNCTIONS as RECONCILED
from checks.contracts.expectations import KEYWORDS
from checks.contracts.inside import COMPARED_TYPES
from checks.contracts.levels.agreements import READERS
from checks.contracts.options import OPTIONS
from checks.contracts.rules import ON_COLUMN, ON_TABLE
from checks.formats import library
from checks.history import History, Known
from checks.measure import measure
from checks.paths import Part
from checks.plan import make_plan
from checks.records import Dataset, Expectation, Measured, Operator, Result, RunReport, SequenceKind, Status
from checks.run import Slot, run
from connectors import open_source
from tests.measuring import NOTHING_KNOWN, READING, no_other_source
from tests.nasty import AT
from tests.rule_cases import (
    BAD_DAYS,
    CASES,
    GOOD_DAYS,
    KEYS,
    RUNS,
    Case,
    schema_object,
    service_levels,
    table,
)
from tests.warehouses import DuckDBFile, PostgresDatabase, Warehouse

NOT_EVALUATED = {Status.ERROR, Status.UNREACHABLE, Status.LEARNING, Status.SKIPPED}
TABLES = ("good", "bad", "bare", "broken")
#: a view that is there, and whose query fails
BROKEN_VIEW = 'CREATE VIEW {schema}.broken AS SELECT * FROM {schema}.good WHERE CAST("property_required" AS int) > 0'
DEAD = {"duckdb": "duckdb://nowhere.duckdb", "postgres": "postgres://nobody:secret@127.0.0.1:1/none"}


def kinds() -> set[str]:
    """Every kind of rule that the code knows."""
    by_registry: dict[str, Iterable[str]] = {
        "property": KEYWORDS,
        "logicalType": COMPARED_TYPES,
        "inside": ["properties", *(part.value for part in Part)],
        "option": {*OPTIONS, "format"},
        "format": {*library(), "not-in-the-future"},
        "library": ON_COLUMN,
        "library of tables": ON_TABLE,
        "operator": Operator,
        "sql": ("number", "boolean"),
        "custom": KINDS.keys() - {"metric", "aggregate", "sequence", "reconcile"},  # which have kinds of their own
        "metric": METRICS,
        "aggregate": AGGREGATES,
        "sequence": SequenceKind,
        "reconcile": RECONCILED,
        "level": READERS,
    }
    named = {f"{registry}: {kind}" for registry, found in by_registry.items() for kind in found}
    return named | {"physicalType", "severity", "enum", "primaryKey", "relationship"}


def test_every_kind_of_rule_has_a_case():
    assert {case.kind for case in CASES} == kinds()
    assert len({case.kind for case in CASES}) == len(CASES)


@dataclass(frozen=True)
class Told:
    """What the runs of one warehouse have said, by table and check."""

    kind: str
    datasets: dict[str, Dataset]
    reports: dict[str, RunReport]

    def of(self, name: str, case: Case) -> list[Result]:
        check = case.check
        found = [result for result in self.reports[name].results if result.check == check]
        assert found, f"{check} was not judged"
        return found

    def words(self, name: str, case: Case) -> str:
        """For a test that fails: what was found, and why."""
        return "; ".join(f"{each.status}: {each.observed} {each.reason}" for each in self.of(name, case))

    def statuses(self, name: str, case: Case) -> set[Status]:
        return {result.status for result in self.of(name, case)}


@pytest.fixture(scope="module")
def _postgres(postgres_url: str) -> Callable[[Path], Warehouse]:
    def made(_: Path) -> Warehouse:
        with psycopg.connect(postgres_url, autocommit=True) as connection:
            connection.execute("CREATE DATABASE rule_kinds")
        return PostgresDatabase(postgres_url.replace("/postgres?", "/rule_kinds?"))

    return made


@pytest.fixture(scope="module", params=["duckdb", pytest.param("postgres", marks=pytest.mark.slow)])
def told(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Told]:
    """All cases run as the app runs them: declared by a contract, measured, judged, remembered."""
    folder = tmp_path_factory.mktemp(request.param)
    make = DuckDBFile if request.param == "duckdb" else request.getfixturevalue("_postgres")
    warehouse = make(folder)
    warehouse.load("keys", KEYS)
    warehouse.load("good", table(GOOD_DAYS, good=True))
    warehouse.load("bad", table(BAD_DAYS, good=False))
    warehouse.load("bare", pa.table({"other": [1, 2]}))
    warehouse.run(BROKEN_VIEW.format(schema="main" if warehouse.kind == "duckdb" else "public"))
    datasets = contracted(folder, warehouse)
    with stamina.set_testing(True), History.open(folder / "history.duckdb", AT) as history:
        reports = {name: ran(warehouse, datasets[name], history) for name in TABLES}
        reports["unreachable"] = run(datasets["good"], Slot(AT, AT), history, unreachable(warehouse))
    yield Told(warehouse.kind, datasets, reports)


def contracted(folder: Path, warehouse: Warehouse) -> dict[str, Dataset]:
    """The datasets by table, each as its contract declares it."""
    (folder / "contracts").mkdir()
    (folder / "config.toml").write_text(f'[detection]\non = false\n[sources.shop]\nurl = "{warehouse.url}"\n')
    for name in TABLES:
        head = {"apiVersion": "v3.2.0", "kind": "DataContract", "id": name, "version": "1.0.0", "status": "active"}
        schema = [schema_object(name, warehouse.kind)]
        whole = head | {"schema": schema, "slaProperties": service_levels(good=name != "bad")}
        (folder / "contracts" / f"{name}.yaml").write_text(yaml.safe_dump(whole, sort_keys=False))
    contracts, config = load_folder(folder / "contracts"), load(folder / "config.toml", {})
    wrong = [str(finding) for finding in contracts.findings if finding.level != "info"]
    assert not wrong
    with warehouse.open() as source:
        found = declared(contracts, config, {"shop": source.tables()})
    return {dataset.table.name: dataset for dataset in found}


def ran(warehouse: Warehouse, dataset: Dataset, history: History) -> RunReport:
    """The run of a dataset, after a dozen earlier ones: of `good` all went well, of `bad` each found a rule broken or
    did not reach the warehouse; of the others nothing is known."""
    if dataset.table.name not in ("good", "bad"):
        return run(dataset, Slot(AT, AT), history, lambda _: measured(warehouse, dataset))
    once = measured(warehouse, dataset)
    broken = [check for check in dataset.checks if check.id == "property_column.column"]
    earlier = replace(once, grids=())  # that rule needs no measurement, and writing them all takes most of the time
    for number, ago in enumerate(RUNS):
        is_away = dataset.table.name == "bad" and number >= 10
        answer = unreachable(warehouse) if is_away else lambda _: earlier
        run(replace(dataset, checks=tuple(broken)), Slot(AT - ago, AT - ago), history, answer)
    return run(dataset, Slot(AT, AT), history, lambda _: once)


def measured(warehouse: Warehouse, dataset: Dataset) -> Measured:
    with warehouse.open() as source:
        source.has_clock = False  # the test's moment counts for a server too
        columns, key = source.columns(dataset.table), source.primary_key(dataset.table)
        plan = make_plan(dataset, columns, key, NOTHING_KNOWN, READING, AT)
        return measure(source, plan, AT, no_other_source)


def unreachable(warehouse: Warehouse) -> Callable[[Known], Any]:
    def ask(_: Known) -> Any:
        with open_source("shop", DEAD[warehouse.kind], timeout=5.0):
            raise AssertionError("there is no such warehouse")

    return ask


# -- the promise of each kind ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.kind.replace(": ", "-").replace(" ", "-"))
def test_a_kind_of_rule(told: Told, case: Case):
    """Satisfied it passes, broken it fails; what can not be measured is not evaluated, and says why. A table without
    what the rule is about tells nothing, unless the columns themselves are the promise, or nothing of them is."""
    assert told.statuses("good", case) == {Status.PASS}, told.words("good", case)
    assert (Status.WARN if case.warns else Status.FAIL) in told.statuses("bad", case), told.words("bad", case)
    assert told.statuses("broken", case) <= NOT_EVALUATED, told.words("broken", case)
    assert all(result.reason for result in told.of("broken", case))
    assert (told.statuses("bare", case) <= NOT_EVALUATED) is not case.bare, told.words("bare", case)
    assert told.statuses("unreachable", case) == {Status.UNREACHABLE}


# -- that nothing is left out ------------------------------------------------------------------------------------------


def test_every_expectation_is_made_by_one_of_the_cases(told: Told):
    def classes(union: Any) -> set[type]:
        return {cls for member in get_args(union) for cls in (classes(member) or {member})}

    assert {type(check.expects) for check in told.datasets["good"].checks} == classes(Expectation)


def test_every_check_of_the_contract_is_judged_and_only_the_bad_table_objects(told: Told):
    wrong = {Status.FAIL, Status.WARN, Status.NO_DATA}
    assert {result.check for result in told.reports["good"].results if result.status in wrong} == set()
    assert {check.id for check in told.datasets["good"].checks} <= {each.check for each in told.reports["good"].results}


def test_each_table_costs_one_scan_of_what_can_be_fused(told: Told):
    queries = told.reports["good"].queries
    assert [query.purpose for query in queries].count("fused") == 1
