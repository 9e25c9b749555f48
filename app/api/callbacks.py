"""Callbacks for customers: slots, and a booking.  The desk is in :mod:`app.api.callback_desk`.

Open as the offers are (no login, CORS for any site, no cookie; too many: 429, except for a
telephone system that shows VIGIE_IVR_KEY):

``GET /api/v1/hub/slots?reason=billing&language=fr``
    200 ``{"zone": "Europe/Paris", "slots": [{"start": ISO, "end": ISO, "load":
    "light|normal|busy"}, …]}``: only slots with room, the lighter first, then the sooner; the
    first, and no other, has ``"advised": true``.  ``reason`` and ``language`` (fr or en) may
    be left out; no slots: an empty list.  Times are UTC, to be shown in ``zone``.
``POST /api/v1/hub/callbacks`` ``application/json``
    ``{"phone": "06 12 34 56 78", "start": ISO, "request_id": "any steady id of this wish",
    "reason"?, "language"?, "name"?, "surface"?, "visitor"?}`` →

    - 201 ``{"id": "…", "start": ISO, "end": ISO, "message": "…in that language"}``; the same
      ``request_id`` with the same wish again: the same answer, one callback
    - 409 problem JSON with ``"slots": […]`` (as above): that slot is full, or none any more; or
      without slots: the ``request_id`` is that of another wish, or this number has as many
      callbacks open as it may
    - 422 problem JSON whose ``detail`` may be shown to the customer, in that language, and
      ``"field"`` (``phone``, ``start``, ``name``…) where one field is to be mended
    - 429 with ``retry-after``
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from typing import Annotated

import msgspec
import psycopg
import structlog
from babel import dates
from fastapi import APIRouter, FastAPI, Query, Request
from sqlalchemy.exc import DBAPIError, TimeoutError
from starlette.responses import Response

from app.access.gate import address
from app.answers import answers, inlined
from app.bootstrap import House
from app.callback_desk.booking import (
    AlreadyWaiting,
    Booked,
    Bookings,
    OtherWish,
    SlotFull,
    Wish,
    WrongName,
    WrongNumber,
)
from app.callback_desk.flood import Flood, Flooded
from app.callback_desk.planning import Planner, advised
from app.context import HouseDep
from app.errors import AppError
from app.hub.asking import body_of, told
from app.hub.cross import ANYWHERE, may_ask
from app.hub.ivr import Ivr
from app.i18n import _, speaking
from app.patience import Patience
from app.problem import again, problem, status_of
from ingest.errors import DatabaseError

#: Customers ask and book, who have no login here.
OPEN = ("/api/v1/hub/slots", "/api/v1/hub/callbacks")
RAW = ("/api/v1/hub/callbacks",)
BODY_LIMIT = 4096
#: Seconds that a customer is let wait, and on how many threads of ours.
_PATIENT_S, _THREADS, _AT_MOST = 8.0, 4, 32
#: What a customer is told of; anything else is ours, and logged.
_TOLD = (AppError, DatabaseError, psycopg.Error, DBAPIError, TimeoutError)
_log = structlog.get_logger(__name__)
_decode = msgspec.json.Decoder(Wish).decode


@dataclass(frozen=True, slots=True)
class Counter:
    """Where customers come to in this process."""

    bookings: Bookings
    planner: Planner
    patience: Patience = field(
        default_factory=lambda: Patience("callback forms", _PATIENT_S, _THREADS, _AT_MOST)
    )
    asking: Flood = field(default_factory=lambda: Flood("questions for slots", 60, 3_000))
    booking: Flood = field(default_factory=lambda: Flood("callbacks", 10, 300))

    @classmethod
    def of(cls, house: House) -> Counter:
        """The counter of a house."""
        planner = Planner(house.database, house.settings.tz, house.settings.region)
        return cls(Bookings(house, planner), planner)


@asynccontextmanager
async def attended(app: FastAPI) -> AsyncIterator[None]:
    """While the application runs its counter is at ``app.state.callbacks``."""
    counter = app.state.callbacks = Counter.of(app.state.house)
    try:
        yield
    finally:
        await asyncio.to_thread(counter.patience.close)


router = APIRouter(tags=["callbacks"], lifespan=attended)
for _path in OPEN:
    router.add_api_route(
        _path.removeprefix("/api/v1"), may_ask, methods=["OPTIONS"], include_in_schema=False
    )


class Free(msgspec.Struct, frozen=True):
    """A slot with room: light, normal or busy.  Only the first has `advised`."""

    start: datetime
    end: datetime
    load: str
    advised: bool | msgspec.UnsetType = msgspec.UNSET


class FreeSlots(msgspec.Struct, frozen=True):
    """Slots with room, the lighter first; times in UTC, to be shown in the zone."""

    zone: str
    slots: list[Free]


class Promise(Booked, frozen=True):
    """A callback with the words to tell the customer."""

    message: str


@router.get("/hub/slots", response_class=Response, responses=answers(FreeSlots))
async def slots(
    request: Request,
    house: HouseDep,
    reason: Annotated[str | None, Query(max_length=200)] = None,
    language: Annotated[str, Query(max_length=35, description="fr or en")] = "fr",
) -> Response:
    """When a customer may be called back: slots with room, the lighter first."""
    counter: Counter = request.app.state.callbacks
    now = datetime.now(UTC)

    def ask() -> Response:
        plan = counter.planner.plan(now)
        free = counter.planner.free(plan, plan.reason(reason), now)
        return _open({"zone": house.settings.zone, "slots": advised(free)})

    return await _patiently(request, counter.asking, language, ask)


async def book(request: Request) -> Response:
    """A callback in a slot, for who has no login here."""
    kind, length = told(request.scope)
    if kind != b"application/json":
        return problem(415, "send the wish as application/json", headers=ANYWHERE)
    if (body := await body_of(request.receive, length, BODY_LIMIT)) is None:
        return problem(413, f"a wish has at most {BODY_LIMIT} bytes", headers=ANYWHERE)
    try:
        wish = _decode(body)
    except UnicodeDecodeError:
        return problem(400, "the wish is not UTF-8", headers=ANYWHERE)
    except (msgspec.MsgspecError, RecursionError) as error:
        return _unreadable(error)
    counter: Counter = request.app.state.callbacks
    ask = partial(_booked, counter, wish, datetime.now(UTC))
    return await _patiently(request, counter.booking, wish.spoken, ask)


router.add_api_route(
    "/hub/callbacks",
    book,
    methods=["POST"],
    status_code=201,
    summary="Book a callback in a slot",
    description="The same `request_id` with the same wish books nothing more.",
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {"application/json": {"schema": inlined(Wish)}},
        },
        "responses": {
            "201": {
                "description": "Booked: id, start, end, and a message in the language.",
                **answers(Promise)[200],
            },
            "409": {"description": "The slot is full: `slots` are not; or one is booked already."},
            "422": {"description": "Not to be booked so; `field` is to be mended."},
            "429": {"description": "Too many at once; `retry-after` says when to ask again."},
        },
    },
)


def _booked(counter: Counter, wish: Wish, now: datetime) -> Response:
    booked = counter.bookings.book(wish, now)
    zone = counter.bookings.house.settings.tz
    with speaking(wish.spoken):
        start, end = (at.astimezone(zone) for at in (booked.start, booked.end))
        day = dates.format_skeleton("EEEEdMMMM", start, locale=wish.spoken)
        message = _("We will call you on {day} between {start} and {end}.",
                    day=day, start=f"{start:%H:%M}", end=f"{end:%H:%M}")  # fmt: skip
    return _open(Promise(**msgspec.structs.asdict(booked), message=message), 201)


async def _patiently(
    request: Request, flood: Flood, language: str, ask: Callable[[], Response]
) -> Response:
    """The answer, or why there is none, to be read by a page of any site."""
    counter: Counter = request.app.state.callbacks
    exchange: Ivr = request.app.state.ivr
    try:
        if not exchange.knows(request.headers):  # it asks for all who call, from one address
            flood.admit(address(request))
        return await counter.patience.run(ask)
    except _TOLD as error:
        with speaking(language):
            words, more = _refusal(error)
        if (status := status_of(error)) >= 500:  # not its words: they may hold the number
            _log.error("callback form not answered", status=status, kind=type(error).__name__)
        return problem(status, words, headers=ANYWHERE | again(error), **more)


def _refusal(error: Exception) -> tuple[str, dict[str, object]]:
    """What the customer is told, and what a form can do with it."""
    match error:
        case SlotFull():
            return _("This slot has just been taken: please choose another one."), {
                "slots": msgspec.to_builtins(advised(error.slots))
            }
        case WrongNumber():
            field_words = _("We cannot call this number: please check it, with its area code.")
            return field_words, {"field": "phone"}
        case WrongName():
            return _("This name is too long, or has characters that cannot be shown."), {
                "field": "name"
            }
        case AlreadyWaiting():
            return _("A callback is already booked for this number."), {}
        case OtherWish():
            return str(error), {"field": "request_id"}
        case Flooded():
            return _("Too many requests at once: please try again in a minute."), {}
    return _("We cannot book now: please try again in a moment."), {}


def _unreadable(error: Exception) -> Response:
    """Not a wish: the field that msgspec names, in the words of a program."""
    said = str(error)
    where = said.rpartition("`$.")[2].rstrip("`") if "`$." in said else ""
    more = {"field": where} if where in Wish.__struct_fields__ else {}
    return problem(422, f"not a wish to be called: {said}", headers=ANYWHERE, **more)


def _open(document: object, status: int = 200) -> Response:
    headers = {"cache-control": "no-store", **ANYWHERE}
    return Response(msgspec.json.encode(document), status, headers, "application/json")
