"""Errors as problem documents: what the database does is answered, and goes no further."""

from __future__ import annotations

import psycopg
import pytest
from fastapi import FastAPI
from psycopg.errors import IdleInTransactionSessionTimeout
from sqlalchemy.exc import OperationalError, TimeoutError
from starlette.testclient import TestClient

from app.problem import answer_with_problems


@pytest.mark.parametrize(
    "error",
    [
        TimeoutError("all connections are in use"),
        OperationalError("select 1", {}, Exception("gone")),
        psycopg.OperationalError("gone"),
        IdleInTransactionSessionTimeout("ended"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_a_database_that_is_away_is_answered_with_503(error: Exception) -> None:
    app = FastAPI()
    answer_with_problems(app)

    @app.get("/")
    async def fail() -> None:
        raise error

    answer = TestClient(app).get("/")
    assert answer.status_code == 503
    assert answer.headers["retry-after"] == "5"
    assert answer.json()["detail"].startswith("the database does not answer")
