"""What Prometheus is told: names that stay, labels that no stranger chooses."""

from __future__ import annotations

import logging
import socket
from collections.abc import Iterator
from urllib.request import urlopen

import pytest
import structlog
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import create_engine
from starlette.testclient import TestClient

from app import logs
from app.bootstrap import House
from app.errors import WrongUse
from app.metrics.exposition import exposed, exposition
from app.metrics.house import METRICS, HouseMetrics
from ingest.database import Database
from tests.app.conftest import Login
from tests.app.privacy import canary

#: Dashboards of others are built on these.
LONG_THERE = {
    "vigie_http_responses_total", "vigie_live_viewers", "vigie_live_sequence",
    "vigie_live_as_of_seconds",
}  # fmt: skip

Samples = dict[tuple[str, tuple[tuple[str, str], ...]], float]


def samples(text: str) -> Samples:
    return {
        (one.name, tuple(sorted(one.labels.items()))): one.value
        for family in text_string_to_metric_families(text)
        for one in family.samples
    }


def read(browser: TestClient) -> Samples:
    answer = browser.get("/metrics")
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/plain; version=")
    return samples(answer.text)


@pytest.fixture
def viewer(log_in: Login) -> TestClient:
    return log_in("vera")


def test_how_the_house_stands_is_told(house: House, viewer: TestClient) -> None:
    canary.deliver(house)
    canary.deliver(house)
    found = read(viewer)
    names = {name for name, _ in found}
    assert names >= LONG_THERE - {"vigie_live_as_of_seconds"}
    assert names >= {"process_resident_memory_bytes", "process_cpu_seconds_total"}
    assert found["vigie_database_up", ()] == 1
    outcomes = {
        dict(labels)["outcome"]: value
        for (name, labels), value in found.items()
        if name == "vigie_ingest_records_total" and ("source", "pbx") in labels
    }
    assert outcomes == {"new": 15, "duplicate": 15, "superseded": 0, "quarantined": 0}
    assert found["vigie_quarantine_waiting", (("reason", "bad_record"), ("source", "mails"))] == 6
    assert found["vigie_ingest_lag_seconds", (("source", "pbx"),)] >= 0
    assert found["vigie_outbox_messages", (("state", "dead"),)] == 0


def test_every_table_that_is_asked_is_there(house: House) -> None:
    """One that is named wrongly would be left out without a word."""
    told = exposition(HouseMetrics(house.database)).decode()
    for each in METRICS:
        assert f"# TYPE {each.name}" in told, each.name


def test_routes_are_told_and_never_paths(viewer: TestClient) -> None:
    before = read(viewer)
    for path in ("/healthz", "/api/v1/customers/4711", "/api/v1/typo/canary-path", "/canary-page"):
        viewer.get(path)
    viewer.request("CANARY", "/healthz")
    after = read(viewer)
    routes = {
        dict(labels)["route"] for name, labels in after if name == "vigie_http_requests_total"
    }
    assert "/healthz" in routes
    assert any(route.endswith("/customers/{id}") for route in routes)
    assert not any("canary" in str(labels).lower() or "4711" in str(labels) for _, labels in after)
    healthy = ("vigie_http_requests_total",
               (("method", "GET"), ("route", "/healthz"), ("status", "200")))  # fmt: skip
    assert after[healthy] - before.get(healthy, 0) == 1


def test_a_stranger_is_told_nothing(stranger: TestClient) -> None:
    assert stranger.get("/metrics").status_code == 401


def test_without_a_database_that_is_what_is_told() -> None:
    away = Database("", create_engine("postgresql+psycopg://127.0.0.1:1/nowhere"))
    assert samples(exposition(HouseMetrics(away)).decode())["vigie_database_up", ()] == 0


def test_a_worker_tells_on_a_port_of_its_own(house: House) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(WrongUse, match="--metrics-port"), exposed("127.0.0.1", port):
            raise AssertionError
    address = f"http://127.0.0.1:{port}/metrics"
    with exposed("127.0.0.1", port, HouseMetrics(house.database)), urlopen(address) as answer:
        assert samples(answer.read().decode())["vigie_database_up", ()] == 1


def test_a_request_has_an_id_that_its_proxy_may_choose(stranger: TestClient) -> None:
    mine = stranger.get("/healthz", headers={"x-request-id": "proxy-4711-abc"})
    assert mine.headers["x-request-id"] == "proxy-4711-abc"
    for odd in ("short", "x" * 65, 'a"},{"b":1'):
        theirs = stranger.get("/healthz", headers={"x-request-id": odd}).headers["x-request-id"]
        assert len(theirs) == 32


@pytest.fixture
def root_logger() -> Iterator[logging.Logger]:
    """As it was, afterwards."""
    root = logging.getLogger()
    before, level = root.handlers[:], root.level
    yield root
    root.handlers[:] = before
    root.setLevel(level)
    structlog.reset_defaults()


@pytest.mark.usefixtures("root_logger")
@pytest.mark.parametrize(("asked", "begins"), [("json", "{"), ("text", "20"), ("", "{")])
def test_logs_are_written_as_asked(
    asked: str, begins: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv(logs.FORMAT, asked)
    logs.log_to_stderr()
    logging.getLogger("vigie").warning("a word")
    said = capsys.readouterr().err
    assert said.startswith(begins)
    assert "a word" in said


def test_another_format_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(logs.FORMAT, "xml")
    with pytest.raises(WrongUse, match="set it to json or text"):
        logs.log_to_stderr()
