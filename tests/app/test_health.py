"""What probes are told, also while the database hangs: it neither answers nor refuses then."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import pytest
from httpx2 import Response
from psycopg import sql
from starlette.testclient import TestClient

from app.access.accounts import Accounts
from app.api import health
from app.bootstrap import House
from app.patience import Patience
from ingest.connector import Source
from ingest.database import Database
from ingest.events import Event
from tests.app.conftest import Login


@contextmanager
def hanging(database: Database, table: str) -> Iterator[None]:
    """Whoever reads the table waits; so does a hung server, for every table."""
    with database.connect() as connection:
        lock = sql.SQL("lock table {} in access exclusive mode").format(sql.Identifier(table))
        connection.execute(lock)
        yield
        connection.rollback()


@pytest.fixture
def hasty(monkeypatch: pytest.MonkeyPatch, database: Database) -> Iterator[None]:
    """Probes that wait a fifth of a second; the last one is over before the database goes."""
    patience = Patience("readyz", 0.2, 1)
    monkeypatch.setattr(health, "_PATIENCE", patience)
    yield
    patience.close()


@pytest.mark.parametrize("path", ["/healthz", "/readyz"])
def test_a_load_balancer_may_ask_with_head(stranger: TestClient, path: str) -> None:
    answer = stranger.head(path)
    assert (answer.status_code, answer.content) == (200, b"")


@pytest.mark.usefixtures("hasty")
def test_while_the_database_hangs_we_are_up_but_not_ready(
    stranger: TestClient, database: Database
) -> None:
    with hanging(database, "alembic_version"):
        waiting = stranger.get("/readyz")
        assert stranger.get("/readyz").status_code == 503
        assert stranger.get("/healthz").status_code == 200
    assert waiting.status_code == 503
    assert waiting.headers["retry-after"]
    assert "does not answer" in waiting.json()["detail"]


@pytest.fixture
def talking(house: House) -> None:
    """A source that has just told something."""
    now = datetime.now(UTC)
    event = Event(event_id="1", occurred_at=now, kind="queued", contact_id="1", channel="phone")
    house.store.write(Source("pbx-paris", "simulator"), [event], now=now)


@pytest.mark.parametrize("headers", [{}, {"accept": "*/*"}, {"accept": "text/plain"}])
def test_a_probe_is_told_in_one_word(stranger: TestClient, headers: dict[str, str]) -> None:
    answer = stranger.get("/readyz", headers=headers)
    assert (answer.status_code, answer.text) == (200, "ready\n")


@pytest.mark.usefixtures("talking")
@pytest.mark.parametrize("path", ["/readyz", "/readyz?format=json"])
def test_a_stranger_learns_no_name_of_a_source(stranger: TestClient, path: str) -> None:
    answer = stranger.get(path, headers={"accept": "application/json"})
    assert answer.json() == {"status": "ready"}


@pytest.mark.usefixtures("talking")
def test_whoever_is_known_learns_how_every_source_stands(
    log_in: Login, house: House, stranger: TestClient
) -> None:
    def sources(answer: Response) -> list[dict[str, object]]:
        assert answer.json()["status"] == "ready"
        return list(answer.json()["sources"])

    (row,) = sources(log_in("vera").get("/readyz?format=json"))
    assert (row["source"], row["state"], row["error"], row["astray"]) == (
        "pbx-paris", "live", None, 0,
    )  # fmt: skip
    assert row["today"] == {
        "received": 1, "new": 1, "duplicate": 0, "superseded": 0, "quarantined": 0,
    }  # fmt: skip
    token = Accounts(house.database.engine).new_token("vera", datetime.now(UTC), timedelta(days=1))
    bearer = {"authorization": f"Bearer {token}", "accept": "application/json"}
    (same,) = sources(stranger.get("/readyz", headers=bearer))
    assert same["source"] == "pbx-paris"


def test_a_token_that_is_not_valid_is_refused(stranger: TestClient) -> None:
    bearer = {"authorization": "Bearer wrong"}
    assert stranger.get("/readyz?format=json", headers=bearer).status_code == 401
    assert stranger.get("/readyz", headers=bearer).status_code == 200


@pytest.mark.usefixtures("hasty", "talking")
def test_sources_that_cannot_be_read_in_time_are_not_ready(
    log_in: Login, database: Database
) -> None:
    viewer = log_in("vera")
    with hanging(database, "ledger"):
        assert viewer.get("/readyz?format=json").status_code == 503
