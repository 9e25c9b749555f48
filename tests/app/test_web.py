"""What the application answers to the good, the odd and the hostile."""

from __future__ import annotations

import asyncio
import inspect
from collections import Counter
from pathlib import Path

import pytest
from dash import Input, Output, State
from fastapi import FastAPI
from pydantic import BaseModel
from starlette.testclient import TestClient
from starlette.types import Message, Receive, Scope, Send

from app import access, callbacks
from app.access.guard import Flipper, Viewer
from app.border import BODY_LIMIT, Border
from app.cockpit import cockpit
from app.discovery import pages
from app.errors import NotFound, WrongUse
from app.static import ASSETS
from ingest.errors import DatabaseUnavailable
from tests.app.conftest import Login

PAGE = {"accept": "text/html"}
GZIP = {"accept-encoding": "gzip"}


class Body(BaseModel):
    share: float
    why: str


@pytest.fixture
def web(web: FastAPI) -> FastAPI:
    """The application with resources of the test's own that fail in every way."""

    @web.put("/api/v1/echo")
    async def echo(body: Body, _user: Flipper) -> Body:
        return body

    @web.get("/api/v1/fail")
    async def fail(how: str, _user: Viewer) -> None:
        raise {
            "wrong": WrongUse("no channel «fax»;\n there is phone"),
            "missing": NotFound("no switch 7"),
            "database": DatabaseUnavailable("no PostgreSQL answers"),
            "bug": ZeroDivisionError("secret words"),
        }[how]

    return web


@pytest.mark.parametrize(
    ("how", "status"), [("wrong", 422), ("missing", 404), ("database", 503), ("bug", 500)]
)
def test_errors_leave_as_problem_documents(log_in: Login, how: str, status: int) -> None:
    answer = log_in("vera").get("/api/v1/fail", params={"how": how})
    assert answer.status_code == answer.json()["status"] == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert "secret words" not in answer.text
    assert "Traceback" not in answer.text
    assert "\n" not in answer.json()["detail"]


@pytest.mark.parametrize(
    "body",
    [b"{", b"", b"NaN", b'{"share": NaN, "why": "x"}', b'{"share": 1e400, "why": "x"}',
     b'{"share": -Infinity, "why": "x"}', b'{"share": 1, "why": "\\ud800"}', b"\xff\xfe",
     b'{"share": 1, "why": "\xff"}', b"[" * 100_000, b"1" * 5_000, b'{"share": "x", "why": 1}',
     b'{"\\udc00": 1}', b"null", b'{"share": 1}'],
)  # fmt: skip
def test_a_body_that_is_no_good_is_the_senders_fault(log_in: Login, body: bytes) -> None:
    json = {"content-type": "application/json"}
    answer = log_in("otto").put("/api/v1/echo", content=body, headers=json)
    assert answer.status_code in (400, 422)
    assert answer.json()["detail"]


def test_a_good_body_arrives_as_it_was_sent(log_in: Login) -> None:
    sent = {"share": 50.0, "why": "panne réseau 🚧"}
    assert log_in("otto").put("/api/v1/echo", json=sent).json() == sent


def test_half_a_body_is_no_body() -> None:
    """Cut at a good place, half a form or half an unsigned delivery would look whole."""
    arriving = iter([
        {"type": "http.request", "body": b"name=vera", "more_body": True},
        {"type": "http.disconnect"},
    ])  # fmt: skip
    heard: list[Scope] = []
    answered: list[Message] = []

    async def application(scope: Scope, _receive: Receive, _send: Send) -> None:
        heard.append(scope)

    async def receive() -> Message:
        return next(arriving)

    async def send(message: Message) -> None:
        answered.append(message)

    border = Border(application, (), Counter())
    asked = {"type": "http", "scheme": "http", "method": "POST", "path": "/login", "headers": []}
    asyncio.run(border(asked, receive, send))
    assert heard == []
    assert answered[0]["status"] == 400


def test_ten_megabytes_stay_outside(log_in: Login) -> None:
    browser = log_in("otto")
    assert browser.put("/api/v1/echo", content=b" " * 10_000_000).status_code == 413
    in_pieces = browser.put("/api/v1/echo", content=(b" " * BODY_LIMIT for _piece in range(3)))
    assert in_pieces.status_code == 413
    assert browser.get("/metrics").status_code == 200


