"""An open house on the test's database, and browsers that talk to its web application."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import quote

import pytest
from fastapi import FastAPI
from psycopg.conninfo import conninfo_to_dict
from starlette.testclient import TestClient

from app.access.accounts import Accounts
from app.bootstrap import House
from app.settings import Settings
from app.web import create_app
from ingest.database import Database
from ingest.store import Store
from kpis.rollup import followers

PASSWORD = "correct horse battery"
SECRET_KEY = "a key of the tests"
Login = Callable[[str], TestClient]


def url_of(database: Database) -> str:
    """The database as VIGIE_DATABASE_URL says it, for commands."""
    known = conninfo_to_dict(database.conninfo)
    names = [name for name in ("host", "port", "user", "password", "dbname") if known.get(name)]
    parts = [f"{name}={quote(str(known[name]), safe='')}" for name in names]
    return "postgresql://?" + "&".join(parts)


@pytest.fixture
def house(database: Database, tmp_path: Path) -> House:
    """A house on the test's own database."""
    settings = Settings(home=tmp_path, secret_key=SECRET_KEY, zone="Europe/Paris")
    return House(settings, database, Store(database, followers(), key=SECRET_KEY.encode()))


@pytest.fixture
def accounts(house: House) -> Accounts:
    """«vera» may look, «otto» may change; both with PASSWORD."""
    accounts = Accounts(house.database.engine)
    accounts.add("vera", "viewer", PASSWORD, datetime.now(UTC))
    accounts.add("otto", "operator", PASSWORD, datetime.now(UTC))
    return accounts


@pytest.fixture
def web(house: House, accounts: Accounts) -> FastAPI:
    """The web application, not yet started."""
    return create_app(house)


@pytest.fixture
def stranger(web: FastAPI) -> Iterator[TestClient]:
    """A browser that is not logged in; the application runs while it lives."""
    with TestClient(web, raise_server_exceptions=False, follow_redirects=False) as client:
        yield client


@pytest.fixture
def log_in(web: FastAPI, stranger: TestClient) -> Login:
    """Opens the browser of a user: logged in, and sending the CSRF header as our pages do."""

    def open_browser(name: str) -> TestClient:
        browser = TestClient(web, raise_server_exceptions=False, follow_redirects=False)
        answer = browser.post("/login", data={"name": name, "password": PASSWORD})
        assert answer.status_code == 303
        browser.headers["x-csrftoken"] = browser.cookies["_csrf_token"]
        return browser

    return open_browser
