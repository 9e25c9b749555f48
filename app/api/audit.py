"""The audit: what somebody changed or looked at, the newest first; read by who may."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from io import StringIO
from typing import Annotated, Literal

import msgspec
import structlog
from fastapi import APIRouter, Query, Request, Response
from pydantic import AwareDatetime

from app.access import User
from app.access.guard import Auditor
from app.access.scopes import require_whole
from app.answers import answers
from app.audit.question import Place, Question
from app.audit.reading import MOST, MOST_EXPORTED, Page, read_lines, readable_by
from app.audit.source import Reader
from app.audit.telling import Row, rows_of
from app.components.vocabulary import Vocabulary
from app.context import HouseDep
from app.errors import WrongUse
from app.exposure.service import ExposureService
from app.printing import Format, print_rows
from app.takeaway import Sheet, xlsx_of
from kpis.intervals import FIRST_YEAR, LAST_YEAR

#: Asked by POST, for it works for a while, but changes nothing.
READING = ("/api/v1/audit/verify",)
router = APIRouter(prefix="/audit", tags=["audit"])

Answer = dict[str, object]
Word = Annotated[str | None, Query(max_length=200)]
_LATELY = timedelta(days=28)
_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_log = structlog.get_logger("vigie.security")


class AuditLine(msgspec.Struct, frozen=True):
    """One act in the reader's words; `act` is its source's own word."""

    at: datetime
    who: str
    source: str
    act: str
    what: str
    subject: str
    thing: str
    before: str | None
    after: str | None
    why: str | None
    link: str | None


class AuditPage(msgspec.Struct, frozen=True):
    """A page, and the address of the next."""

    as_of: datetime
    lines: list[AuditLine]
    next: str | None


@router.get(
    "",
    response_class=Response,
    responses=answers(AuditPage, "text/csv", _XLSX),
    summary="Who changed or looked at what, newest first",
)
def audit(
    house: HouseDep,
    user: Auditor,
    request: Request,
    from_: Annotated[AwareDatetime | None, Query(alias="from")] = None,
    to: AwareDatetime | None = None,
    what: Annotated[Word, Query(description="a source: exposure, targets, customers…")] = None,
    who: Word = None,
    about: Annotated[Word, Query(description="a text of the thing, before, after or why")] = None,
    after: Annotated[str | None, Query(description="where the page before ended")] = None,
    limit: Annotated[int, Query(ge=1, le=MOST)] = 100,
    format: Literal["json", "csv", "xlsx"] = "json",
) -> Response:
    """The last 28 days when nothing else is said.  Sources that need a right of their own (who
    looked at customers, who logged in) are there for who has it.  Files hold all that is found,
    not one page, up to 50,000 lines.
    """
    require_whole(user.actor().within, "the audit")
    now = datetime.now(UTC)
    for told in (from_, to):
        if told is not None and not FIRST_YEAR < told.year < LAST_YEAR:
            raise WrongUse(f"{told.year} is too far away: use {FIRST_YEAR + 1} to {LAST_YEAR - 1}")
    end = to or now
    question = Question(
        start=from_ or end - _LATELY, end=end, source=what, who=who, about=about,
        after=None if after is None else Place.named(after),
    )  # fmt: skip
    if question.start > question.end:
        raise WrongUse("«from» lies after «to»: give the earlier one first")
    most = limit if format == "json" else MOST_EXPORTED
    page, rows = _read(house, user, question, most)
    if format == "json":
        return _page(request, page, rows, now)
    _log.info("audit exported", user=user.name, lines=len(rows), format=format)
    return _file(rows, format, house)


@router.get("/sources", summary="What the audit is made of, as far as you may read it")
def sources(user: Auditor) -> list[Answer]:
    return [{"source": each.key, "right": each.right} for each in readable_by(user)]


@router.post("/verify", summary="Walk the chain of the exposure's audit")
def verify(house: HouseDep, _user: Auditor) -> Answer:
    """`problems` is empty where it is unbroken; else `broken_since` tells the first entry."""
    found = ExposureService(house.database).verify()
    broken = found.broken
    return {
        "entries": found.entries,
        "problems": list(found.problems),
        "broken_since": None if broken is None else {"entry": broken.seq, "at": broken.at},
    }


def _read(house: HouseDep, user: User, question: Question, limit: int) -> tuple[Page, list[Row]]:
    with house.database.engine.connect() as connection:
        page = read_lines(connection, readable_by(user), question, limit)
    vocabulary = Vocabulary.of(ExposureService(house.database).read())
    return page, rows_of(page.lines, Reader(vocabulary, house.settings.tz))


def _page(request: Request, page: Page, rows: list[Row], now: datetime) -> Response:
    going_on = None
    if page.next is not None:
        address = request.url.include_query_params(after=page.next.word)
        going_on = f"{address.path}?{address.query}"
    told = {"as_of": now, "lines": [row.flat() for row in rows], "next": going_on}
    return Response(msgspec.json.encode(told), media_type="application/json")


def _file(rows: list[Row], format: str, house: HouseDep) -> Response:
    flat = [row.flat() for row in rows]
    headers = {"content-disposition": f'attachment; filename="audit.{format}"'}
    if format == "csv":
        out = StringIO()
        print_rows(flat, Format.csv, out)
        return Response(out.getvalue(), media_type="text/csv", headers=headers)
    names = ("at", "who", "what", "thing", "before", "after", "why")
    columns = [(name, "moment" if name == "at" else "text") for name in names]
    cells = [[_cell(row[name]) for name in names] for row in flat]
    sheet = xlsx_of(Sheet("Audit", columns, cells), house.settings.tz)
    return Response(sheet, media_type=_XLSX, headers=headers)


def _cell(value: object) -> str | None:
    if value is None:
        return None
    return value.isoformat() if isinstance(value, datetime) else str(value)[:32_000]
