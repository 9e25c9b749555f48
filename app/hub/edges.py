"""What is known, for edges that decide themselves: once, when it changed, or when it changes.

``GET …/hub/snapshot`` with ``If-None-Match`` answers 304 while nothing changed; with
``?after=REVISION&wait=SECONDS`` it waits until the revision is another one.  Operators' reasons
and names are not in it: an edge decides without them.
"""

from __future__ import annotations

import hashlib
from weakref import WeakKeyDictionary

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from app.exposure.reading import Exposure
from app.exposure.surroundings import Rows
from app.hub.decision import Hub, Snapshot
from app.problem import problem

#: An edge may wait so many seconds, and so many edges at once.
LONGEST_S, MOST = 60.0, 500
#: Stands where an operator's words were.
_UNTOLD = "-"


class Written(msgspec.Struct, frozen=True):
    """A snapshot as an edge gets it."""

    exposure: Exposure
    rows: Rows
    body: bytes
    tag: str


class Public(msgspec.Struct, frozen=True):
    """What an edge is told."""

    revision: int
    exposure: Exposure
    rows: Rows


_last: WeakKeyDictionary[Hub, Written] = WeakKeyDictionary()


async def snapshot(request: Request) -> Response:
    """The snapshot of the hub at ``app.state.hub``, or 304, or 204 when nothing came."""
    hub: Hub = request.app.state.hub
    told = request.query_params
    after, wait = told.get("after"), told.get("wait", "25" if "after" in told else "0")
    if after is not None and not _whole(after):
        return problem(422, f"after={after!r} is no revision: send the one you have, as ?after=12")
    if not _whole(wait) or float(wait) > LONGEST_S:
        return problem(422, f"wait={wait!r} is no wait: send 0 to {LONGEST_S:g} seconds")
    if after is not None and hub.snapshot.exposure.revision == int(after):
        if hub.waiting >= MOST:
            return problem(429, f"{MOST} edges wait already: ask again in a moment")
        if not await hub.hear(lambda new: new.exposure.revision != int(after), float(wait)):
            return Response(status_code=204)
    written = _written(hub)
    headers = {"etag": written.tag, "cache-control": "no-cache"}
    if request.headers.get("if-none-match") == written.tag:
        return Response(None, 304, headers)
    return Response(written.body, 200, headers, "application/json")


def _written(hub: Hub) -> Written:
    """Written once for each state of knowledge, however many ask."""
    known = hub.snapshot
    last = _last.get(hub)
    if last is None or last.exposure is not known.exposure or last.rows is not known.rows:
        body = msgspec.json.encode(_public(known))
        tag = f'"{known.exposure.revision}-{hashlib.sha256(body).hexdigest()[:16]}"'
        last = _last[hub] = Written(known.exposure, known.rows, body, tag)
    return last


def _public(known: Snapshot) -> Public:
    switches = tuple(
        msgspec.structs.replace(one, why=_UNTOLD, owner=_UNTOLD)
        for one in known.exposure.switches
    )
    exposure = msgspec.structs.replace(known.exposure, switches=switches)
    days = tuple(msgspec.structs.replace(one, why=_UNTOLD) for one in known.rows.days)
    rows = msgspec.structs.replace(known.rows, days=days)
    return Public(exposure.revision, exposure, rows)


def _whole(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= 18
