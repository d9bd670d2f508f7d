"""Events of OpenLineage: as the stock client sends them, and as nobody should."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openlineage.client import OpenLineageClient
from openlineage.client.event_v2 import (
    DatasetEvent,
    InputDataset,
    Job,
    JobEvent,
    OutputDataset,
    Run,
    RunEvent,
    RunState,
    StaticDataset,
)
from openlineage.client.facet_v2 import (
    column_lineage_dataset,
    error_message_run,
    ownership_dataset,
    ownership_job,
    symlinks_dataset,
)
from openlineage.client.transport.http import ApiKeyTokenProvider, HttpCompression, HttpConfig, HttpTransport

from checks.lineage import Kind
from checks.lineage.openlineage import NotAnEvent, read_event
from checks.lineage.told import Told
from checks.records import JobRun, Named
from connectors import TableName
from tests.reports import DAY, HOUR, NINE
from tests.test_api import NOON, Api, problem, serving

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning:openlineage")
RUN = "01948e5e-0000-7000-8000-00000000000"
CONFIG = """
[sources.shop]
url = "postgres://vitals@db.example.com/shop"
[lineage.namespaces]
"postgres://10.0.0.7:5432" = "shop"
"""


@pytest.fixture(scope="module")
def strict(tmp_path_factory) -> Iterator[Api]:
    """An app that is sent what it refuses."""
    with serving(tmp_path_factory.mktemp("strict"), "orders", config=CONFIG) as served:
        yield served


@pytest.fixture
def api(tmp_path) -> Iterator[Api]:
    with serving(tmp_path, "orders", "daily", "board", config=CONFIG) as served:
        yield served


def client_of(api: Api, **more) -> OpenLineageClient:
    return OpenLineageClient(transport=HttpTransport(HttpConfig(url=str(api.base_url), **more)))


def dataset(name: str, kind=InputDataset, **facets):
    return kind("s", name, facets=facets)


JOB = Job("airflow", "etl.daily", facets={"ownership": ownership_job.OwnershipJobFacet([ownership_job.Owner("etl")])})


def run_event(state: RunState, after: timedelta = timedelta(), number: int = 1, job: Job = JOB, **more) -> RunEvent:
    facets = more.pop("facets", {})
    return RunEvent(
        eventTime=(NOON - HOUR + after).isoformat(),
        eventType=state,
        run=Run(f"{RUN}{number}", facets=facets),
        job=job,
        **more,
    )


COLUMNS = column_lineage_dataset.ColumnLineageDatasetFacet(
    fields={
        "total": column_lineage_dataset.Fields(
            [column_lineage_dataset.InputField("s", "orders", field) for field in ("amount", "rate")]
        )
    }
)
OWNERS = ownership_dataset.OwnershipDatasetFacet([ownership_dataset.Owner("team:Data")])


# -- the stock client --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "how",
    [{}, {"endpoint": "api/lineage"}, {"compression": HttpCompression.GZIP}],
    ids=["as it comes", "endpoint", "gzip"],
)
def test_a_run_of_the_stock_client_is_an_edge_with_job_owner_and_columns(api, how):
    client = client_of(api, **how)
    client.emit(run_event(RunState.START, inputs=[dataset("orders")]))
    outputs = [dataset("daily", OutputDataset, columnLineage=COLUMNS, ownership=OWNERS)]
    client.emit(run_event(RunState.COMPLETE, HOUR / 60, inputs=[dataset("orders")], outputs=outputs))

    told = api.get("/api/lineage/s.daily").json()
    [edge] = told["edges"]
    assert (edge["upstream"], edge["downstream"], edge["origin"]) == ("s.orders", "s.daily", "openlineage")
    assert edge["jobs"] == ["etl.daily"]
    assert [(pair["upstream"], pair["downstream"]) for pair in edge["columns"]] == [
        ("amount", "total"),
        ("rate", "total"),
    ]
    assert (told["kind"], told["owner"]) == ("table", "Data")
    assert told["jobs"] == [
        {
            "job": "etl.daily",
            "namespace": "airflow",
            "state": "complete",
            "started_at": "2026-03-15T11:00:00Z",
            "ended_at": "2026-03-15T11:01:00Z",
            "seconds": 60.0,
            "error": None,
        }
    ]
    assert api.get("/api/lineage/s.orders").json()["blast_radius"]["datasets"] == ["s.daily"]


def failed_runs(api: Api, name: str, since: datetime) -> list[JobRun]:
    return api.monitor.lineage_known.failed_runs([name], since, NOON).get(name, [])


def test_a_run_that_failed_is_told_with_its_error_and_is_evidence(api):
    client = client_of(api)
    client.emit(run_event(RunState.COMPLETE, outputs=[dataset("daily", OutputDataset)]))
    error = error_message_run.ErrorMessageRunFacet("no room at postgres://me:secret@db/x\nand more", "PYTHON")
    client.emit(run_event(RunState.START, HOUR / 2, number=2))
    client.emit(run_event(RunState.FAIL, HOUR * 3 / 4, number=2, facets={"errorMessage": error}))

    [job] = api.get("/api/lineage/s.daily").json()["jobs"]
    assert (job["state"], job["seconds"], job["error"]) == ("failed", 900.0, "no room at postgres://***@db/x")
    [failed] = failed_runs(api, "s.daily", NOON - HOUR)
    assert (failed.job, failed.ended_at) == (Named("airflow", "etl.daily"), NOON - HOUR / 4)
    assert failed_runs(api, "s.daily", NOON - HOUR / 8) == []
    assert failed_runs(api, "s.orders", NOON - HOUR) == []


def test_of_a_job_that_writes_one_dataset_at_a_time_a_failed_run_is_of_its_own(api):
    client = client_of(api)
    for number, name in enumerate(("daily", "board")):
        client.emit(run_event(RunState.FAIL, number=number, outputs=[dataset(name, OutputDataset)]))
    assert [run.run_id[-1] for run in failed_runs(api, "s.board", NOON - DAY)] == ["1"]


def test_a_job_that_reads_and_writes_nothing_is_a_consumer(api):
    client = client_of(api)
    client.emit(run_event(RunState.COMPLETE, inputs=[dataset("orders")]))
    told = api.get("/api/lineage/etl.daily").json()
    assert (told["kind"], told["consumer"], told["owner"]) == ("consumer", "job", "etl")
    assert [each["state"] for each in told["jobs"]] == ["complete"]
    assert api.get("/api/lineage/s.orders").json()["blast_radius"]["consumers"] == ["etl.daily"]
    assert api.get("/api/datasets/s.orders").json()["consumers"] == ["etl.daily"]


def test_job_and_dataset_events_tell_without_a_run(api):
    client = client_of(api)
    at = (NOON - 300 * DAY).isoformat()
    client.emit(JobEvent(eventTime=at, job=JOB, inputs=[dataset("orders")], outputs=[dataset("daily", OutputDataset)]))
    links = symlinks_dataset.SymlinksDatasetFacet([symlinks_dataset.Identifier("s", "board", "TABLE")])
    told = StaticDataset("s3://lake", "x/board", facets={"ownership": OWNERS, "symlinks": links})
    client.emit(DatasetEvent(eventTime=at, dataset=told))
    nodes = {each["name"]: each for each in api.get("/api/lineage").json()["nodes"]}
    assert nodes.keys() == {"s.orders", "s.daily", "s.board"}
    assert nodes["s.board"]["owner"] == "Data"
    assert nodes["s.daily"]["jobs"][0]["state"] is None
    assert api.get("/api/lineage/s.daily").json()["upstream"][0]["name"] == "s.orders"


def test_what_runs_told_is_believed_for_a_while_only(api):
    client_of(api).emit(
        run_event(RunState.COMPLETE, inputs=[dataset("orders")], outputs=[dataset("daily", OutputDataset)])
    )
    api.monitor.clock.forward(44 * DAY)
    assert api.get("/api/lineage").json()["edges"]
    api.monitor.clock.forward(2 * DAY)
    assert api.get("/api/lineage").json()["edges"] == []


def test_the_client_needs_the_token_where_there_is_one(tmp_path):
    with serving(tmp_path, "orders", config='[app]\ntoken = "s3cret"\n') as api:
        event = run_event(RunState.START)
        client_of(api, auth=ApiKeyTokenProvider({"api_key": "s3cret"})).emit(event)
        assert len(api.monitor.history.job_runs(NOON)) == 1
        answer = api.post("/api/v1/lineage", json={})
        assert (answer.status_code, answer.headers["www-authenticate"]) == (401, "Bearer")


# -- what is answered --------------------------------------------------------------------------------------------------


def body(**changes) -> dict:
    event = {
        "eventTime": "2026-03-15T11:00:00Z",
        "eventType": "COMPLETE",
        "run": {"runId": "r"},
        "job": {"namespace": "n", "name": "j"},
        "inputs": [{"namespace": "s", "name": "orders"}],
        "outputs": [{"namespace": "postgres://DB.example.com:5432", "name": "shop.public.daily"}],
    }
    return {key: value for key, value in (event | changes).items() if value is not None}


def test_the_answer_says_how_an_event_was_understood_and_the_same_one_is_known(api):
    first, second = (api.post("/api/lineage", json=body()) for _ in range(2))
    assert (first.status_code, second.status_code) == (201, 200)
    assert first.json() == {
        "new": True,
        "datasets": [
            {"namespace": "s", "name": "orders", "dataset": "s.orders", "watched": True},
            {
                "namespace": "postgres://DB.example.com:5432",
                "name": "shop.public.daily",
                "dataset": "shop.public.daily",
                "watched": False,
            },
        ],
        "left_out": [],
    }
    assert second.json() == first.json() | {"new": False}
    assert api.monitor.history.statistics()["lineage_events"] == 1


@pytest.mark.parametrize(
    ("changes", "detail"),
    [
        ({"eventTime": None}, "eventTime is missing"),
        ({"eventTime": "soon"}, "eventTime is no moment; write for example 2026-03-15T12:00:00Z"),
        ({"eventTime": "2026-03-16T12:00:01Z"}, "eventTime is before the year 2000, or more than a day ahead of the"),
        ({"eventTime": "0001-01-01T00:00:00+14:00"}, "eventTime is before the year 2000"),
        ({"eventType": "DONE"}, "eventType is none of START, RUNNING, COMPLETE, ABORT, FAIL, OTHER"),
        ({"eventType": ["START"]}, "eventType is none of"),
        ({"run": None, "job": None}, "an event has a run and its job, or a job, or a dataset; this has none of them"),
        ({"job": None}, "job is missing; a run is the run of a job"),
        ({"run": {}}, "run.runId is missing"),
        ({"run": "r"}, "run is not an object"),
        ({"job": {"namespace": "n"}}, "job.name is missing"),
        ({"inputs": {}}, "inputs is not a list"),
        ({"inputs": [{"namespace": "n", "name": ""}]}, "inputs[0].name is empty, or has characters that are none"),
        ({"outputs": [{"namespace": "n", "name": "\ud800"}]}, "outputs[0].name is empty, or has characters"),
        ({"outputs": [{"namespace": "n", "name": "x" * 1001}]}, "outputs[0].name is longer than 1,000 characters"),
        ({"inputs": [{"namespace": "n", "name": "t"}] * 1001}, "inputs has more than 1,000 datasets"),
    ],
)
def test_what_is_wrong_is_told_with_its_place(strict, changes, detail):
    sent = json.dumps(body(**changes))  # httpx would not write half a character
    answer = strict.post("/api/lineage", content=sent, headers={"content-type": "application/json"})
    status, said = problem(answer)
    assert (status, said[: len(detail)]) == (422, detail)
    assert strict.monitor.history.statistics()["lineage_events"] == 0


@pytest.mark.parametrize(
    ("content", "headers", "status"),
    [
        (b"{", {}, 400),
        (b"[" * 100_000, {}, 400),
        (b"[]", {}, 422),
        (b"{}", {"content-type": "text/plain"}, 415),
        (b"{}", {"content-encoding": "br"}, 415),
        (b"{}", {"content-encoding": "gzip"}, 400),
        (gzip.compress(b"{}" * 100)[:-9], {"content-encoding": "gzip"}, 400),
        (gzip.compress(b" " * 9_000_000), {"content-encoding": "gzip"}, 413),
        (b" " * 9_000_000, {}, 413),
    ],
    ids=["half", "deep", "list", "type", "br", "no gzip", "cut", "bomb", "large"],
)
def test_a_body_that_can_not_be_read_is_a_problem(strict, content, headers, status):
    answer = strict.post("/api/v1/lineage", content=content, headers={"content-type": "application/json"} | headers)
    assert problem(answer)[0] == status


def test_a_facet_that_is_wrong_costs_the_facet_alone(api):
    outputs = [
        {
            "namespace": "s",
            "name": "daily",
            "facets": {
                "columnLineage": {"fields": {"total": {"inputFields": [{"namespace": "s", "name": "orders"}]}}},
                "ownership": {"owners": []},
                "own": 7,
            },
        }
    ]
    answer = api.post("/api/lineage", json=body(eventTime="2026-03-15T11:00:00", outputs=outputs))
    assert answer.status_code == 201
    assert answer.json()["left_out"] == [
        "eventTime has no time zone and was read as UTC",
        "outputs[0].facets.ownership.owners is empty",
        "outputs[0].facets.columnLineage.fields.total.inputFields[0].field is missing",
    ]
    assert len(api.get("/api/lineage").json()["edges"]) == 1


# -- the newer facet of lineage ----------------------------------------------------------------------------------------


def test_the_facet_of_lineage_tells_which_output_is_from_which_input():
    def source(name: str, **more) -> dict:
        return {"namespace": "s", "name": name, "type": "DATASET"} | more

    entries = [
        source("daily", inputs=[source("orders"), {"type": "JOB"}], fields={"d": {"inputs": [source("x", field="c")]}}),
        {"type": "JOB", "inputs": [source("users")]},
    ]
    event = body(job={"namespace": "n", "name": "j", "facets": {"lineage": {"entries": entries}}})
    told = read_event(event, NINE + 365 * DAY).told
    assert told.pairs == ((Named("s", "orders"), Named("s", "daily")),)
    [column] = told.columns
    assert (column.into.name, column.column, column.source.name, column.source_column) == ("daily", "d", "x", "c")
    assert Told.of(told.text()) == told


# -- anything at all ---------------------------------------------------------------------------------------------------

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
NAMES = st.fixed_dictionaries({"namespace": st.text() | JSON, "name": st.text() | JSON})
FACETS = st.dictionaries(
    st.sampled_from(["ownership", "symlinks", "columnLineage", "lineage", "errorMessage"]),
    JSON
    | st.fixed_dictionaries(
        {},
        optional={
            "owners": st.lists(NAMES | JSON, max_size=2),
            "identifiers": st.lists(NAMES | JSON, max_size=2),
            "fields": st.dictionaries(st.text(), st.fixed_dictionaries({"inputFields": st.lists(NAMES)}) | JSON),
            "entries": st.lists(NAMES | JSON, max_size=2),
            "message": st.text() | JSON,
        },
    ),
    max_size=2,
)
WITH_FACETS = st.builds(lambda names, facets: names | {"facets": facets}, NAMES, FACETS | JSON)
DATASETS = st.lists(WITH_FACETS | JSON, max_size=2)
EVENTS = st.fixed_dictionaries(
    {},
    optional={
        "eventTime": st.datetimes().map(lambda at: at.isoformat()) | st.just("2026-03-15T11:00:00+14:00") | JSON,
        "eventType": st.sampled_from(["START", "FAIL", ""]) | JSON,
        "run": st.builds(lambda facets: {"runId": "r", "facets": facets}, FACETS) | JSON,
        "job": st.builds(lambda names, facets: names | {"facets": facets}, NAMES, FACETS) | JSON,
        "dataset": WITH_FACETS | JSON,
        "inputs": DATASETS | JSON,
        "outputs": DATASETS | JSON,
    },
)


@given(EVENTS)
def test_an_event_of_any_kind_is_read_or_refused_with_a_sentence(event):
    try:
        read = read_event(event, NOON)
    except NotAnEvent as error:
        assert str(error).encode()
        return
    assert Told.of(read.event.told) == read.told
    assert read.event.told.encode()
    assert all(each.encode() for each in read.left_out)


@pytest.mark.slow
def test_nonsense_is_never_a_fault_of_ours(tmp_path):
    with serving(tmp_path, "orders", config=CONFIG) as api:

        @given(EVENTS)
        def sends(event):
            answer = api.post("/api/lineage", content=json.dumps(event), headers={"content-type": "application/json"})
            assert answer.status_code in (200, 201, 422), answer.text

        sends()
        assert api.get("/api/lineage").status_code == 200


def test_run_ids_of_the_client_are_kept(api):
    client_of(api).emit(run_event(RunState.START))
    [run] = api.monitor.history.job_runs(NOON)
    assert UUID(run.run_id)


def test_an_event_is_in_the_graph_that_incidents_ask_for_at_once(api):
    known = api.monitor.lineage_known
    assert known.graph(NOON).edges == ()
    assert known.graph(NOON).edges == ()
    client_of(api).emit(
        run_event(RunState.COMPLETE, inputs=[dataset("orders")], outputs=[dataset("daily", OutputDataset)])
    )
    assert [(edge.upstream, edge.downstream) for edge in known.graph(NOON).edges] == [("s.orders", "s.daily")]
    assert known.graph(NOON + 46 * DAY).edges == ()
    tables = (TableName(None, "orders"),)
    api.monitor.catalogue.refresh("s", lambda: tables, NOON)
    assert known.graph(NOON).nodes["s.daily"].kind is Kind.OUTSIDE
