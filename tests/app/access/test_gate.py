"""Who gets through to what."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from fastapi import APIRouter, FastAPI
from fastapi.routing import APIRoute
from starlette.testclient import TestClient
from starlette.websockets import WebSocketDisconnect

from app.access.accounts import Accounts
from app.access.guard import Flipper, Holding, Viewer
from app.discovery import resources
from app.web import API
from tests.app.conftest import Login


@pytest.fixture
def web(web: FastAPI) -> FastAPI:
    """The application with two resources of the test's own."""

    @web.get("/api/v1/name")
    async def name(user: Viewer) -> str:
        return f"{user.name} is {user.role}"

    @web.post("/api/v1/change")
    async def change(user: Flipper) -> str:
        return user.name

    return web


def test_the_user_reaches_the_handler(log_in: Login) -> None:
    assert log_in("vera").get("/api/v1/name").json() == "vera is viewer"


def test_an_operator_changes_and_a_viewer_does_not(log_in: Login) -> None:
    assert log_in("otto").post("/api/v1/change").json() == "otto"
    refused = log_in("vera").post("/api/v1/change")
    assert refused.status_code == 403
    assert "operator" in refused.json()["detail"]


@pytest.mark.parametrize("token", ["", "0" * 64, "é"])
def test_a_change_without_the_right_csrf_token_is_refused(log_in: Login, token: str) -> None:
    browser = log_in("otto")
    del browser.headers["x-csrftoken"]
    sent = browser.post("/api/v1/change", headers=[(b"x-csrftoken", token.encode())])
    assert sent.status_code == 403


def test_the_csrf_token_of_another_session_is_refused(log_in: Login) -> None:
    browser = log_in("otto")
    browser.headers["x-csrftoken"] = log_in("otto").cookies["_csrf_token"]
    assert browser.post("/api/v1/change").status_code == 403


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "https://evil.example"},
        {"origin": "null"},
        {"origin": "http://["},
        {"sec-fetch-site": "cross-site"},
    ],
)
def test_a_change_from_another_site_is_refused(log_in: Login, headers: dict[str, str]) -> None:
    assert log_in("otto").post("/api/v1/change", headers=headers).status_code == 403


def test_a_login_from_another_site_is_refused(stranger: TestClient) -> None:
    answer = stranger.post(
        "/login", data={"name": "otto"}, headers={"origin": "https://evil.example"}
    )
    assert answer.status_code == 403


def test_a_logout_from_another_site_is_refused(log_in: Login) -> None:
    evil = {"origin": "https://evil.example"}
    assert log_in("vera").post("/logout", headers=evil).status_code == 403


def test_the_button_on_a_customers_site_may_ask_the_hub(stranger: TestClient) -> None:
    elsewhere = {"origin": "https://shop.example"}
    assert stranger.post("/api/v1/hub/offers", json={}, headers=elsewhere).status_code != 403


#: What they ask for depends on the part of the settings (`app.site.changing` asks).
BY_PART = ("/api/v1/settings/{part}", "/api/v1/settings/{part}/preview")


def test_every_change_of_the_api_asks_for_more_than_to_see() -> None:
    changing = [
        (module, route)
        for module in resources()
        for route in getattr(module, "router", APIRouter()).routes
        if isinstance(route, APIRoute) and set(route.methods or ()) - {"GET", "HEAD"}
    ]
    assert changing
    for module, route in changing:
        path = f"{API}{route.path}"
        asked = [each.call for each in route.dependant.dependencies]
        rights = {each.right for each in asked if isinstance(each, Holding)}
        # What changes nothing, or only what the person who asks keeps for themselves.
        reads = path in (*getattr(module, "READING", ()), *getattr(module, "OWN", ()), *BY_PART)
        changes = any(not right.startswith("see") for right in rights)
        assert changes or (rights and reads) or path.startswith(getattr(module, "OPEN", ())), (
            f"{module.__name__} {path}"
        )


def test_a_program_changes_with_a_token_and_without_csrf(
    stranger: TestClient, accounts: Accounts
) -> None:
    token = accounts.new_token("otto", datetime.now(UTC), timedelta(days=1))
    bearer = {"authorization": f"Bearer {token}"}
    assert stranger.post("/api/v1/change", headers=bearer).json() == "otto"


@pytest.mark.parametrize("header", ["Bearer nonsense", "Basic dGVzdDp0ZXN0", "Bearer", "é"])
def test_a_token_that_is_none_is_a_401(stranger: TestClient, header: str) -> None:
    bearer = [(b"authorization", header.encode())]
    assert stranger.get("/api/v1/name", headers=bearer).status_code == 401


def test_a_token_expires(stranger: TestClient, accounts: Accounts) -> None:
    long_ago = datetime.now(UTC) - timedelta(days=2)
    token = accounts.new_token("otto", long_ago, timedelta(days=1))
    bearer = {"authorization": f"Bearer {token}"}
    assert stranger.get("/api/v1/name", headers=bearer).status_code == 401


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/login"])
def test_what_needs_no_name(stranger: TestClient, path: str) -> None:
    assert stranger.get(path).status_code == 200


@pytest.mark.parametrize(
    "path",
    ["/", "/assets/live.js", "/_dash-layout", "/_dash-dependencies", "/metrics", "/openapi.json",
     "/_dash-component-suites/dash/deps/polyfill%407.min.js", "/loginx", "/healthz/", "/nowhere"],
)  # fmt: skip
def test_everything_else_needs_one(stranger: TestClient, path: str) -> None:
    assert stranger.get(path).status_code == 401


def test_a_socket_without_a_session_is_closed_with_4401(stranger: TestClient) -> None:
    with (
        pytest.raises(WebSocketDisconnect) as closed,
        stranger.websocket_connect("/live") as socket,
    ):
        socket.receive_text()
    assert closed.value.code == 4401


@pytest.mark.parametrize("origin", ["https://evil.example", "http://["])
def test_a_socket_opened_by_another_site_is_refused(log_in: Login, origin: str) -> None:
    evil = {"origin": origin}
    with (
        pytest.raises(WebSocketDisconnect) as closed,
        log_in("vera").websocket_connect("/live", headers=evil),
    ):
        pass
    assert closed.value.code == 1008
