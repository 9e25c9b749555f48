"""``/api/v1/reports``: which reports there are, and each of them as a file."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Query
from starlette.responses import Response

from app import access
from app.access.guard import ReportReader
from app.access.scopes import scope_of
from app.answers import Answers
from app.context import HouseDep, whole_of
from app.i18n import _, language
from app.reports.discovery import format_named, formats, kinds
from app.reports.formats.json_file import MEDIA_TYPE, SCHEMA
from app.reports.issues import issue
from app.reports.scope import bounded
from app.reports.writer import Wish, render, tell

router = APIRouter(prefix="/reports", tags=["reports"])
#: A report is for reading: whatever it holds, a browser runs and loads nothing of it.
SAFE = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; sandbox",
    "X-Content-Type-Options": "nosniff",
}
#: A report in each of its formats.
FILES: Answers = {
    200: {
        "content": {
            one.media_type: {"schema": SCHEMA} if one.media_type == MEDIA_TYPE else {}
            for one in formats().values()
        }
    }
}


@router.get("")
def index(_viewer: ReportReader) -> list[dict[str, object]]:
    """Every report with what it tells and its formats."""
    return [
        {"report": kind.key, "title": _(kind.title), "tells": _(kind.summary),
         "formats": list(formats())}
        for kind in kinds().values()
    ]  # fmt: skip


@router.get(
    "/{report}/{day}.{format}",
    response_class=Response,
    responses=FILES,
)
def file(
    house: HouseDep,
    _viewer: ReportReader,
    report: str,
    day: str,
    format: str,
    last: Annotated[
        str | None, Query(description="the last day, of a report of any period")
    ] = None,
    zone: Annotated[str | None, Query(description="IANA time zone; else the site's")] = None,
    language_: Annotated[
        str | None, Query(alias="language", description="fr or en; else the reader's")
    ] = None,
    as_of: Annotated[
        str | None, Query(description="judge as of then; else of the last news")
    ] = None,
    site: Annotated[list[str] | None, Query(description="of these sites only")] = None,
    channel: Annotated[list[str] | None, Query(description="of these channels only")] = None,
) -> Response:
    """The report of that day as a file; while nothing happens, the same bytes each time.

    Given out again after late events, it says what has changed since.
    """
    writer = format_named(format)
    wish = Wish(
        report=report,
        first=day,
        last=last,
        zone=house.settings.zone if zone is None else zone,
        language=language() if language_ is None else language_,
        as_of=as_of,
        scope=bounded(scope_of(site, channel), access.scope()),
    )
    now = datetime.now(UTC)
    content = tell(house.database.engine, wish, now)
    if as_of is None:
        issue(whole_of(house).database.engine, content, now)
    name = f'attachment; filename="{content.name}.{writer.key}"'
    headers = {**SAFE, "Content-Disposition": name}
    return Response(render(content, format), media_type=writer.media_type, headers=headers)
