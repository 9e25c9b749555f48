"""The callback desk over HTTP: what is due, what was tried, and the terms that make slots.

``GET /api/v1/callbacks?state=due|open|done|all`` · ``POST /api/v1/callbacks/{id}/attempts``
``{"outcome": "reached|no_answer|busy|wrong_number|cancelled", "request_id"?}`` ·
``GET`` and ``PUT /api/v1/callbacks/terms``.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

import msgspec
import structlog
from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from app.access.guard import DeskSetter, DeskWorker, Viewer
from app.answers import answers
from app.callback_desk.attempts import outcome_of, record
from app.callback_desk.listing import Callback, listed, wanted
from app.callback_desk.terms import ANY, Book, changed, read_terms, write_terms
from app.context import HouseDep
from app.decision import Decision

router = APIRouter(prefix="/callbacks", tags=["callbacks"])

_log = structlog.get_logger("vigie.security")


class AttemptAsked(BaseModel):
    """What came of a call; the same `request_id` counts once."""

    model_config = ConfigDict(extra="forbid")

    outcome: str = Field(description="reached, no_answer, busy, wrong_number or cancelled")
    request_id: str | None = Field(None, max_length=200, pattern="^[!-~]+$")


class TermsAsked(BaseModel):
    """Terms of a reason (``*``: of those that have none of their own), those that change.

    `terms` null: the reason has none of its own any more.
    """

    model_config = ConfigDict(extra="forbid")

    reason: str = ANY
    terms: dict[str, int | float | str | None] | None
    why: str = ""


@router.get("", response_class=Response, responses=answers(list[Callback]))
def show(
    user: Viewer,
    house: HouseDep,
    state: Annotated[str, Query(description="due, open, done or all")] = "due",
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
) -> Response:
    """Callbacks with their attempts: those to be made first.  Operators see the numbers."""
    with house.database.engine.connect() as connection:
        found = listed(connection, wanted(state), datetime.now(UTC), limit)
    if not user.may("desk"):
        return _json([each.masked() for each in found])
    if numbers := sum(each.phone is not None for each in found):
        _log.info("numbers to call back read", user=user.name, numbers=numbers)
    return _json(found)


@router.post("/{id}/attempts", response_class=Response, responses=answers(Callback))
def attempt(id: str, asked: AttemptAsked, operator: DeskWorker, house: HouseDep) -> Response:
    """What came of calling; the callback as it then stands."""
    outcome = outcome_of(asked.outcome)
    return _json(record(house, id, outcome, operator.name, datetime.now(UTC), asked.request_id))


@router.get("/terms", response_class=Response, responses=answers(Book))
def terms(_user: Viewer, house: HouseDep) -> Response:
    """Under which terms callbacks are offered, by reason; ``*`` is any other."""
    with house.database.engine.connect() as connection:
        return _json(read_terms(connection))


@router.put("/terms", response_class=Response, responses=answers(Book))
def change_terms(
    asked: TermsAsked, operator: DeskSetter, house: HouseDep, request: Request
) -> Response:
    """Change terms: what is left out stays.  Offered from now on, booked ones stay as they are."""
    decision = Decision(operator.name, asked.why, datetime.now(UTC))
    with house.database.engine.begin() as connection:
        book = read_terms(connection)
        before = book.get(asked.reason, book[ANY])
        wanted_terms = None if asked.terms is None else changed(before, asked.terms)
        write_terms(connection, asked.reason, wanted_terms, decision)
        told_now = read_terms(connection)
    request.app.state.callbacks.planner.forget()
    return _json(told_now)


def _json(document: object) -> Response:
    return Response(msgspec.json.encode(document), media_type="application/json")
