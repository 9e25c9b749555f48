"""Dash behind a door of ours: only the paths that exist, only requests that make sense.

Dash lives in an application of its own; this module forwards to it the index of known pages
and Dash's four requests.  So its catch-all (any path is 200), its blocking of the loop with
files and its mute 500s never come to bear.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Mapping
from contextvars import ContextVar
from functools import cache, partial
from typing import cast

import msgspec
import structlog
from dash import Dash, Input, Output, State, dcc, html
from dash.backends._fastapi import FastAPIDashServer
from dash.development.base_component import Component
from dash.fingerprint import check_fingerprint
from fastapi import FastAPI
from sqlalchemy.exc import SQLAlchemyError
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app import access, callbacks, static
from app.bare import Bare
from app.components.document import document
from app.components.shell import shell
from app.context import current_house
from app.discovery import Page, page_at, pages
from app.i18n import _
from app.kept import Choices
from app.policy import nonce
from app.problem import problem, problem_of

#: What a first visit loads of each package.
SUITES = ("dash", "dash_mantine_components", "dash_ag_grid", "plotly")
_NAME_THE_TAB = """(path, titles) => {
  const title = titles[path.replace(/\\/+$/, "") || "/"];
  if (title) document.title = `${title} – Vigie`;
  return dash_clientside.no_update;
}"""
_asked_path: ContextVar[str] = ContextVar("asked_path", default="/")
_kept: ContextVar[Mapping[str, object] | None] = ContextVar("kept", default=None)
_log = structlog.get_logger(__name__)


class Property(msgspec.Struct):
    """One input or state of a callback request."""

    id: str | dict[str, str | int | bool]
    property: str


class CallbackRequest(msgspec.Struct):
    """What Dash's renderer posts."""

    output: str
    changedPropIds: list[str]
    inputs: list[Property | list[Property]] = []
    state: list[Property | list[Property]] = []
    outputs: msgspec.Raw = msgspec.Raw(b"null")


class Cockpit(Dash):  # type: ignore[misc]  # Dash is not typed
    """Dash with our document around it."""

    def interpolate_index(self, **parts: str) -> str:
        page = page_at(_asked_path.get())
        html_page = document()
        if page is not None:
            html_page = html_page.replace(
                "<title>Vigie</title>", f"<title>{_(page.title)} – Vigie</title>"
            )
        for name, part in parts.items():
            html_page = html_page.replace(f"{{%{name}%}}", part)
        return html_page.replace("<script", f'<script nonce="{nonce()}"')


@cache
def cockpit() -> Cockpit:
    """The Dash application with every page's callbacks, ready for its first request.

    One serves every house of a process: it keeps nothing of any.
    """
    # Its socket would be opened by every browser although nothing uses it.
    FastAPIDashServer.websocket_capability = False
    dash = Cockpit(
        "app",
        server=FastAPI(docs_url=None, redoc_url=None, openapi_url=None),
        pages_folder="",
        use_pages=False,
        suppress_callback_exceptions=True,
        add_log_handler=False,
        enable_mcp=False,
        title="Vigie",
        update_title=None,
    )
    pages()
    dash.layout = _layout
    callbacks.attach(dash)
    dash.callback(Output("vigie-page", "children"), Input("vigie-url", "pathname"))(show)
    dash.clientside_callback(
        _NAME_THE_TAB, Output("vigie-titles", "id"), Input("vigie-url", "pathname"),
        State("vigie-titles", "data"), prevent_initial_call=True,
    )  # fmt: skip
    dash._setup_server()
    packages = [name for name in SUITES if name in dash.registered_paths]
    threading.Thread(
        target=static.warm, args=(dash.registered_paths, packages), name="compress", daemon=True
    ).start()
    return dash


def routes(dash: Cockpit) -> list[BaseRoute]:
    """Every path of the cockpit; any other is for the API, or unknown."""
    inner = cast("ASGIApp", dash.server)
    door = CallbackDoor(inner, dash)
    return [
        *(Route(page.path, _door(page, inner), methods=["GET"]) for page in pages()),
        Route("/_dash-layout", Layout(inner), methods=["GET"]),
        Route("/_dash-dependencies", Forward(inner), methods=["GET"]),
        Route("/_dash-update-component", door, methods=["POST"]),
        Route("/_dash-component-suites/{package}/{path:path}", partial(_suite, dash)),
        Route("/assets/{path:path}", _asset),
    ]


def _door(page: Page, inner: ASGIApp) -> ASGIApp:
    return Bare(page) if page.bare else Index(inner)


