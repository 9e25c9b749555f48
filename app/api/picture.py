"""``GET /api/v1/picture``: all that the live feed tells, once, also of a past moment."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

import msgspec
from fastapi import APIRouter
from starlette.responses import Response

from app.access.guard import Viewer
from app.answers import answers
from app.broadcast import Message
from app.context import HouseDep
from app.pictures import read_picture
from app.present import current_moment
from app.sources import SourceWatch
from app.travel import AsOf

router = APIRouter(tags=["live"])


class Picture(msgspec.Struct):
    """The first :class:`Message` of a feed: every cell by its path."""

    type: Literal["full"]
    seq: int
    as_of: datetime
    data: dict[str, Any]


@router.get("/picture", response_class=Response, responses=answers(Picture))
def show(house: HouseDep, _user: Viewer, as_of: AsOf = None) -> Response:
    """Every cell of the feed, as its first message has them."""
    at = current_moment()
    cells = read_picture(house, at, SourceWatch(house.settings, house.scope))
    message = Message("full", 0, at, cells)
    return Response(msgspec.json.encode(message), media_type="application/json")
