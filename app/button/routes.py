"""The paths of the button, the same in `vigie serve` and `vigie hub`; none needs a login."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from urllib.parse import urlsplit

import msgspec
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import BaseRoute, Route

from app.button.hosted import hosted_page, zone_of
from app.button.place import Place, page_address
from app.button.qr import SIZES, qr_svg
from app.button.script import CACHED, script_of, shop_script, style
from app.button.shop import shop_page
from app.button.words import LANGUAGES, language_of
from app.errors import WrongUse
from app.hub.cross import ANYWHERE
from app.hub.decision import Hub
from app.i18n import choose, speaking
from app.patience import Overloaded, Patience
from app.problem import problem
from ingest.errors import DatabaseUnavailable

MENU = "/api/v1/hub/menu"
#: A strict page: nothing inline, nothing from elsewhere; only our own pages may frame it.
PAGE_HEADERS = {
    "content-security-policy": "; ".join((
        "default-src 'none'", "script-src 'self'", "style-src 'self'", "img-src 'self' data:",
        "connect-src 'self'", "base-uri 'none'", "form-action 'none'", "frame-ancestors 'self'",
    )),
    "x-frame-options": "SAMEORIGIN",
    "x-content-type-options": "nosniff",
    "referrer-policy": "same-origin",
    "cache-control": "no-store",
}  # fmt: skip
_LOADED = {"x-content-type-options": "nosniff", "cross-origin-resource-policy": "cross-origin"}
#: What the button's tag on the demo page may be told, with the longest that is taken.
_SETTINGS = {"position": 5, "open_after": 5, "storage": 7, "refresh": 5, "theme": 10}
#: Drawing a code takes as long as many decisions: one at a time, beside them.
_PICTURES = ("pictures", 5.0, 1, 16)


@asynccontextmanager
async def drawing(app: Starlette) -> AsyncIterator[None]:
    """While the application runs, ``app.state.pictures`` draws."""
    pictures = app.state.pictures = Patience(*_PICTURES)
    try:
        yield
    finally:
        await asyncio.to_thread(pictures.close)


def routes() -> list[BaseRoute]:
    """Every path; the hub is asked at ``app.state.hub``."""
    return [
        Route("/hub/button.js", script, methods=["GET"]),
        Route("/hub/page", page, methods=["GET"]),
        Route("/hub/demo", demo, methods=["GET"]),
        Route("/hub/{name}.css", styles, methods=["GET"]),
        Route("/hub/demo.js", demo_script, methods=["GET"]),
        Route("/hub/qr.svg", picture, methods=["GET"]),
    ]


async def script(request: Request) -> Response:
    """The button as one file; 304 where the browser has it already."""
    made = script_of(_hub(request).snapshot)
    headers = {"etag": made.tag, "cache-control": CACHED, "vary": "accept-encoding"}
    headers |= {**_LOADED, **ANYWHERE}
    if request.headers.get("if-none-match") == made.tag:
        return Response(None, 304, headers)
    packed = "gzip" in request.headers.get("accept-encoding", "")
    if packed:
        headers["content-encoding"] = "gzip"
    return Response(made.gzipped if packed else made.body, 200, headers, "text/javascript")


async def page(request: Request) -> Response:
    """The offers as a page of its own, in the language asked for or the browser's."""
    place = _place(request)
    with speaking(place.language or "fr"):
        preview = bool(request.query_params.get("preview"))
        written = hosted_page(_hub(request), place, datetime.now(UTC), preview=preview)
    return HTMLResponse(written, 200, PAGE_HEADERS)


async def demo(request: Request) -> Response:
    """An invented shop that carries the button."""
    place, told = _place(request), request.query_params
    settings = {
        name.replace("_", "-"): told[name]
        for name, longest in _SETTINGS.items()
        if 0 < len(told.get(name, "")) <= longest
    }
    if told.get("preview"):
        settings["preview"] = ""
    with speaking(place.language or "fr"):
        return HTMLResponse(shop_page(place, settings), 200, PAGE_HEADERS)


async def styles(request: Request) -> Response:
    """The style sheet of one of our pages."""
    if (sheet := style(request.path_params["name"])) is None:
        return problem(404, "no such style sheet")
    headers = {**_LOADED, "cache-control": "public, max-age=300"}
    return Response(sheet, 200, headers, "text/css")


async def demo_script(_request: Request) -> Response:
    """What the shop's own page does with the button."""
    headers = {**_LOADED, "cache-control": "public, max-age=300"}
    return Response(shop_script(), 200, headers, "text/javascript")


async def picture(request: Request) -> Response:
    """The hosted page's address as a QR code; ``?mm=30`` is its side in print."""
    told = request.query_params.get("mm")
    sizes = [str(size) for size in SIZES]
    if told is not None and told not in sizes:
        return problem(422, f"mm={told[:20]!r} is no size: use {', '.join(sizes)}")
    base = urlsplit(str(request.base_url))
    address = page_address(f"{base.scheme}://{base.netloc}", Place.of(request.query_params))
    try:
        drawn = await request.app.state.pictures.run(
            lambda: qr_svg(address, None if told is None else int(told))
        )
    except WrongUse as error:
        return problem(422, str(error))
    except (Overloaded, DatabaseUnavailable):
        return problem(429, "too many codes at once: ask again in a moment")
    return Response(drawn, 200, {**_LOADED, "cache-control": "no-store"}, "image/svg+xml")


class Reason(msgspec.Struct, frozen=True):
    """A reason, and what it is called in the language that was asked for."""

    reason: str
    label: str


class Menu(msgspec.Struct, frozen=True):
    """The reasons in their order; the zone of opening hours, None where none is known."""

    reasons: list[Reason]
    zone: str | None


async def menu(request: Request) -> Response:
    """The reasons that a visitor can choose from, in the order and the words of the site; and
    its zone, in which opening hours are (null: none known).
    """
    asked = request.query_params.get("language")
    language = language_of(asked) or "fr"
    known = _hub(request).snapshot
    words = [word for word in known.exposure.words if word.kind == "reason" and not word.retired]
    reasons = [
        Reason(word.word, word.label_en if language == "en" else word.label_fr) for word in words
    ]
    headers = {"cache-control": "public, max-age=60", **ANYWHERE}
    return Response(
        msgspec.json.encode(Menu(reasons, zone_of(known))),
        200,
        headers,
        media_type="application/json",
    )


def _hub(request: Request) -> Hub:
    hub: Hub = request.app.state.hub
    return hub


def _place(request: Request) -> Place:
    """The address's place, in the browser's language where it tells none."""
    place = Place.of(request.query_params)
    spoken = choose(request.headers, {}, "fr")
    language = place.language or (spoken if spoken in LANGUAGES else "fr")
    return Place(place.surface, place.reason, place.segment, language)