def test_a_compressed_body_is_not_unpacked(log_in: Login) -> None:
    packed = {"content-encoding": "gzip", "content-type": "application/json"}
    answer = log_in("otto").put("/api/v1/echo", content=b"\x1f\x8b", headers=packed)
    assert answer.status_code == 415


@pytest.mark.parametrize(
    "path", ["/nowhere", "/api/v1/typo", "/_dash-typo", "/assets/typo.js", "/assets/../web.py",
             "/assets/%2e%2e/web.py", "/_dash-component-suites/os/path.py", "/_alive", "/_mcp",
             "/_reload-hash", "/docs/oauth2-redirect"],
)  # fmt: skip
def test_an_unknown_path_is_a_404(log_in: Login, path: str) -> None:
    browser = log_in("vera")
    assert browser.get(path).status_code == 404
    as_person = browser.get(path, headers=PAGE)
    assert as_person.status_code == 404


def test_a_wrong_method_is_a_405_that_names_the_right_one(log_in: Login) -> None:
    answer = log_in("otto").put("/healthz")
    assert answer.status_code == 405
    assert answer.json()["detail"] == "this path takes GET"


def test_a_path_of_the_api_that_is_not_there_says_where_they_are_listed(log_in: Login) -> None:
    assert "/docs" in log_in("otto").get("/api/v1/typo").json()["detail"]


@pytest.mark.parametrize("kind", ["text/plain", "application/xml", "multipart/form-data"])
def test_the_api_takes_json_only(log_in: Login, kind: str) -> None:
    good = b'{"share": 1, "why": "x"}'
    answer = log_in("otto").put("/api/v1/echo", content=good, headers={"content-type": kind})
    assert answer.status_code == 415
    assert "application/json" in answer.json()["detail"]


def test_every_page_is_served_with_its_title(log_in: Login) -> None:
    browser = log_in("vera")
    assert pages()
    for page in pages():
        answer = browser.get(page.path, headers=PAGE | {"accept-language": "en"})
        assert answer.status_code == 200
        assert f"<title>{page.title} – Vigie</title>" in answer.text
        assert '<html lang="en">' in answer.text


def test_answers_carry_the_security_headers(log_in: Login, stranger: TestClient) -> None:
    for answer in (log_in("vera").get("/", headers=PAGE), stranger.get("/login")):
        policy = answer.headers["content-security-policy"]
        assert "frame-ancestors 'none'" in policy
        assert "http" not in policy
        assert "unsafe" not in policy.replace("style-src-attr 'unsafe-hashes' 'sha256-", "")
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["referrer-policy"] == "same-origin"
        assert answer.headers["cache-control"] == "no-store"


def test_no_page_speaks_of_another_host(log_in: Login, stranger: TestClient) -> None:
    for answer in (log_in("vera").get("/", headers=PAGE), stranger.get("/login")):
        assert "https://" not in answer.text.replace("https://dash-version.plotly.com", "")


def test_scripts_are_compressed_and_kept_by_the_browser(log_in: Login) -> None:
    browser = log_in("vera")
    index = browser.get("/", headers=PAGE).text
    scripts = [part.split('"')[0] for part in index.split('src="')[1:]]
    assert any("dash_mantine_components" in script for script in scripts)
    for script in scripts:
        answer = browser.get(script, headers=GZIP)
        assert answer.status_code == 200
        assert len(answer.content) < 600 or answer.headers["content-encoding"] == "gzip"


def test_a_file_that_the_browser_has_is_not_sent_again(log_in: Login) -> None:
    browser = log_in("vera")
    index = browser.get("/", headers=PAGE).text
    files = [part.split('"')[0] for part in index.split('src="')[1:]]
    kept = ("/assets/live.js", "/_dash-component-suites/plotly/package_data/plotly.min.js", *files)
    for path in kept:
        first = browser.get(path)
        again = browser.get(path, headers={"if-none-match": first.headers["etag"]})
        assert (first.status_code, again.status_code, again.content) == (200, 304, b"")
        other = browser.get(path, headers={"if-none-match": 'W/"other"'})
        assert other.content == first.content
    assert "immutable" in browser.get(files[-1]).headers["cache-control"]
    assert browser.get("/assets/live.js").headers["cache-control"] == "no-cache"


