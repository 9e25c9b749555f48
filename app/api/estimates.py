"""``/api/v1/estimates``: how long who comes now will wait, and how right that was."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Annotated

import msgspec
from fastapi import APIRouter, Query
from starlette.responses import Response

from app.access.guard import Viewer
from app.answers import answers
from app.asked import unspaced
from app.context import HouseDep
from kpis.estimates import Estimate, EstimateError, errors, estimate
from kpis.intervals import moment, zone_named
from kpis.snapshot import snapshot

router = APIRouter(prefix="/estimates", tags=["live"])

_DAY = timedelta(days=1)


@router.get("", response_class=Response, responses=answers(list[Estimate]))
def now(house: HouseDep, _user: Viewer) -> Response:
    """Every queue where somebody came of late: seconds, and what they were made from; null where
    nothing recent is known, with the reason why.
    """
    with snapshot(house.database.engine) as connection:
        return _json(estimate(connection, datetime.now(UTC)))


@router.get("/errors", response_class=Response, responses=answers(list[EstimateError]))
def told(
    house: HouseDep,
    _user: Viewer,
    from_: Annotated[str | None, Query(alias="from", description="a day before `to`")] = None,
    to: Annotated[str | None, Query(description="now")] = None,
    zone: Annotated[str | None, Query(description="IANA time zone; else the site's")] = None,
) -> Response:
    """By channel the mean absolute error of the estimates that were told, beside that of the
    mean wait of the last half hour.
    """
    place = zone_named(house.settings.zone if zone is None else zone)
    end = datetime.now(UTC) if to is None else moment(unspaced(to), place)
    start = end - _DAY if from_ is None else moment(unspaced(from_), place)
    with snapshot(house.database.engine) as connection:
        return _json(errors(connection, start, end))


def _json(document: object) -> Response:
    return Response(msgspec.json.encode(document), media_type="application/json")
