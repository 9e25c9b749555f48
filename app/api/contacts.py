"""``GET /api/v1/contacts``: exactly the contacts that make a number, page by page."""

from __future__ import annotations

from datetime import datetime
from io import StringIO
from typing import Annotated, Literal

import msgspec
import structlog
from fastapi import APIRouter, Depends, Query
from starlette.datastructures import URL
from starlette.requests import Request
from starlette.responses import Response

from app.access.guard import Viewer
from app.answers import answers
from app.asked import Asked, unspaced
from app.context import HouseDep
from app.present import current_moment
from app.printing import Format, print_rows
from kpis.contact_page import ContactLine, Page, read_page
from kpis.contact_question import ContactQuestion
from kpis.contacts import MOST
from kpis.parts import NUMERATOR
from kpis.snapshot import snapshot

router = APIRouter(tags=["kpis"])

_log = structlog.get_logger("vigie.security")


class Answer(msgspec.Struct, frozen=True):
    """A page.  With the first one: how many contacts there are in all (`count`), and the sum of
    what they add (`total`).  `parts`: what can be asked for.  `next`: the address of the next page.
    """

    kpi: str
    part: str
    parts: list[str]
    as_of: datetime
    count: int | None
    total: int | None
    contacts: list[ContactLine]
    next: str | None


def _wanted(
    question: Asked,
    kpi: Annotated[str, Query(description="which number: a KPI's key")] = "offered",
    part: Annotated[
        str, Query(description="numerator or, of a rate or a mean, denominator")
    ] = NUMERATOR,
    cell: Annotated[
        list[str], Query(description="dimension=value, each: those of one row of `by`")
    ] = [],  # noqa: B006
    interval: Annotated[
        str | None, Query(description="a moment in one interval of `grain`: only that one")
    ] = None,
    wait: Annotated[
        str | None, Query(description="left after so many seconds: 10..20, or 10.. for longer")
    ] = None,
    modality: Annotated[
        list[str], Query(description="with `wait`: sync, near-sync or async, each")
    ] = [],  # noqa: B006
    after: Annotated[str | None, Query(description="where the page before ended")] = None,
) -> ContactQuestion:
    """The contacts that an address asks for."""
    return ContactQuestion(
        question=question,
        kpi=kpi,
        part=part,
        cells=tuple(cell),
        interval=None if interval is None else unspaced(interval),
        wait=wait,
        modality=tuple(modality),
        after=after,
    )


@router.get("/contacts", response_class=Response, responses=answers(Answer, "text/csv"))
def contacts(
    house: HouseDep,
    user: Viewer,
    request: Request,
    wanted: Annotated[ContactQuestion, Depends(_wanted)],
    limit: Annotated[int, Query(ge=1, le=MOST)] = 100,
    format: Literal["json", "csv"] = "json",
) -> Response:
    """The contacts behind a number of `GET /kpis`, by the same parameters; oldest first.

    Their `count` is the number, where it counts contacts; of a rate or a mean it is `total` of
    the numerator over `total` of the denominator.  Of a percentile or an age there are all that
    it is picked from.  The next page is as of the first; the CSV names it in the header `Link`.
    """
    behind, place = wanted.behind(current_moment())
    with snapshot(house.database.engine) as connection:
        page = read_page(connection, behind, limit, place)
        count, total = behind.totals(connection) if place is None else (None, None)
    going_on = _next(request, page)
    if format == "csv":
        _log.info("contacts exported", user=user.name, kpi=wanted.kpi, contacts=len(page.contacts))
        return _csv(page, going_on, count)
    parts = list(behind.parts.sums)
    told = Answer(
        wanted.kpi, wanted.part, parts, page.as_of, count, total, page.contacts, going_on
    )
    return Response(msgspec.json.encode(told), media_type="application/json")


def _next(request: Request, page: Page) -> str | None:
    """The same address after this page, without the host: proxies change that."""
    if page.next is None:
        return None
    address: URL = request.url.include_query_params(after=page.next)
    return f"{address.path}?{address.query}"


def _csv(page: Page, going_on: str | None, count: int | None) -> Response:
    out = StringIO()
    print_rows([line.flat() for line in page.contacts], Format.csv, out)
    headers = {"content-disposition": 'attachment; filename="contacts.csv"'}
    if going_on is not None:
        headers["link"] = f'<{going_on}>; rel="next"'
    if count is not None:
        headers["x-total-count"] = str(count)
    return Response(out.getvalue(), media_type="text/csv", headers=headers)