def test_our_assets_are_served(log_in: Login) -> None:
    browser = log_in("vera")
    for path in Path(ASSETS).glob("*.js"):
        assert browser.get(f"/assets/{path.name}").text == path.read_text()


def test_the_frame_knows_who_looks(log_in: Login) -> None:
    frame = log_in("vera").get("/_dash-layout")
    assert frame.status_code == 200
    assert "vera" in frame.text
    assert "vigie-page" in frame.text


def test_a_callback_renders_the_page_of_a_path(log_in: Login) -> None:
    answer = log_in("vera").post("/_dash-update-component", json=_showing("/"))
    assert answer.status_code == 200
    assert "vigie-page" in answer.json()["response"]


def test_a_callback_without_the_csrf_token_is_refused(log_in: Login) -> None:
    browser = log_in("otto")
    del browser.headers["x-csrftoken"]
    assert browser.post("/_dash-update-component", json=_showing("/")).status_code == 403


@pytest.mark.parametrize(
    ("change", "status"),
    [({"output": "nothing.here"}, 404), ({"inputs": []}, 422), ({"inputs": 7}, 422),
     ({"output": None}, 422), ({"inputs": [{"id": "x"}]}, 422), ({"state": ["x"]}, 422)],
)  # fmt: skip
def test_a_callback_made_by_hand_is_answered_in_order(
    log_in: Login, change: dict[str, object], status: int
) -> None:
    answer = log_in("vera").post("/_dash-update-component", json=_showing("/") | change)
    assert answer.status_code == status


def test_every_callback_is_a_coroutine(web: FastAPI) -> None:
    registered = {
        output: declared["callback"]
        for output, declared in cockpit().callback_map.items()
        if "callback" in declared
    }
    assert registered
    for output, function in registered.items():
        assert inspect.iscoroutinefunction(function), output


def test_a_blocking_callback_cannot_be_declared() -> None:
    with pytest.raises(TypeError, match="async def"):

        @callbacks.callback(Output("a", "children"), Input("b", "value"))  # type: ignore[arg-type]
        def blocking(value: str) -> str:
            return value


class TestACallbackThatNeedsAnOperator:
    """Posted by hand, past the page that would not have shown the button."""

    @pytest.fixture(autouse=True)
    def declared(self, own_callbacks: None) -> None:
        @callbacks.callback(
            Output("done", "children"), Input("press", "n_clicks"), State("why", "value")
        )
        async def change(_clicks: int, why: str) -> str:
            user = access.require("flip")
            if why == "bug":
                raise ZeroDivisionError("secret words")
            return f"{user.name}: {why}"

    @pytest.mark.parametrize(
        ("name", "why", "status"), [("otto", "test", 200), ("vera", "test", 403),
                                    ("otto", "bug", 500)],
    )  # fmt: skip
    def test_asks_who_it_is(self, log_in: Login, name: str, why: str, status: int) -> None:
        body = {
            "output": "done.children",
            "outputs": {"id": "done", "property": "children"},
            "inputs": [{"id": "press", "property": "n_clicks", "value": 1}],
            "state": [{"id": "why", "property": "value", "value": why}],
            "changedPropIds": ["press.n_clicks"],
        }
        answer = log_in(name).post("/_dash-update-component", json=body)
        assert answer.status_code == status
        assert "secret words" not in answer.text
        if status == 200:
            assert "otto: test" in answer.text


def _showing(path: str) -> dict[str, object]:
    return {
        "output": "vigie-page.children",
        "outputs": {"id": "vigie-page", "property": "children"},
        "inputs": [{"id": "vigie-url", "property": "pathname", "value": path}],
        "changedPropIds": ["vigie-url.pathname"],
    }


def test_the_api_is_described_to_who_is_logged_in_and_from_here_only(log_in: Login) -> None:
    page = log_in("vera").get("/docs")
    assert page.status_code == 200
    assert "/api/v1/stream" in page.text
    assert "cdn" not in page.text
