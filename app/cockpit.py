"""Dash behind a door of ours: only the paths that exist, only requests that make sense.

Dash lives in an application of its own; this module forwards to it the index of known pages
and Dash's four requests.  So its catch-all (any path is 200), its blocking of the loop with
files and its mute 500s never come to bear.
"""

from __future__ import annotations

import asyncio
import re
import threading
from collections.abc import Callable, Iterable, Mapping
from contextvars import ContextVar
from functools import cache, partial
from typing import cast

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
from starlette.types import ASGIApp, Receive, Scope, Send

from app import access, bundles, callbacks, early, libraries, static
from app.bare import Bare
from app.callback_door import CallbackDoor, Forward
from app.components.document import document
from app.components.shell import shell
from app.components.still import settled
from app.context import current_house
from app.discovery import Page, page_at, pages
from app.i18n import _
from app.kept import Choices
from app.policy import nonce

#: What a first visit loads of each package.
SUITES = ("dash", "dash_mantine_components", "dash_ag_grid")
#: What Dash would let every browser read although no page needs it, or few (``assets/grid.js``).
_NOT_NOW = ("/deps/polyfill@", "/dash_table/", "/dash_ag_grid/")
_SCRIPT = re.compile(r"<script.*?</script>", re.DOTALL)
_NAME_THE_TAB = """(path, titles) => {
  const title = titles[path.replace(/\\/+$/, "") || "/"];
  if (title) document.title = `${title} – Vigie`;
  return dash_clientside.no_update;
}"""
_asked_path: ContextVar[str] = ContextVar("asked_path", default="/")
_kept: ContextVar[Mapping[str, object] | None] = ContextVar("kept", default=None)
_log = structlog.get_logger(__name__)


class Cockpit(Dash):  # type: ignore[misc]  # Dash is not typed
    """Dash with our document around it."""

    def interpolate_index(self, **parts: str) -> str:
        page = page_at(_asked_path.get())
        html_page = document()
        if page is not None:
            named = f"<title>{_(page.title)} – Vigie</title>{libraries.fetched(page.libraries)}"
            html_page = html_page.replace("<title>Vigie</title>", named)
        for name, part in parts.items():
            html_page = html_page.replace(f"{{%{name}%}}", part)
        return html_page.replace("<script", f'<script nonce="{nonce()}"')

    def _generate_css_dist_html(self) -> str:
        super()._generate_css_dist_html()
        return f'<link rel="stylesheet" href="{bundles.address(bundles.STYLES)}">'

    def _generate_scripts_html(self) -> str:
        """The libraries that every page needs, our own scripts, Dash; each tag once."""
        tags = dict.fromkeys(_SCRIPT.findall(super()._generate_scripts_html()))
        ours = f'<script src="{bundles.address(bundles.SCRIPTS)}"></script>'
        found: list[str] = []
        for tag in tags:
            found += [ours] if "/dash-renderer/" in tag else []
            found += [] if any(name in tag for name in _NOT_NOW) else [tag]
        return "\n".join(found)


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
        include_assets_files=False,
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
    threading.Thread(target=_warm, args=(dash, packages), name="compress", daemon=True).start()
    return dash


def _warm(dash: Cockpit, packages: Iterable[str]) -> None:
    """Compress what a first visit loads, before there is one."""
    for name in (bundles.FIRST, bundles.STYLES, bundles.SCRIPTS):
        bundles.asset(name)
    libraries.addresses(libraries.CHARTS)
    static.warm(dash.registered_paths, packages)


def routes(dash: Cockpit) -> list[BaseRoute]:
    """Every path of the cockpit; any other is for the API, or unknown."""
    inner = cast("ASGIApp", dash.server)
    door = CallbackDoor(inner, dash)
    return [
        *(Route(page.path, _door(page, inner), methods=["GET"]) for page in pages()),
        Route("/_dash-layout", Layout(inner), methods=["GET"]),
        Route("/_dash-dependencies", Forward(inner), methods=["GET"]),
        Route(early.CALLBACKS, door, methods=["POST"]),
        Route(early.PATH, early.Early(door, dash._callback_list), methods=["POST"]),
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
    return settled(shown.layout(), callbacks.names())


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
    drawn = shell(
        pages(), user, content, zone=settings.zone, kept=_kept.get(), toured=not settings.tour
    )
    return settled(drawn, {*callbacks.names(), "vigie-page"})


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
    # A bundle's address names what is in it: another one has another address.
    named = "m" in request.query_params
    return await static.serve(request, lambda: bundles.asset(name), for_ever=named)
