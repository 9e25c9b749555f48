"""The hub, also answered by `vigie serve`: for small installations; and its statistics."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Annotated

import msgspec
from fastapi import APIRouter, Depends, FastAPI, Query
from starlette.responses import Response

from app.access.guard import HubSetter, Viewer
from app.access.scopes import require_whole
from app.answers import answers, inlined, whole
from app.asked import unspaced
from app.context import HouseDep
from app.decision import Decision
from app.hub import told
from app.hub.answer import answer, schemas
from app.hub.cross import may_ask
from app.hub.decision import Hub
from app.hub.edges import Public, snapshot
from app.hub.known import Kept
from app.hub.places import Places, PlacesChange, read_places, replace_places
from app.hub.statistics import Row, read_statistics
from app.hub.telling import Telling
from kpis.intervals import moment, zone_named
from kpis.snapshot import snapshot as reading

#: Customers ask and buttons tell, who have no login here; what is neither is refused there.
OPEN = RAW = ("/api/v1/hub/offers", "/api/v1/hub/events")
_DAY = timedelta(days=1)


@asynccontextmanager
async def following(app: FastAPI) -> AsyncIterator[None]:
    """While the application runs its hub follows the database, at ``app.state.hub``."""
    house = app.state.house
    app.state.hub = Hub(house.database.conninfo, kept=Kept(house.settings.home))
    app.state.telling = Telling(lambda: house.store)
    app.state.hub.start()
    app.state.telling.start()
    try:
        yield
    finally:
        await asyncio.to_thread(app.state.telling.stop)
        app.state.hub.stop()


router = APIRouter(tags=["hub"], lifespan=following)
router.add_api_route(
    "/hub/offers",
    answer,
    methods=["POST"],
    summary="Which contact modes this visitor is offered",
    description="Answered from memory. A mode never vanishes: a closed one says why.",
    openapi_extra=schemas(),
)
router.add_api_route(
    "/hub/events",
    told.tell,
    methods=["POST"],
    status_code=202,
    summary="What a button showed, what was chosen, what was completed",
    description="Counted behind the answers: some seconds later in the statistics.",
    openapi_extra=told.schemas(),
)
for _path in OPEN:
    router.add_api_route(
        _path.removeprefix("/api/v1"), may_ask, methods=["OPTIONS"], include_in_schema=False
    )


async def _logged_in(user: Viewer) -> None:
    """Edges log in with a token; what they are told is of the whole house, waits too."""
    require_whole(user.scope, "what decides offers")


router.add_api_route(
    "/hub/snapshot",
    snapshot,
    methods=["GET"],
    dependencies=[Depends(_logged_in)],
    summary="All that decides offers, for an edge that answers by itself",
    description="If-None-Match answers 304; ?after=REVISION&wait=25 waits for another revision "
    "and answers 204 where none came.",
    openapi_extra={
        "parameters": [
            {"name": name, "in": "query", "schema": {"type": "integer", "minimum": 0}}
            for name in ("after", "wait")
        ],
        "responses": {
            "200": {"content": {"application/json": {"schema": whole(inlined(Public))}}},
            "204": {"description": "No other revision came."},
            "304": {"description": "It is the one of If-None-Match."},
        },
    },
)


class Statistics(msgspec.Struct, frozen=True):
    """What was counted, by the dimensions that were asked for."""

    rows: list[Row]


@router.get("/hub/statistics", response_class=Response, responses=answers(Statistics))
def statistics(
    house: HouseDep,
    _user: Viewer,
    from_: Annotated[str | None, Query(alias="from", description="a day before `to`")] = None,
    to: Annotated[str | None, Query(description="now")] = None,
    by: Annotated[
        str, Query(description="surface, channel, reason, segment, day; with commas")
    ] = "surface,channel",
    zone: Annotated[str | None, Query(description="IANA time zone; else the site's")] = None,
) -> Response:
    """Displays, choices, completions and what was deflected: the same for every surface."""
    place = zone_named(house.settings.zone if zone is None else zone)
    end = datetime.now(UTC) if to is None else moment(unspaced(to), place)
    start = end - _DAY if from_ is None else moment(unspaced(from_), place)
    names = list(dict.fromkeys(name.strip() for name in by.split(",") if name.strip()))
    with reading(house.database.engine) as connection:
        rows = read_statistics(connection, start, end, names, place.key)
    return _json(Statistics(rows))


@router.get("/hub/places", response_class=Response, responses=answers(Places))
def places(house: HouseDep, _user: Viewer) -> Response:
    """Where modes are found, and what pages tell of reason and segment, in their order."""
    with house.database.connect() as connection:
        return _json(read_places(connection))


@router.put("/hub/places", response_class=Response, responses=answers(Places))
def change_places(house: HouseDep, user: HubSetter, change: PlacesChange) -> Response:
    """Put links or clues in the place of all that stood there; what is left out stays.

    Every hub knows them within a second.
    """
    decision = Decision(user.name, change.why, datetime.now(UTC))
    with house.database.connect() as connection:
        replace_places(connection, change, decision)
        return _json(read_places(connection))


def _json(document: object) -> Response:
    return Response(msgspec.json.encode(document), media_type="application/json")
