"""What probes are told, also while the database hangs: it neither answers nor refuses then."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from psycopg import sql
from starlette.testclient import TestClient

from app.api import health
from app.patience import Patience
from ingest.database import Database


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
