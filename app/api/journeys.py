"""``GET /api/v1/journeys``: from which channel to which customers move when they come again."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

import msgspec
from fastapi import APIRouter, Query
from starlette.responses import Response

from app.access.guard import Viewer
from app.answers import answers
from app.context import HouseDep
from app.present import current_moment
from kpis.journeys import Journeys, journeys
from kpis.question import Question
from kpis.snapshot import snapshot
from kpis.windows import DEFAULT_DAYS

router = APIRouter(prefix="/journeys", tags=["kpis"])


class Answer(Journeys, frozen=True, kw_only=True, rename={"from_": "from"}):
    """The journeys, and what was asked: the first instant, the first that is not in it."""

    from_: datetime
    to: datetime
    repeat_window: int
    same_reason: bool
    after: str | None


@router.get(
    "",
    response_class=Response,
    responses=answers(Answer),
    summary="The channel → channel matrix",
)
def show(
    house: HouseDep,
    _viewer: Viewer,
    from_: Annotated[str, Query(alias="from", description="a date or date-time in the zone")],
    to: Annotated[str, Query(description="the first instant that is not in it")],
    where: Annotated[list[str], Query(description="dimension=value, each")] = [],  # noqa: B006
    zone: Annotated[str | None, Query(description="IANA time zone; else the site's")] = None,
    repeat_window: Annotated[
        int, Query(description="1, 2, 7, 14 or 30 days; 0: however long after")
    ] = DEFAULT_DAYS,
    same_reason: Annotated[bool, Query(description="only to the next for the same reason")] = False,
    after: Annotated[
        Literal["answered", "abandoned"] | None, Query(description="only after such a contact")
    ] = None,
) -> Response:
    """Known customers; contacts and repeated contacts by channel; and every move from one
    contact to the next: from, to, how many, the median seconds between.

    A move counts when its earlier contact arrived.
    """
    question = Question(
        from_=from_.replace(" ", "+") if "T" in from_ else from_,
        to=to.replace(" ", "+") if "T" in to else to,
        where=tuple(where),
        zone=house.settings.zone if zone is None else zone,
        repeat_window=repeat_window or DEFAULT_DAYS,
        same_reason=same_reason,
    )
    query = question.query(current_moment())
    with snapshot(house.database.engine) as connection:
        found = journeys(connection, query, ever=repeat_window == 0, after=after)
    told = Answer(
        **msgspec.structs.asdict(found),
        from_=query.from_.astimezone(query.zone),
        to=query.to.astimezone(query.zone),
        repeat_window=repeat_window,
        same_reason=same_reason,
        after=after,
    )
    return Response(msgspec.json.encode(told), media_type="application/json")
