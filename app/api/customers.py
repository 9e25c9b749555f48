"""``/api/v1/customers/{id}``: a customer with the contacts on all channels, for operators.

Identities are masked; who looks at whom is written down.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

import structlog
from fastapi import APIRouter, Path, Query

from app.access.guard import Operator
from app.context import HouseDep
from app.customers import seen
from app.errors import NotFound
from ingest.customers import NoSuchCustomer

router = APIRouter(prefix="/customers", tags=["customers"])

#: What a bigint holds.
_MAX = 2**63
Id = Annotated[int, Path(ge=-_MAX, lt=_MAX, description="a customer, or an identity of theirs")]
_log = structlog.get_logger("vigie.security")


@router.get("/{id}", summary="A customer: masked identities, contacts on all channels")
def read(
    id: Id,
    operator: Operator,
    house: HouseDep,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
    before: Annotated[
        datetime | None, Query(description="contacts that began before; with an offset")
    ] = None,
) -> dict[str, object]:
    now = datetime.now(UTC)
    if before is not None and before.tzinfo is None:
        before = before.replace(tzinfo=UTC)
    try:
        found = seen(
            house, id, actor=operator.name, way="api", now=now, limit=limit, before=before
        )
    except NoSuchCustomer as error:
        raise NotFound(str(error)) from error
    _log.info("customer read", user=operator.name, customer=found["id"])
    return {"as_of": now, **found}
