"""``/api/v1/customers``: a customer with the contacts on all channels, for operators.

Identities are masked; who looks at whom is written down, and can be read here.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

import structlog
from fastapi import APIRouter, Path, Query
from pydantic import BaseModel, ConfigDict, Field

from app.access.guard import AccessLogReader, CustomerReader
from app.context import HouseDep
from app.customers import Looker, found_by, looked_at, looks, told
from app.errors import NotFound
from ingest.customers import NoSuchCustomer

#: POST, so that the identity stands in no address; it changes nothing.
READING = ("/api/v1/customers/find",)
router = APIRouter(prefix="/customers", tags=["customers"])

#: What a bigint holds.
_MAX = 2**63
Id = Annotated[int, Path(ge=-_MAX, lt=_MAX, description="a customer, or an identity of theirs")]
Limit = Annotated[int, Query(ge=1, le=1000)]
_log = structlog.get_logger("vigie.security")


class Sought(BaseModel):
    """An identity as a source or a person writes it."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    kind: str = Field(min_length=1, max_length=50, description="phone, email, crm…")
    value: str = Field(min_length=1, max_length=500)


@router.post("/find", summary="The customer whom exactly this identity leads to")
def find(sought: Sought, operator: CustomerReader, house: HouseDep) -> dict[str, str]:
    """The identity is in the body, so that it stands in no address and in no log."""
    key = found_by(house, sought.value, (sought.kind,))
    _log.info("customer searched", user=operator.name, found=key is not None)
    if key is None:
        raise NotFound("nobody is known by that identity: check how it is written")
    return {"id": str(key)}


@router.get("/accesses", summary="Who looked at which customer, the newest first")
def read_accesses(
    _operator: AccessLogReader,
    house: HouseDep,
    actor: Annotated[str | None, Query(description="only the looks of this person")] = None,
    limit: Limit = 100,
) -> list[dict[str, object]]:
    return looks(house, actor=actor, limit=limit)


@router.get("/{id}/accesses", summary="Who looked at this customer, the newest first")
def read_accesses_of(
    id: Id, _operator: AccessLogReader, house: HouseDep, limit: Limit = 100
) -> list[dict[str, object]]:
    try:
        return looks(house, customer=id, limit=limit)
    except NoSuchCustomer as error:
        raise NotFound(str(error)) from error


@router.get("/{id}", summary="A customer: masked identities, contacts on all channels")
def read(
    id: Id,
    operator: CustomerReader,
    house: HouseDep,
    limit: Limit = 100,
    before: Annotated[
        datetime | None, Query(description="contacts that began before; with an offset")
    ] = None,
) -> dict[str, object]:
    now = datetime.now(UTC)
    if before is not None and before.tzinfo is None:
        before = before.replace(tzinfo=UTC)
    try:
        found = looked_at(house, id, Looker(operator.name, "api"), now, limit=limit, before=before)
    except NoSuchCustomer as error:
        raise NotFound(str(error)) from error
    return {"as_of": now, **told(found)}
