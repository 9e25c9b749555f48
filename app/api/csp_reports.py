"""``POST /csp-reports``: browsers tell what the content security policy kept from happening.

Anybody may send here, so nothing is believed and little is written: a line in the security log,
at most `MOST` a minute and process, with addresses cut to where they lead.
"""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlsplit

import msgspec
import structlog
from fastapi import APIRouter
from limits import RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import FixedWindowRateLimiter
from starlette.requests import Request
from starlette.responses import Response

from app.policy import REPORTS

OPEN = (REPORTS,)
RAW = (REPORTS,)
MOST = 30
_LARGEST, _CHARS = 16_384, 120
_limit = RateLimitItemPerMinute(MOST)
_limiter = FixedWindowRateLimiter(MemoryStorage())
_log = structlog.get_logger("vigie.security")
root_router = APIRouter(include_in_schema=False)


class Report(msgspec.Struct, frozen=True, rename="kebab"):
    """What matters of a report."""

    effective_directive: str = ""
    violated_directive: str = ""
    blocked_uri: str = ""
    document_uri: str = ""
    source_file: str = ""


class Sent(msgspec.Struct, frozen=True):
    """The body as browsers send it."""

    report: Report = msgspec.field(name="csp-report")


@root_router.post(REPORTS, status_code=204)
async def take(request: Request) -> Response:
    """Write it down; whatever came, the answer is the same."""
    body = await request.body()
    if len(body) <= _LARGEST and _limiter.hit(_limit):
        _log.warning("policy violated", **_facts(body))
    return Response(status_code=204)


def _facts(body: bytes) -> Mapping[str, str]:
    try:
        report = msgspec.json.decode(body, type=Sent).report
    except (msgspec.MsgspecError, RecursionError):
        return {"directive": "unreadable"}
    return {
        "directive": _short(report.effective_directive or report.violated_directive),
        "blocked": _place(report.blocked_uri),
        "document": _place(report.document_uri),
        "source": _place(report.source_file),
    }


def _place(uri: str) -> str:
    """Where it leads, without query: that may hold what is nobody's business."""
    try:
        parts = urlsplit(uri)
    except ValueError:
        return "unreadable"
    return _short(f"{parts.netloc}{parts.path}" if parts.netloc else uri.partition("?")[0])


def _short(told: str) -> str:
    return "".join(filter(str.isprintable, told))[:_CHARS]
