"""Drafts of contracts for tables of test warehouses, and what comes of them when they are executed."""

from __future__ import annotations

import io
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pandas as pd
from ruamel.yaml import YAML

from checks.config import Config, SourceConfig
from checks.contracts import Document, load_paths, match
from checks.contracts.inferring import Inferred, Remembered, infer
from checks.contracts.load import read_text
from checks.facts import Facts
from checks.measure import measure
from checks.plan import make_plan
from checks.records import Dataset, Result
from checks.run import judged
from checks.survey import survey
from checks.values import Secret
from connectors import Source, TableName
from tests.measuring import NOTHING_KNOWN, READING, no_other_source

SERVER = {"server": "shop", "type": "custom"}
NOTHING = Remembered()
IBANS = ("NO9386011117947", "DE89370400440532013000", "GB29NWBK60161331926819")


def orders(at: datetime, hours: int = 1200) -> pd.DataFrame:
    """An order an hour until the moment: keys, personal data, few values, numbers, NULLs."""
    moments = [(at - timedelta(minutes=30) - timedelta(hours=hours - 1 - i)).replace(tzinfo=None) for i in range(hours)]
    numbers = range(hours)
    return pd.DataFrame(
        {
            "order_id": list(numbers),
            "sku": [f"SKU-{i:05}" for i in numbers],
            "state": [("open", "paid", "sent")[i % 3] for i in numbers],
            "email": [f"person{i}@example.org" for i in numbers],
            "contact_no": [f"+47{22000000 + i}" for i in numbers],
            "paid_from": [IBANS[i % 3] for i in numbers],
            "first_name": [("Kari", "Ola", "Nils")[i % 3] for i in numbers],
            "country": [("NO", "SE", "DK")[i % 3] for i in numbers],
            "rating": [1 + i % 5 for i in numbers],
            "amount": [10 + (i * 7 % 901) / 4 for i in numbers],
            "discount": [None if i % 20 == 0 else (i % 7) * 2.5 for i in numbers],
            "nothing": pd.Series([None] * hours, dtype=object),
            "ordered_at": moments,
        }
    )


def drafted(source: Source, table: TableName, at: datetime, remembered: Remembered = NOTHING, **more: Any) -> Inferred:
    """The draft for a table; `more` is what is declared of the dataset."""
    source.has_clock = False  # the test's moment counts for a server too
    dataset = Dataset("shop", table, **more)
    return infer(dataset, survey(source, dataset, READING, at), remembered, SERVER)


def properties(draft: Inferred) -> dict[str, dict[str, Any]]:
    """The properties of the draft by name."""
    return {each["name"]: each for each in document(draft).data["schema"][0]["properties"]}


def written_again(text: str) -> str:
    """What ruamel.yaml makes of a draft that it reads and writes."""
    reader = YAML()
    reader.preserve_quotes, reader.width = True, 4096
    reader.indent(mapping=2, sequence=4, offset=2)
    again = io.StringIO()
    reader.dump(reader.load(text), again)
    return again.getvalue()


def document(draft: Inferred) -> Document:
    return read_text(draft.text.encode(), "draft.yaml")


def executed(draft: Inferred, source: Source, at: datetime, folder: Path) -> tuple[list[Any], Sequence[Result]]:
    """What lint and matching say of the draft, and what comes of its checks on the same table."""
    file = folder / "draft.yaml"
    file.write_text(draft.text, encoding="utf-8")
    contracts = load_paths([file])
    config = Config(file=folder / "config.toml", base=folder, sources={"shop": SourceConfig(url=Secret("files://x"))})
    tables = source.tables()
    found = match(contracts, config, {"shop": tables})
    [dataset] = [each for each in found.datasets if each.contract]
    columns, key = source.columns(dataset.table), source.primary_key(dataset.table)
    plan = make_plan(dataset, columns, key, NOTHING_KNOWN, READING, at)
    measured = measure(source, plan, at, no_other_source)
    return [*contracts.findings, *found.findings], judged(dataset, Facts(measured, {}, at), {})