async def show(pathname: str | None) -> Component:
    """The page of a browser path."""
    page = page_at(pathname)
    if page is None:
        return html.Div([html.H1(_("No such page")), html.A(_("Back to the overview"), href="/")])
    return await asyncio.to_thread(_drawn, page)


def _drawn(page: Page) -> Component:
    """The page, or the one that stands in its place now."""
    shown = next((one for one in pages() if one.instead(page.path)), page)
    return shown.layout()


def _layout() -> Component:
    """The frame with an empty page; nothing at all where nobody asks (Dash does, once)."""
    if (user := access.current()) is None:
        return html.Div()
    titles = {page.path: _(page.title) for page in pages()}
    content = html.Div([
        dcc.Location(id="vigie-url"),
        dcc.Store(id="vigie-titles", data=titles),
        html.Div(id="vigie-page"),
    ])  # fmt: skip
    settings = current_house().settings
    return shell(
        pages(), user, content, zone=settings.zone, kept=_kept.get(), toured=not settings.tour
    )


class Forward:
    """ASGI: hand the request to Dash as it is."""

    def __init__(self, inner: ASGIApp) -> None:
        self._inner = inner

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._inner(dict(scope), receive, send)


class Layout(Forward):
    """ASGI: the frame, with what its user keeps; read beside the loop."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        token = _kept.set(await asyncio.to_thread(_kept_by_user))
        try:
            await super().__call__(scope, receive, send)
        finally:
            _kept.reset(token)


def _kept_by_user() -> Mapping[str, object]:
    """Nothing where the database does not answer: a frame comes all the same."""
    if (user := access.current()) is None:
        return {}
    try:
        return Choices(current_house().database.engine, user.name).all()
    except SQLAlchemyError as error:
        _log.warning("what a user keeps could not be read", error=str(error))
        return {}


class Index(Forward):
    """ASGI: the index page, which Dash knows at ``/`` only."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        token = _asked_path.set(scope["path"])
        try:
            await self._inner({**scope, "path": "/", "raw_path": b"/"}, receive, send)
        finally:
            _asked_path.reset(token)


class CallbackDoor(Forward):
    """ASGI: callbacks that exist, asked as they are declared; their errors as problems."""

    def __init__(self, inner: ASGIApp, dash: Cockpit) -> None:
        super().__init__(inner)
        self._dash = dash

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        body = await request.body()
        if (refusal := self._refusal(request.headers.get("content-type", ""), body)) is not None:
            await refusal(scope, receive, send)
            return
        failed: list[Exception] = []
        token = callbacks.failures.set(failed)
        try:
            await self._inner(dict(scope), _said(body, receive), _unless(failed, send))
        finally:
            callbacks.failures.reset(token)
        if failed:
            await problem_of(failed[0])(scope, receive, send)

    def _refusal(self, kind: str, body: bytes) -> Response | None:
        if not kind.startswith("application/json"):
            return problem(415, "a callback request is application/json")
        try:
            asked = msgspec.json.decode(body, type=CallbackRequest)
        except (msgspec.MsgspecError, RecursionError) as error:
            return problem(422, f"not a callback request: {error}")
        if (declared := self._dash.callback_map.get(asked.output)) is None:
            return problem(404, "no such callback")
        if (len(asked.inputs), len(asked.state)) != (
            len(declared["inputs"]), len(declared["state"])
        ):  # fmt: skip
            return problem(422, "not the inputs that this callback is declared with")
        return None


def _said(body: bytes, receive: Receive) -> Receive:
    messages: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def again() -> Message:
        return messages.pop() if messages else await receive()

    return again


def _unless(failed: list[Exception], send: Send) -> Send:
    """Dash's own words about a failed callback are dropped: ours follow."""

    async def guarded(message: Message) -> None:
        if not failed:
            await send(message)

    return guarded


async def _suite(dash: Cockpit, request: Request) -> Response:
    package = request.path_params["package"]
    path, fingerprinted = check_fingerprint(request.path_params["path"])
    return await static.serve(
        request, _registered(dash, package, path), for_ever=bool(fingerprinted)
    )


def _registered(dash: Cockpit, package: str, path: str) -> Callable[[], static.File]:
    """Finds a file that a component package declared, and no other."""

    def find() -> static.File:
        if path not in dash.registered_paths.get(package, ()):
            raise FileNotFoundError(path)
        return static.suite_file(package, path)

    return find


async def _asset(request: Request) -> Response:
    name = request.path_params["path"]
    # Dash names the moment of the file's change: another file has another address.
    changed = "m" in request.query_params
    return await static.serve(request, lambda: static.asset_file(name), for_ever=changed)
