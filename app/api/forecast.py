"""``/api/v1/forecast``: contacts to come by channel and reason, and the agents they need."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import msgspec
from fastapi import APIRouter, Query
from msgspec.structs import replace
from starlette.responses import Response

from app.access.guard import Viewer
from app.answers import Schema, described, inlined, whole
from app.asked import unspaced
from app.bootstrap import House
from app.context import HouseDep
from app.present import current_moment
from kpis.snapshot import snapshot

if TYPE_CHECKING:
    from kpis.forecasting.asking import Asked

router = APIRouter(prefix="/forecast", tags=["forecast"])

_Horizon = Annotated[str, Query(description="today, 1d, 7d or 14d")]
_Zone = Annotated[str | None, Query(description="IANA time zone; else the site's")]
_Country = Annotated[
    str | None, Query(description="whose public holidays are kept: FR, none; else the site's")
]
_At = Annotated[str | None, Query(description="as it was known then; else now")]


def SCHEMAS() -> dict[str, object]:
    """What the description of the API refers to; made when it is asked for, as numpy is read."""
    from kpis.forecast import Backtest, Forecast
    from kpis.forecasting.staffing import Staffing

    kinds = {"Forecast": Forecast, "Staffing": Staffing, "Backtest": Backtest}
    return {name: whole(inlined(kind)) for name, kind in kinds.items()}


def _named(name: str) -> Schema:
    return {"$ref": f"#/components/schemas/{name}"}


@router.get("", response_class=Response, responses=described(_named("Forecast")))
def forecast(
    house: HouseDep,
    _user: Viewer,
    horizon: _Horizon = "today",
    by: Annotated[str, Query(description="total, channel or reason")] = "channel",
    opening: Annotated[list[str], Query(description="channel=share of one that opens")] = [],  # noqa: B006
    zone: _Zone = None,
    country: _Country = None,
    at: _At = None,
) -> Response:
    """The quarter hours from now on, and of each line the expected count with its bands.

    `low50` to `high50` holds half of what comes, `low90` to `high90` nine tenths.
    """
    asked = replace(
        _asked(house, zone, country, at), horizon=horizon, by=by, opening=tuple(opening)
    )
    with snapshot(house.database.engine) as connection:
        return _json(asked.forecast(connection, current_moment()))


@router.get(
    "/staffing",
    response_class=Response,
    responses=described({"type": "array", "items": _named("Staffing")}),
)
def staffing(
    house: HouseDep,
    _user: Viewer,
    horizon: _Horizon = "today",
    agents: Annotated[list[str], Query(description="channel=number of agents")] = [],  # noqa: B006
    zone: _Zone = None,
    country: _Country = None,
    at: _At = None,
) -> Response:
    """By synchronous channel and quarter: agents needed (Erlang C), and the service level, wait
    and abandons that the given ones achieve (Erlang A).
    """
    asked = replace(_asked(house, zone, country, at), horizon=horizon, agents=tuple(agents))
    with snapshot(house.database.engine) as connection:
        return _json(asked.staffing(connection, current_moment()))


@router.get("/backtest", response_class=Response, responses=described(_named("Backtest")))
def backtest(
    house: HouseDep,
    _user: Viewer,
    horizon: Annotated[str, Query(description="today (from noon), 1d or 14d")] = "1d",
    days: Annotated[int, Query(ge=1, le=60)] = 28,
    zone: _Zone = None,
    country: _Country = None,
    at: _At = None,
) -> Response:
    """Past days forecast from what was known then, beside «as a week ago»: the errors of both."""
    asked = replace(_asked(house, zone, country, at), horizon=horizon)
    with snapshot(house.database.engine) as connection:
        return _json(asked.backtest(connection, current_moment(), days))


def _asked(house: House, zone: str | None, country: str | None, at: str | None) -> Asked:
    from kpis.forecasting.asking import Asked  # numpy: only who forecasts pays for it

    settings = house.settings
    return Asked(
        zone=settings.zone if zone is None else zone,
        site_country=settings.region,
        country=country,
        at=None if at is None else unspaced(at),
    )


def _json(document: object) -> Response:
    return Response(msgspec.json.encode(document), media_type="application/json")
