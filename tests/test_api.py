"""The HTTP API: documents, problems, tokens, names of any kind, and metrics that Prometheus can read."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from urllib.parse import quote

import httpx
import pytest
import uvicorn
from prometheus_client.parser import text_string_to_metric_families
from starlette.applications import Starlette

from checks import answers
from checks.history import HistoryFailed
from checks.records import Delivery, Fate, Message, MessageKind
from connectors import Unreachable
from dashboard import api, process
from tests.monitors import CannedMonitor, Clock, canned, utc

NOON = utc(2026, 3, 15, 12)
AWKWARD = ["a/b", "a.b", "with space", "größe", "表", "100%", "x/measurements", "sample", "q?a=1#z", 'quote"d', "a//b"]
AWKWARD += ["..x", "x/../y"]
JSON = "application/json"
PROBLEM = "application/problem+json"


RULED = """
apiVersion: v3.1.0
kind: DataContract
id: ruled
version: 1.0.0
status: active
servers: [{server: s, type: local, path: tables, format: parquet}]
schema: [{name: orders, quality: [{type: library, metric: rowCount, mustBeGreaterThan: 0}]}]
"""


class Api(httpx.Client):
    """The API of a Monitor on a real server, asked from this machine."""

    monitor: CannedMonitor


@contextmanager
def serving(folder: Path, *tables: str, config: str = "") -> Iterator[Api]:
    monitor = canned(folder, Clock(NOON), *tables, config=config)
    server = uvicorn.Server(uvicorn.Config(Starlette(routes=api.routes()), log_level="warning"))
    with socket.create_server(("127.0.0.1", 0)) as listening, process.holding(monitor):
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
        thread.start()
        try:
            with Api(base_url=f"http://127.0.0.1:{listening.getsockname()[1]}", trust_env=False, timeout=30) as client:
                client.monitor = monitor
                yield client
        finally:  # a test that fails would never end
            server.should_exit = True
            thread.join()


@pytest.fixture(scope="module")
def client(tmp_path_factory) -> Iterator[Api]:
    """Datasets with names of all kinds, all run once."""
    with serving(tmp_path_factory.mktemp("api"), "orders", "users", *AWKWARD) as served:
        assert served.post("/api/runs", json={"datasets": []}).status_code == 200
        yield served


def problem(answer) -> tuple[int, str]:
    """Status and detail of a problem document; fails for anything else."""
    body = answer.json()
    assert answer.headers["content-type"] == PROBLEM
    assert set(body) == {"type", "title", "status", "detail"}
    assert body["status"] == answer.status_code
    return answer.status_code, body["detail"]


# -- documents ---------------------------------------------------------------------------------------------------------


def test_health_tells_whether_the_app_does_its_work(client):
    client.monitor.ticked_at = NOON
    body = client.get("/api/health").json()
    assert (body["status"], body["scheduler_ticked_at"], body["notices"], body["running"]) == (
        "ok",
        "2026-03-15T12:00:00Z",
        [],
        [],
    )
    assert body["history"]["runs"] == len(AWKWARD) + 2


def test_health_is_degraded_with_a_trouble_and_down_without_ticks(client):
    client.monitor.ticked_at = NOON
    client.monitor.troubles["tick"] = "tick: broken"
    answer = client.get("/api/health")
    assert (answer.status_code, answer.json()["status"]) == (200, "degraded")
    assert answer.json()["notices"] == ["tick: broken"]
    client.monitor.troubles.clear()
    client.monitor.ticked_at = utc(2026, 3, 15, 11)
    assert client.get("/api/health").status_code == 503
    client.monitor.ticked_at = None  # not yet, the app has just started
    assert client.get("/api/health").status_code == 200


def test_datasets_are_the_same_document_as_status(client):
    answer = client.get("/api/datasets")
    assert answer.json() == json.loads(json.dumps(answers.status_document(client.monitor.status(None, NOON))))
    assert (answer.headers["content-type"], answer.headers["cache-control"]) == (JSON, "no-store")
    some = client.get("/api/datasets", params=[("name", "users"), ("name", "s.orders")]).json()
    assert [each["name"] for each in some["datasets"]] == ["s.orders", "s.users"]


def test_a_dataset_comes_with_what_is_declared_about_it(client):
    body = client.get("/api/datasets/s.orders").json()
    assert (body["name"], body["health"], body["contract"], body["consumers"]) == ("s.orders", "healthy", None, [])


def test_an_earlier_moment_is_replayed(client):
    before = client.get("/api/datasets/s.orders", params={"at": "2026-03-15T11:00:00Z"}).json()
    assert (before["health"], before["certainty"]) == ("unknown", "never")


def test_measurements_are_one_series(client):
    body = client.get("/api/datasets/orders/measurements?metric=row_count").json()
    assert (body["dataset"], body["metric"], body["unit"]) == ("s.orders", "row_count", "rows")
    assert [point["value"] for point in body["points"]] == [7.0]
    later = client.get("/api/datasets/orders/measurements?metric=row_count&since=2026-03-15T12:00:01Z").json()
    assert later["points"] == []


@pytest.mark.parametrize("table", AWKWARD)
def test_a_name_of_any_kind_is_found(client, table):
    name = quote(f"s.{table}", safe="")
    assert client.get(f"/api/datasets/{name}").json()["name"] == f"s.{table}"
    series = client.get(f"/api/datasets/{name}/measurements", params={"metric": "row_count"}).json()
    assert (series["dataset"], len(series["points"])) == (f"s.{table}", 1)


def test_a_slash_that_was_not_encoded_is_understood_where_it_can_be(client):
    assert client.get("/api/datasets/s.a/b").json()["name"] == "s.a/b"
    assert client.get("/api/datasets/s.a/b/measurements?metric=row_count").json()["dataset"] == "s.a/b"


def test_lineage_is_answered_whole_and_for_a_name_of_any_kind(client):
    body = client.get("/api/lineage").json()
    assert {each["name"] for each in body["nodes"]} == {f"s.{table}" for table in ["orders", "users", *AWKWARD]}
    assert (body["edges"], body["causes"], body["notes"], body["complete"]) == ([], [], [], True)
    for table in AWKWARD:
        one = client.get(f"/api/lineage/{quote(f's.{table}', safe='')}").json()
        assert (one["name"], one["kind"], one["health"]) == (f"s.{table}", "table", "healthy")
    assert client.get("/api/lineage/orders").json()["name"] == "s.orders"


def test_lineage_of_nothing_is_not_found_and_nothing_is_put_there(client):
    status, detail = problem(client.get("/api/lineage/s.ordrs"))
    assert (status, detail.partition(";")[0]) == (404, "there is no dataset 's.ordrs'")
    assert problem(client.get("/api/lineage/"))[0] == 404
    assert problem(client.put("/api/lineage", json={})) == (405, "/api/lineage does not answer to PUT")
    assert problem(client.get("/api/v1/lineage")) == (405, "/api/v1/lineage does not answer to GET")


# -- runs --------------------------------------------------------------------------------------------------------------


def test_runs_are_answered_when_they_have_ended(tmp_path):
    with serving(tmp_path, "orders", "users") as client:
        body = client.post("/api/runs", json={"datasets": ["users"]}).json()
        assert [(run["dataset"], run["outcome"]) for run in body["runs"]] == [("s.users", "finished")]
        assert body["errors"] == []
        assert list(client.monitor.history.runs()["trigger"]) == ["api"]
        past = client.post("/api/runs", json={"datasets": ["users"], "at": "2026-03-01T00:00Z"}).json()
        assert past["runs"][0]["slot"] == "2026-03-01T00:00:00Z"


@pytest.mark.parametrize(
    ("body", "status", "detail"),
    [
        ("{", 400, "the body could not be read as JSON"),
        ("[]", 400, "send an object such as"),
        ("[" * 50_000, 400, "the body could not be read as JSON"),
        ('{"datasets": "users"}', 400, '"datasets" is a list of names'),
        ('{"datasets": [1]}', 400, '"datasets" is a list of names'),
        ('{"datasets": ["nope"]}', 404, "there is no dataset 'nope'"),
        ('{"at": 5}', 400, '"at" is a moment as text'),
        ('{"at": "soon"}', 400, "'soon' is not a moment"),
        ('{"at": "2999-01-01"}', 400, "still to come"),
        ('{"x": "' + "x" * 70_000 + '"}', 413, "the body may have 65,536 bytes"),
    ],
    ids=["broken", "list", "deep", "text", "numbers", "unknown", "number", "soon", "future", "large"],
)
def test_a_body_that_makes_no_sense_is_a_problem(client, body, status, detail):
    found = problem(client.post("/api/runs", content=body, headers={"content-type": JSON}))
    assert (found[0], detail in found[1]) == (status, True), found


@pytest.mark.parametrize("kind", [None, "text/plain", "application/x-www-form-urlencoded", "multipart/form-data"])
def test_only_json_starts_runs_so_that_no_form_of_another_site_can(client, kind):
    answer = client.post("/api/runs", content="{}", headers={"content-type": kind} if kind else {})
    assert problem(answer) == (415, "send JSON with Content-Type: application/json")


# -- problems ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "status", "detail"),
    [
        ("/api/datasets/nope", 404, "there is no dataset 'nope'"),
        ("/api/datasets/", 404, "there is no dataset ''"),
        ("/api/datasets?name=nope", 404, "there is no dataset 'nope'"),
        ("/api/datasets?at=yesterday", 400, "'yesterday' is not a moment"),
        ("/api/datasets?at=2999-01-01", 400, "still to come"),
        ("/api/datasets/orders?at=", 400, "'' is not a moment"),
        ("/api/datasets/orders/measurements", 400, "add ?metric=NAME"),
        ("/api/datasets/orders/measurements?metric=nope", 404, "has no measurements of 'nope'"),
        ("/api/datasets/orders/measurements?metric=row_count&column=x", 404, "of column 'x'"),
        ("/api/datasets/orders/measurements?metric=row_count&since=soon", 400, "'soon' is not a moment"),
        ("/api/datasets/nope/measurements?metric=row_count", 404, "there is no dataset 'nope'"),
        ("/api/datasets/orders/sample", 400, "add ?check=ID"),
        ("/api/datasets/orders/sample?check=x", 422, "has no check 'x'"),
        ("/api/datasets/orders/explain", 400, "add ?metric=NAME&bucket=DAY"),
        ("/api/datasets/orders/explain?metric=bucket_rows", 400, "add ?metric=NAME&bucket=DAY"),
        ("/api/datasets/orders/explain?metric=bucket_rows&bucket=today", 400, "'today' is no day or hour; write for"),
        ("/api/datasets/orders/explain?metric=bucket_rows&bucket=2026-03-14T00:00Z", 400, "a bucket has no time zone"),
        ("/api/datasets/orders/explain?metric=bucket_rows&bucket=2026-03-14", 422, "has no event time that is known"),
        ("/api/datasets/nothing/explain?metric=bucket_rows&bucket=2026-03-14", 404, "nothing"),
        ("/api/datasets/orders/sample?check=x&limit=0", 400, "limit is a whole number from 1 to 1,000"),
        ("/api/datasets/orders/sample?check=x&limit=1001", 400, "limit is a whole number"),
        ("/api/datasets/orders/sample?check=x&limit=many", 400, "limit is a whole number"),
        ("/api/datasets/orders/sample?check=x&limit=%C2%B2", 400, "limit is a whole number"),
        ("/api/labels?dataset=nope", 404, "there is no dataset 'nope'"),
        ("/api/labels?undone=perhaps", 400, "undone is true or false"),
        ("/api/nothing", 404, "there is no /api/nothing"),
        ("/api/runs", 405, "/api/runs does not answer to GET"),
    ],
)
def test_nonsense_is_a_problem_with_a_sentence(client, path, status, detail):
    found = problem(client.get(path))
    assert (found[0], detail in found[1]) == (status, True), found


def test_a_wrong_method_is_a_problem(client):
    assert problem(client.delete("/api/datasets/orders")) == (405, "/api/datasets/orders does not answer to DELETE")


def test_a_label_is_added_told_and_taken_back(client):
    body = {"dataset": "orders", "kind": "expected", "bucket": "2026-03-10", "note": "sale", "to": None}
    answer = client.post("/api/labels", json=body)
    [kept] = answer.json()["labels"]
    assert (answer.status_code, kept["dataset"], kept["author"]) == (201, "s.orders", "somebody at the API")
    assert client.get("/api/labels", params={"dataset": "orders"}).json() == {"labels": [kept]}
    [gone] = client.delete(f"/api/labels/{kept['id']}", params={"author": "eve"}).json()["labels"]
    assert gone["undone_by"] == "eve"
    assert client.get("/api/labels").json() == {"labels": []}
    assert client.get("/api/labels", params={"undone": "true"}).json() == {"labels": [gone]}
    found = problem(client.delete(f"/api/labels/{kept['id']}"))
    assert (found[0], "that could be undone" in found[1]) == (422, True)


@pytest.mark.parametrize(
    ("body", "status", "detail"),
    [
        ({}, 400, "dataset and kind and bucket must be said"),
        ({"dataset": "orders", "kind": "expected", "bucket": 7}, 400, "bucket is text"),
        ({"dataset": "orders", "kind": "expected", "buckets": "x"}, 400, "'buckets' is nothing that a label has"),
        ({"dataset": "orders", "kind": "fine", "bucket": "2026-03-10"}, 422, "kind: 'fine' is not one of"),
        ({"dataset": "nope", "kind": "expected", "bucket": "2026-03-10"}, 404, "there is no dataset 'nope'"),
    ],
)
def test_a_senseless_label_is_a_problem_with_a_sentence(client, body, status, detail):
    found = problem(client.post("/api/labels", json=body))
    assert (found[0], detail in found[1]) == (status, True), found


def test_labels_answer_to_their_own_methods_and_numbers_only(client):
    assert problem(client.delete("/api/labels/x")) == (400, "number of a label is a whole number from 1 to 99,999,999")
    assert problem(client.put("/api/labels", json={}))[0] == 405


@pytest.mark.parametrize(
    ("error", "status", "detail"),
    [
        (Unreachable("s", "connection refused"), 503, "source 's': did not answer: connection refused"),
        (HistoryFailed(Path("h.duckdb"), "No space left"), 503, "No space left"),
        (KeyError("a value of a row"), 500, "KeyError; see the log of the app"),
    ],
)
def test_what_goes_wrong_inside_is_a_problem_and_leaks_nothing(client, monkeypatch, error, status, detail):
    def broken(*_):
        raise error

    monkeypatch.setattr(client.monitor, "status", broken)
    found = problem(client.get("/api/datasets"))
    assert (found[0], detail in found[1], "a value of a row" in found[1]) == (status, True, False)


# -- who may -----------------------------------------------------------------------------------------------------------

TOKEN = {"authorization": "Bearer sesame"}


@pytest.mark.parametrize(
    ("config", "reading", "changing"),
    [
        ("", 200, 200),
        ('[app]\ntoken = "sesame"\n', 200, 401),
        ('[app]\ntoken = "sesame"\naddress = "0.0.0.0"\n', 401, 401),
        ('[app]\nallow_open = true\naddress = "0.0.0.0"\n', 200, 200),
    ],
    ids=["no token", "token on this machine", "token for others", "open to others"],
)
def test_a_token_guards_changes_and_for_others_everything(tmp_path, config, reading, changing):
    with serving(tmp_path, "orders", config=config) as client:
        for path in ("/api/health", "/api/datasets", "/api/datasets/orders", "/metrics", "/api/nothing"):
            assert client.get(path).status_code in ((401,) if reading == 401 else (200, 404))
        assert client.post("/api/runs", json={}).status_code == changing
        for wrong in ("Bearer wrong", "Basic sesame", "sesame", "Bearer", "Bearer sesame2", "Bearer größe"):
            sent = client.post("/api/runs", json={}, headers={"authorization": wrong.encode()})
            assert sent.status_code == changing
        assert client.post("/api/runs", json={}, headers=TOKEN).status_code == 200
        assert client.get("/api/datasets", headers=TOKEN).status_code == 200


def test_without_the_token_a_problem_says_what_to_send(tmp_path):
    with serving(tmp_path, config='[app]\ntoken = "sesame"\n') as client:
        answer = client.post("/api/runs", json={})
        assert problem(answer) == (401, "send the header Authorization: Bearer TOKEN with the token of [app]")
        assert answer.headers["www-authenticate"] == "Bearer"


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", "localhost.evil.example:8501"])
def test_a_site_whose_name_points_to_this_machine_reads_nothing(client, host):
    assert problem(client.get("/api/datasets", headers={"host": host}))[0] == 403
    assert client.get("/api/datasets", headers={"host": "localhost:8501"}).status_code == 200


# -- prometheus --------------------------------------------------------------------------------------------------------


def test_metrics_are_read_by_prometheus_own_parser(client):
    answer = client.get("/metrics")
    families = {family.name: family for family in text_string_to_metric_families(answer.text)}
    assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
    health = {(s.labels["dataset"], s.labels["health"]): s.value for s in families["vitals_dataset_health"].samples}
    assert (health["s.größe", "healthy"], health['s.quote"d', "healthy"], health["s.orders", "failing"]) == (1, 1, 0)
    rows = {sample.labels["dataset"]: sample.value for sample in families["vitals_dataset_rows"].samples}
    assert (rows["s.orders"], len(rows)) == (7.0, len(AWKWARD) + 2)
    ages = {sample.value for sample in families["vitals_dataset_measured_age_seconds"].samples}
    assert ages == {0.0}
    assert families["vitals_history_runs"].samples[0].value == len(AWKWARD) + 2
    assert families["vitals_runs_under_way"].samples[0].value == 0


def test_messages_that_wait_or_were_given_up_are_metrics(tmp_path):
    with serving(tmp_path, "orders", config='[notify.ops]\nurl = "json://ops.example"\n') as client:
        history, now = client.monitor.history, client.monitor.clock()
        ids = ("new", "later", "failed", "dead", "sent")
        due = {"later": now + timedelta(hours=1)}
        history.post([Message(each, "ops", MessageKind.OPENED, 1, now, due.get(each, now)) for each in ids])
        fates = {"failed": Fate.FAILED, "dead": Fate.DEAD, "sent": Fate.SENT}
        again = {"failed": now + timedelta(hours=1)}
        history.post((), [Delivery(each, now, 1, fate, None, again.get(each)) for each, fate in fates.items()])
        text = client.get("/metrics").text
        [channel] = client.get("/api/notifications").json()["channels"]
    assert 'vitals_messages_waiting{channel="ops"} 2.0' in text
    assert 'vitals_messages_dead{channel="ops"} 1.0' in text
    assert channel["waiting"] == 2


def test_objectives_are_answered_and_are_metrics_as_far_as_something_is_known(tmp_path):
    (tmp_path / "contracts").mkdir()
    (tmp_path / "contracts" / "orders.yaml").write_text(RULED)
    with serving(tmp_path, "orders", "users") as client:
        assert "vitals_objective_budget_left_ratio{" not in client.get("/metrics").text
        assert client.get("/api/objectives").json()["objectives"][0]["standing"] == "unknown"
        client.post("/api/runs", json={})
        client.monitor.clock.forward(timedelta(minutes=1))
        [found] = client.get("/api/objectives", params={"name": "ruled"}).json()["objectives"]
        assert (found["dataset"], found["level"], found["state"], found["standing"]) == (
            "s.orders", "quality", "met", "early",
        )  # fmt: skip
        assert client.get("/api/objectives", params={"name": "users"}).json()["objectives"] == []
        assert problem(client.get("/api/objectives", params={"name": "nope"}))[0] == 404
        text = client.get("/metrics").text
    assert 'vitals_objective_attainment_percent{dataset="s.orders",level="quality"} 100.0' in text
    assert 'vitals_objective_budget_left_ratio{dataset="s.orders",level="quality"} 1.0' in text


def test_what_was_never_measured_has_no_age_and_no_rows_in_the_metrics(tmp_path):
    with serving(tmp_path, "orders") as client:
        text = client.get("/metrics").text
    assert 'vitals_dataset_health{dataset="s.orders",health="unknown"} 1.0' in text
    assert 'vitals_dataset_measured_age_seconds{dataset="s.orders"}' not in text
    assert 'vitals_dataset_rows{dataset="s.orders"}' not in text
