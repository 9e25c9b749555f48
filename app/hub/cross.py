"""A button stands on other sites' pages: their browsers may ask, and get no cookie of ours."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

#: On every answer that a page of another site may read.
ANYWHERE = {"access-control-allow-origin": "*"}
_MAY_ASK = {
    **ANYWHERE,
    "access-control-allow-methods": "POST, OPTIONS",
    "access-control-allow-headers": "content-type",
    "access-control-max-age": "86400",
}


async def may_ask(_request: Request) -> Response:
    """What a browser asks before it asks."""
    return Response(status_code=204, headers=_MAY_ASK)
