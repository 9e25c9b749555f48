"""``/api/v1/palette``: what the command palette offers to whoever asks."""

from __future__ import annotations

from datetime import UTC, datetime

import structlog
from fastapi import APIRouter
from msgspec import to_builtins
from pydantic import BaseModel, ConfigDict, Field

from app.access.guard import CustomerReader, Viewer
from app.components.customer_look import Look
from app.components.customer_search import LONGEST, customer_of
from app.context import HouseDep
from app.errors import NotFound
from app.i18n import _
from app.palette import Asked, groups

router = APIRouter(prefix="/palette", tags=["pages"])
#: Asked by POST, so that an identity stands in no address; changes nothing.
READING = ("/api/v1/palette/customer",)
_log = structlog.get_logger("vigie.security")


class Told(BaseModel):
    """What was typed: an identity of a customer."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    words: str = Field(min_length=1, max_length=LONGEST)


@router.get("", summary="Where one may go and what one may do, by kind")
def read(user: Viewer, house: HouseDep) -> list[dict[str, object]]:
    """In the language of the request."""
    found: list[dict[str, object]] = to_builtins(groups(Asked(house, user, datetime.now(UTC))))
    return found


@router.post("/customer", summary="The page of the customer whom exactly this leads to")
def customer(told: Told, reader: CustomerReader) -> dict[str, str]:
    """The identity is in the body, so that it stands in no address and in no log."""
    key = customer_of(told.words.strip())
    _log.info("customer searched", user=reader.name, found=key is not None)
    if key is None:
        raise NotFound(_("Nobody is known by exactly this. Check how it is written."))
    return {"to": Look(key).href}
