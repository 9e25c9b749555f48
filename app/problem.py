"""Errors as RFC 9457 problem JSON: what is wrong and what to do, never how we fell."""

from __future__ import annotations

import json
from collections.abc import Mapping
from http import HTTPStatus

import psycopg
import structlog
from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from sqlalchemy.exc import DataError, DBAPIError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from app.errors import AppError
from app.patience import Overloaded
from ingest.database import AWAY
from ingest.errors import (
    BadSignature,
    DatabaseError,
    IngestError,
    RejectedEvent,
    UnknownConnector,
    WrongFormat,
)
from kpis.errors import KpiError

MEDIA_TYPE = "application/problem+json"
_log = structlog.get_logger(__name__)

#: First match decides.  An error that is in no line is ours: 500, and logged.
_STATUS: tuple[tuple[type[Exception], int], ...] = (
    (DatabaseError, 503),
    (BadSignature, 401),
    (UnknownConnector, 404),
    (WrongFormat, 422),
    (RejectedEvent, 422),
    (KpiError, 422),
    (psycopg.DataError, 422),
    (DataError, 422),
    (DBAPIError, 503),
    *((away, 503) for away in AWAY),
)
#: Texts of these speak of SQL: they are replaced.
_OWN_WORDS = {
    422: "a value does not fit: a number out of range, or a character that cannot be stored",
    503: "the database does not answer; try again in a moment",
    500: "something went wrong here; it has been logged",
}


def problem(
    status: int, detail: str, *, headers: Mapping[str, str] | None = None, **more: object
) -> Response:
    """A problem document; ASCII inside, so that no odd character of a request can break it."""
    document = {"type": "about:blank", "title": HTTPStatus(status).phrase, "status": status,
                "detail": detail, **more}  # fmt: skip
    soon = {"retry-after": "5"} if status in (429, 503) else {}
    found = soon | dict(headers or {})
    return Response(json.dumps(document, default=str), status, found, MEDIA_TYPE)


def problem_of(error: Exception) -> Response:
    """The problem document of any error."""
    status = status_of(error)
    if status >= 500:
        _log.error("request failed", status=status, error=str(error), kind=type(error).__name__)
    if isinstance(error, AppError | IngestError | KpiError) and status != 500:
        headers = {"www-authenticate": "Bearer"} if status == 401 else again(error)
        more = error.more if isinstance(error, AppError) else {}
        return problem(status, " ".join(str(error).split()), headers=headers, **more)
    return problem(status, _OWN_WORDS[status])


def again(error: Exception) -> dict[str, str]:
    """The header that says when to come again, where the error knows it."""
    return {"retry-after": str(error.after_s)} if isinstance(error, Overloaded) else {}


def status_of(error: Exception) -> int:
    """The status that an error is answered with."""
    if isinstance(error, AppError):
        return error.status
    return next((status for kind, status in _STATUS if isinstance(error, kind)), 500)


def answer_with_problems(app: FastAPI) -> None:
    """Make the application answer every error as a problem document."""
    kinds = (AppError, IngestError, KpiError, psycopg.Error, DBAPIError, *AWAY, Exception)
    for kind in kinds:
        app.add_exception_handler(kind, _answer)
    app.add_exception_handler(HTTPException, _answer_http)
    app.add_exception_handler(RequestValidationError, _answer_invalid)


async def _answer(_request: Request, error: Exception) -> Response:
    return problem_of(error)


async def _answer_http(_request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    return problem(error.status_code, str(error.detail), headers=error.headers)


async def _answer_invalid(_request: Request, error: Exception) -> Response:
    """Where and what, but not the input itself: it may hold secrets, or what JSON cannot."""
    assert isinstance(error, RequestValidationError)
    errors = [
        {"at": ".".join(str(part) for part in one["loc"]), "message": one["msg"]}
        for one in error.errors()
    ]
    first = f"{errors[0]['at']}: {errors[0]['message']}" if errors else "the request is not valid"
    return problem(422, first, errors=errors)
