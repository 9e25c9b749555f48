"""What was sent over HTTP: each report with its letters, its files as they were, sent again."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Path, Query
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from app.access.guard import ReportReader, ReportSetter
from app.answers import answers
from app.api.report_schedules import book_of
from app.api.reports import FILES, SAFE
from app.context import HouseDep
from app.reports.sending.telling import Answer, SentTold, told_sent

router = APIRouter(prefix="/reports/archive", tags=["reports"])

Id = Annotated[int, Path(ge=1, le=2**63 - 1)]


class AgainAsked(BaseModel):
    """To whom; nobody named: to whom it did not reach, else to everybody it was sent to."""

    model_config = ConfigDict(extra="forbid")

    to: list[str] = Field([], max_length=50)


@router.get(
    "",
    summary="What was due, the newest first, and what became of it",
    responses=answers(list[SentTold]),
)
def show(
    _reader: ReportReader,
    house: HouseDep,
    schedule: str | None = None,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
) -> Sequence[Answer]:
    return [told_sent(sent) for sent in book_of(house).archive(schedule, limit)]


@router.get(
    "/{id}/{format}",
    summary="A file as it was sent",
    response_class=Response,
    responses=FILES,
)
def file(id: Id, format: str, _reader: ReportReader, house: HouseDep) -> Response:
    filed = book_of(house).file(id, format)
    headers = {**SAFE, "Content-Disposition": f'attachment; filename="{filed.name}"'}
    return Response(filed.content, media_type=filed.media_type, headers=headers)


@router.post("/{id}/send", summary="Send it again", responses=answers(SentTold))
def send(id: Id, asked: AgainAsked, setter: ReportSetter, house: HouseDep) -> Answer:
    now = datetime.now(UTC)
    return told_sent(book_of(house).resend(id, setter.actor(), now, asked.to))
