"""What could not be used: counts and reasons for everybody logged in, records for operators.

A refused record is what a customer's tool sent, byte for byte: personal data.  Who reads one
is written to the log.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Annotated

import msgspec
import structlog
from fastapi import APIRouter, Path, Query
from pydantic import BaseModel, ConfigDict, Field, StrictBool, StrictInt

from app.access.guard import Purger, RawReader, Replayer, Viewer
from app.answers import answers
from app.context import HouseDep
from app.errors import NotFound, WrongUse
from app.raw import shown
from app.replay import Choice, replay
from ingest.quarantine import (
    KEPT,
    Entry,
    NotInQuarantine,
    Pile,
    Replayed,
    entries,
    entry,
    piles,
    purge,
)
from ingest.reasons import REASONS
from kpis.snapshot import snapshot

router = APIRouter(prefix="/quarantine", tags=["quarantine"])

#: What a bigint holds.
_MAX = 2**63 - 1
#: So many are parsed in one request; ask again for the rest.
MOST = 500
Id = Annotated[int, Path(ge=1, le=_MAX)]
Name = Annotated[str | None, Query(max_length=512)]
Answer = dict[str, object]
_log = structlog.get_logger("vigie.security")


class EntryTold(msgspec.Struct, frozen=True):
    """A refused record without its bytes; `detail` may quote them, and is null for viewers."""

    id: int
    source: str
    reason: str
    detail: str | None
    bytes: int
    received_at: datetime
    replayed_at: datetime | None


class EntryWhole(EntryTold, frozen=True):
    """The same with its bytes, as text where they are."""

    meaning: str | None
    remedy: str | None
    raw: str
    encoding: str
    cut: bool


class Waiting(msgspec.Struct, frozen=True):
    """What waits, counted, and the newest of it; `next_before`: where the next page begins."""

    as_of: datetime
    counts: list[Pile]
    entries: list[EntryTold]
    next_before: int | None


class ReplayTold(msgspec.Struct, frozen=True):
    """What became of each."""

    dry_run: bool
    replayed: list[Replayed]


class PurgeTold(msgspec.Struct, frozen=True):
    """How many are forgotten."""

    purged: int


class Replay(BaseModel):
    """Which entries to parse again: by id, or all that wait of a source, for a reason."""

    model_config = ConfigDict(extra="forbid")

    ids: list[Annotated[StrictInt, Field(ge=1, le=_MAX)]] = Field([], max_length=MOST)
    source: str | None = None
    reason: str | None = None
    dry_run: StrictBool = Field(False, description="parse, store nothing")
    zone: str | None = Field(None, description="of sources that are not in vigie.toml")


class Purge(BaseModel):
    """What to forget."""

    model_config = ConfigDict(extra="forbid")

    older_than_days: StrictInt = Field(KEPT.days, ge=0, le=36_500)


@router.get(
    "",
    summary="What waits, counted by reason and source, and the newest of it",
    responses=answers(Waiting),
)
def show(
    viewer: Viewer,
    house: HouseDep,
    source: Name = None,
    reason: Name = None,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
    before: Annotated[int | None, Query(ge=1, le=_MAX, description="an entry's id")] = None,
) -> Answer:
    with snapshot(house.database.engine) as connection:
        counted = piles(connection)
        found = entries(connection, source=source, reason=reason, limit=limit, before=before)
    whole = viewer.may("see_raw")
    return {
        "as_of": datetime.now(UTC),
        "counts": msgspec.to_builtins(counted),
        "entries": [_told(one, whole) for one in found],
        "next_before": found[-1].id if len(found) == limit else None,
    }


@router.get("/{id}", summary="One refused record with its bytes", responses=answers(EntryWhole))
def read(id: Id, operator: RawReader, house: HouseDep) -> Answer:
    try:
        with house.database.engine.connect() as connection:
            one = entry(connection, id)
    except NotInQuarantine as error:
        raise NotFound(str(error)) from error
    _log.info("refused record read", user=operator.name, entry=id, source=one.source)
    known = REASONS.get(one.reason)
    raw = shown(one.raw)
    return {
        **_told(one, True),
        "meaning": known.meaning["en"] if known else None,
        "remedy": known.remedy["en"] if known else None,
        "raw": raw.text,
        "encoding": raw.encoding,
        "cut": raw.cut,
    }


@router.post(
    "/replay",
    summary="Parse refused records again and store what is good now",
    responses=answers(ReplayTold),
)
def parse_again(wanted: Replay, operator: Replayer, house: HouseDep) -> Answer:
    if not wanted.ids and wanted.source is None and wanted.reason is None:
        raise WrongUse("say which entries: ids, a source, a reason")
    choice = Choice(wanted.ids, wanted.source, wanted.reason, MOST)
    try:
        done = replay(house, choice, wanted.zone, now=datetime.now(UTC), dry_run=wanted.dry_run)
    except NotInQuarantine as error:
        raise NotFound(str(error)) from error
    if not wanted.dry_run:
        _log.info("quarantine replayed", user=operator.name, entries=len(done))
    return {"dry_run": wanted.dry_run, "replayed": msgspec.to_builtins(done)}


@router.post(
    "/purge", summary="Forget what was received long ago", responses=answers(PurgeTold)
)
def forget(wanted: Purge, operator: Purger, house: HouseDep) -> Answer:
    before = datetime.now(UTC) - timedelta(days=wanted.older_than_days)
    gone = purge(house.database.engine, before)
    _log.info("quarantine purged", user=operator.name, entries=gone)
    return {"purged": gone}


def _told(one: Entry, whole: bool) -> Answer:
    """An entry without its bytes; the detail may quote them, so it is for operators too."""
    return {
        "id": one.id,
        "source": one.source,
        "reason": one.reason,
        "detail": one.detail if whole else None,
        "bytes": len(one.raw),
        "received_at": one.received_at,
        "replayed_at": one.replayed_at,
    }
