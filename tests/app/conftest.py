"""Browsers that talk to the web application of the test's own house."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import pytest
from fastapi import FastAPI
from httpx2 import Response
from starlette.testclient import TestClient

from app import callbacks, deliveries
from app.access.accounts import Accounts
from app.bootstrap import House
from app.cockpit import cockpit
from app.patience import Patience
from app.web import create_app
from ingest.database import Database
from tests.found import find_all
from tests.house import PASSWORD

Login = Callable[[str], TestClient]


@pytest.fixture
def own_callbacks(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """What is declared from here on belongs to a cockpit that only this test has."""
    find_all()
    monkeypatch.setattr(callbacks, "_declared", list(callbacks._declared))
    cockpit.cache_clear()
    yield
    cockpit.cache_clear()


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
        # All are answered by the one loop on which the application runs, as they are served.
        browser.portal = stranger.portal
        answer = browser.post("/login", data={"name": name, "password": PASSWORD})
        assert answer.status_code == 303
        browser.headers["x-csrftoken"] = browser.cookies["_csrf_token"]
        return browser

    return open_browser


def without_nonce(answer: Response) -> str:
    """The page without what differs in each answer."""
    return re.sub(r'nonce="[^"]*"', "", answer.text)


@pytest.fixture
def hasty(monkeypatch: pytest.MonkeyPatch, database: Database) -> Iterator[None]:
    """Nobody is waited for longer than a fifth of a second; the last has ended afterwards, and
    before its database does."""
    patiences = [Patience("deliveries", 0.2, 1) for _ in range(2)]
    monkeypatch.setattr(deliveries, "_TAKING", patiences[0])
    monkeypatch.setattr(deliveries, "_SETTLING", patiences[1])
    yield
    for patience in patiences:
        patience.close()
