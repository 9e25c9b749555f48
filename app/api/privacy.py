"""``/api/v1/customers/{id}/export`` and ``…/erase``: what a person may ask of their data."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Path
from fastapi.encoders import jsonable_encoder
from msgspec.structs import asdict
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import JSONResponse, Response

from app.access import User
from app.access.guard import Holding
from app.answers import described
from app.context import HouseDep, whole_of
from app.customers import Looker
from app.privacy.holdings import SECTIONS
from app.privacy.orders import erased, exported

router = APIRouter(prefix="/customers", tags=["customers"])

_MAX = 2**63
Id = Annotated[int, Path(ge=-_MAX, lt=_MAX, description="a customer, or an identity of theirs")]
Exporter = Annotated[User, Depends(Holding("export_customers"))]
Eraser = Annotated[User, Depends(Holding("erase_customers"))]


class Order(BaseModel):
    """An erasure: why, and whether only to say what would go."""

    model_config = ConfigDict(extra="forbid")

    reason: str = Field(min_length=1, max_length=500, description="why; do not name whom")
    dry_run: bool = False


_ROWS = {"type": "array", "items": {"type": "object"}}
_HELD = {
    "type": "object",
    "required": ["as_of", *SECTIONS],
    "properties": {
        "as_of": {"type": "string", "format": "date-time"},
        **{name: {**_ROWS, "description": words} for name, words in SECTIONS.items()},
    },
}


@router.get(
    "/{id}/export",
    summary="All that is held on a customer; that you took it is kept",
    responses=described(_HELD),
)
def export(id: Id, user: Exporter, house: HouseDep) -> Response:
    now = datetime.now(UTC)
    found = exported(whole_of(house), id, Looker(user.name, "api"), now)
    return JSONResponse(jsonable_encoder({"as_of": now, **found}))


@router.post("/{id}/erase", summary="Erase a customer everywhere, for good; contacts stay, unnamed")
def erase(id: Id, order: Order, user: Eraser, house: HouseDep) -> dict[str, int]:
    now = datetime.now(UTC)
    done = erased(
        house, id, actor=user.name, reason=order.reason, now=now, dry_run=order.dry_run
    )
    return asdict(done)
