"""What incidents tell of a column that was classified since they were written."""

from __future__ import annotations

from dataclasses import replace

import pytest

from checks import incident_answers
from checks.incidents.masked import Hidden, cut, masked, masked_evidence
from checks.monitor import Monitor
from checks.notify.channels import Channel
from checks.records import Dataset, EventKind, Message, MessageKind
from checks.values import Secret
from connectors import TableName
from dashboard import load_incidents, process
from tests.incidents import event, incident, symptom
from tests.monitors import Clock, canned, utc

NOON = utc(2026, 3, 15, 12)
CONTRACT = """
apiVersion: v3.1.0
kind: DataContract
id: shop
version: 1.0.0
status: active
servers: [{server: s, type: local, path: tables, format: parquet}]
schema:
  - name: orders
    quality: [{id: enough, type: library, metric: rowCount, mustBeGreaterOrEqualTo: 100, dimension: coverage}]
"""
CLASSIFIED = "    properties: [{name: Kind, logicalType: string, classification: restricted}]\n"
SECRET = "very; secret = thing, and more"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("orders lost rows since 3 Mar: kind = web", "orders lost rows since 3 Mar: kind = •••"),
        ("92 % of them are KIND = a or b; other kinds are normal", "92 % of them are KIND = •••"),
        ("day = Mon and kind = web are gone", "day = Mon and kind = •••"),
        ("mankind = web", "mankind = web"),
        ("kind is NULL in all 12 rows", "kind is NULL in all 12 rows"),
        ("a.b = 1", "a.b = •••"),
        ("axb = 1", "axb = 1"),
    ],
)
def test_a_text_ends_where_a_hidden_value_begins(text, told):
    assert cut(text, frozenset({"kind", "a.b"})) == told
    assert cut(text, frozenset()) == text


def test_another_dataset_with_a_column_of_that_name_hides_nothing_but_what_is_told_of_it():
    orders = Dataset("lake", TableName(None, "orders"), contract="orders")
    people = Dataset("lake", TableName(None, "people"), contract="people", classified={"Kind": "restricted"})
    one = incident(title="orders lost rows: kind = web", cause="all are kind = web")
    found = [{"kind": kind, "sentence": "kind = web", "where": None} for kind in ("rows", "upstream")]
    hidden = Hidden.of({each.name: each for each in (orders, people)})
    assert masked(one, hidden) == one
    told = masked_evidence(event(EventKind.EVIDENCE, evidence=found), one, hidden).about["evidence"]
    assert [each["sentence"] for each in told] == ["kind = web", "kind = •••"]
    gone = replace(one, symptoms=(symptom(replace(one.lead.key, subject="lake.gone"), sentence="kind = web"),))
    assert masked(gone, hidden).title == "orders lost rows: kind = •••"
    assert masked(gone, hidden).lead.sentence == "kind = •••"


def test_what_is_classified_later_is_told_nowhere_any_more(tmp_path):
    """In lists, stories, reports, pages and messages; a note of a person stays."""
    (tmp_path / "contracts").mkdir()
    contract = tmp_path / "contracts" / "shop.yaml"
    contract.write_text(CONTRACT)
    monitor = canned(tmp_path, Clock(NOON), "orders")
    with process.holding(monitor):
        for future in monitor.start([]):
            future.result()
        [known] = incident_answers.incidents(monitor, incident_answers.Wanted())
        because = f"all of the missing rows are kind = {SECRET}"
        told = {"kind": "rows", "sentence": because, "where": None}
        about = {"evidence": [told], "cause": because, "title": f"orders lost rows: kind = {SECRET}"}
        monitor.desk.add(known.id, EventKind.EVIDENCE, about, NOON)
        assert all(SECRET in text for text in told_of(monitor, known.id))
        contract.write_text(CONTRACT.replace("  - name: orders\n", f"  - name: orders\n{CLASSIFIED}"))
        monitor.catalogue.read_contracts()
        leaking = [text for text in told_of(monitor, known.id) if SECRET in text or "kind = •••" not in text]
        assert not leaking
        monitor.desk.act(known.id, incident_answers.action_of("note", "noor", "we know that kind = web"), NOON)
        assert "we know that kind = web" in told_of(monitor, known.id)[1]


def told_of(monitor: Monitor, number: int) -> list[str]:
    """Whatever anybody is told of an incident, without the escapes of Markdown."""
    load_incidents.load.refresh()
    found = [
        incident_answers.incidents_document(monitor, incident_answers.Wanted()),
        incident_answers.one_document(monitor, number),
        incident_answers.report_document(monitor, number)["markdown"],
        load_incidents.incidents(30),
        load_incidents.open_ones(),
        load_incidents.incident(number),
        load_incidents.evidence(number),
        load_incidents.timeline(number),
        *messages(monitor, number),
    ]
    return [str(each).replace("\\", "") for each in found]


def messages(monitor: Monitor, number: int) -> list[object]:
    channel = Channel("mail", Secret("json://127.0.0.1"))
    writer = replace(monitor.sender._writer, channels={"mail": channel}, default=["mail"])
    about = {"told": [{"kind": "opened", "incident": number}]}
    return [
        writer.write(channel, Message("m", "mail", kind, of, NOON, NOON, about), NOON)
        for kind, of in ((MessageKind.OPENED, number), (MessageKind.SUMMARY, None), (MessageKind.DIGEST, None))
    ]
