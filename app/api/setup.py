"""``/api/v1/setup``: the first files of a new house, over the cockpit: begun, sent, loaded.

What is loaded goes the way of `vigie load`; loading it again changes nothing.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

import structlog
from fastapi import APIRouter, Query
from msgspec.structs import asdict
from pydantic import BaseModel, ConfigDict, Field
from starlette.requests import Request

from app.access.guard import SourceKeeper
from app.bootstrap import House, linker_of
from app.context import HouseDep
from app.errors import WrongUse
from app.file_loading import file_reader, loaded
from app.named_source import named_source
from app.uploads import Uploads
from ingest.errors import WrongFormat

router = APIRouter(prefix="/setup", tags=["setup"])
#: Pieces are bytes of any kind.
RAW = ("/api/v1/setup/files/",)
_log = structlog.get_logger(__name__)


class Begun(BaseModel):
    """The name of the file as its owner has it."""

    model_config = ConfigDict(extra="forbid")

    name: str = Field(max_length=255)


class Wanted(BaseModel):
    """Which file, which reader reads it, and which feed its records belong to."""

    model_config = ConfigDict(extra="forbid")

    ticket: str = Field(pattern="^[0-9a-f]{32}$")
    connector: str = Field(min_length=1, max_length=100)
    source: str = Field(min_length=1, max_length=100)
    zone: str | None = Field(None, max_length=100)


@router.post("/files", summary="Begin to send a file; the ticket stands for it")
def begin(begun: Begun, _keeper: SourceKeeper, house: HouseDep) -> dict[str, str]:
    return {"ticket": _uploads(house).begin(begun.name)}


@router.put("/files/{ticket}", summary="A piece of the file, as bytes, up to 1 MiB")
async def send(
    ticket: str,
    request: Request,
    _keeper: SourceKeeper,
    house: HouseDep,
    at: Annotated[int, Query(ge=0, lt=2**40)],
) -> dict[str, int]:
    return {"bytes": _uploads(house).append(ticket, at, await request.body())}


@router.post("/load", summary="Load the file as `vigie load` does; its ledger")
def load(told: Wanted, keeper: SourceKeeper, house: HouseDep) -> dict[str, int]:
    reader = file_reader(told.connector)
    source = named_source(house.settings, told.source, told.connector, told.zone or None)
    now = datetime.now(UTC)
    with _uploads(house).taken(told.ticket) as path:
        try:
            ledger = loaded(house.store, reader, source, path, now)
        except WrongFormat as error:
            raise WrongUse(str(error).replace(str(path), "this file")) from error
        except OSError as error:
            raise WrongUse(f"the file cannot be read: {error.strerror or error}") from error
    linker_of(house).drain(now)
    _log.info("file loaded", user=keeper.name, source=source.name, **asdict(ledger))
    return asdict(ledger)


def _uploads(house: House) -> Uploads:
    return Uploads(house.settings.home / "uploads")
