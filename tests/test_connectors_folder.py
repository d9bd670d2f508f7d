"""How a folder of files becomes tables, and what is in them."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import connectors.files
from connectors import DatasetMissing, QueryFailed, TableName, open_source
from connectors.folder import tables_in


def touch(folder: Path, *files: str) -> None:
    for name in files:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).touch()


@pytest.mark.parametrize(
    ("files", "tables"),
    [
        (["flights.parquet", "notes.txt"], ["flights"]),
        (["orders/a.csv", "orders/b.csv.gz"], ["orders"]),
        (["events/day=2026-03-15/hour=1/a.parquet", "events/day=2026-03-16/hour=1/a.parquet"], ["events"]),
        (["events/2026/03/15/a.parquet"], ["events"]),
        (["raw/orders/a.csv", "raw/people/a.csv"], ["raw.orders", "raw.people"]),
        (["_tmp/a.csv", ".git/a.csv", "_SUCCESS.csv", ".a.csv", "empty/_a.csv"], []),
        (["a.parquet", "a.csv", "A.csv.gz"], ["A.csv.gz", "a", "a.csv"]),
        (["both/a.parquet", "both/a.csv"], ["both", "both.csv"]),
    ],
)
def test_a_folder_is_read_as_tables(tmp_path: Path, files: list[str], tables: list[str]) -> None:
    touch(tmp_path, *files)
    assert sorted(f"{t.schema}.{t.name}" if t.schema else t.name for t in tables_in(tmp_path)) == tables


def write(path: Path, **columns: list[object]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.table(columns), path)


def test_a_relative_path_starts_at_the_folder_of_the_configuration(tmp_path: Path) -> None:
    write(tmp_path / "data" / "t.parquet", id=[1])
    for url in ("data", "files://data", f"files://{tmp_path}/data"):
        with open_source("s", url, base=tmp_path) as source:
            assert source.tables() == [TableName(None, "t")]


def test_partitions_are_columns_and_later_files_may_have_more_columns(tmp_path: Path) -> None:
    write(tmp_path / "events" / "day=2026-03-14" / "hour=7" / "a.parquet", id=[1])
    write(tmp_path / "events" / "day=2026-03-15" / "hour=8" / "a.parquet", id=[2], city=["Ulm"])
    with open_source("s", str(tmp_path)) as source:
        types = {column.name: column.type for column in source.columns(TableName(None, "events"))}
        assert types == {"id": "int64", "city": "string", "day": "date", "hour": "int64"}
        rows = source.fetch("SELECT id, city, day, hour FROM events ORDER BY id").rows
        assert rows == [(1, None, date(2026, 3, 14), 7), (2, "Ulm", date(2026, 3, 15), 8)]


def test_files_that_arrive_are_seen_when_the_columns_are_asked_for_again(tmp_path: Path) -> None:
    write(tmp_path / "t" / "a.parquet", id=[1])
    table = TableName(None, "t")
    with open_source("s", str(tmp_path)) as source:
        source.columns(table)
        write(tmp_path / "t" / "b.parquet", id=[2], name=["b"])
        assert source.fetch("SELECT count(*) FROM t").rows == [(1,)]
        assert [column.name for column in source.columns(table)] == ["id", "name"]
        assert source.fetch("SELECT count(*) FROM t").rows == [(2,)]


@pytest.mark.parametrize(("folder", "names"), [("it's [1]", ["x", "x[1]"]), ("plain", ["x", "x1", "x?", "x*", "x[1]"])])
def test_signs_of_patterns_in_names_are_no_patterns(tmp_path: Path, folder: str, names: list[str]) -> None:
    for name in names:
        write(tmp_path / folder / f"{name}.parquet", id=[1])
    with open_source("s", folder, base=tmp_path) as source:
        counts = [source.fetch(f'SELECT count(*) FROM "{table.name}"').rows for table in source.tables()]
    assert counts == [[(1,)]] * len(names)


def test_a_table_in_a_schema_can_be_measured(tmp_path: Path) -> None:
    write(tmp_path / "raw" / "orders" / "a.parquet", id=[1, 2])
    with open_source("s", str(tmp_path)) as source:
        table = source.tables()[0]
        relation = source.relation(table, source.columns(table))
        assert (str(table), source.fetch(source.compile(relation.count())).rows) == ("raw.orders", [(2,)])


def test_the_type_of_a_csv_column_holds_all_of_its_values(tmp_path: Path) -> None:
    rows = [*map(str, range(30_000)), "late surprise"]
    (tmp_path / "t.csv").write_text("v\n" + "\n".join(rows) + "\n")
    with open_source("s", str(tmp_path)) as source:
        assert [column.type for column in source.columns(TableName(None, "t"))] == ["string"]
        assert source.fetch("SELECT count(*) FROM t").rows == [(30_001,)]


def test_a_value_beyond_the_sample_of_a_large_csv_file_is_a_failed_query_that_hides_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connectors.files, "_READ_WHOLE", 0)
    monkeypatch.setattr(connectors.files, "_LARGE_SAMPLE", 2048)
    rows = [*map(str, range(300_000)), "late surprise"]
    (tmp_path / "t.csv").write_text("v\n" + "\n".join(rows) + "\n")
    with open_source("s", str(tmp_path)) as source:
        assert [column.type for column in source.columns(TableName(None, "t"))] == ["int64"]
        with pytest.raises(QueryFailed, match="mend the value") as caught:
            source.fetch("SELECT sum(v) FROM t")
    assert "surprise" not in str(caught.value)


def test_a_broken_file_fails_its_own_table_only(tmp_path: Path) -> None:
    write(tmp_path / "good.parquet", id=[1])
    (tmp_path / "bad.parquet").write_bytes(b"")
    with open_source("s", str(tmp_path)) as source:
        with pytest.raises(QueryFailed, match="dataset 'bad'"):
            source.columns(TableName(None, "bad"))
        assert source.fetch("SELECT count(*) FROM good").rows == [(1,)]


def test_a_file_that_is_deleted_is_missing(tmp_path: Path) -> None:
    write(tmp_path / "t.parquet", id=[1])
    with open_source("s", str(tmp_path)) as source:
        source.columns(TableName(None, "t"))
        (tmp_path / "t.parquet").unlink()
        with pytest.raises(DatasetMissing):
            source.fetch("SELECT sum(id) FROM t")
        with pytest.raises(DatasetMissing):
            source.columns(TableName(None, "t"))


def test_only_a_single_parquet_file_answers_from_statistics(tmp_path: Path) -> None:
    write(tmp_path / "one.parquet", id=[1])
    write(tmp_path / "many" / "a.parquet", id=[1])
    write(tmp_path / "many" / "b.parquet", id=[1])
    with open_source("s", str(tmp_path)) as source:
        one, many = TableName(None, "one"), TableName(None, "many")
        assert (source.answers_from_statistics(one), source.counts_from_statistics(one)) == (True, True)
        assert (source.answers_from_statistics(many), source.counts_from_statistics(many)) == (False, True)
