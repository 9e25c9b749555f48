"""Where modes are found and what pages tell: read and replaced as a whole, with who decided."""

from __future__ import annotations

import re
from datetime import datetime

import msgspec
import psycopg
from psycopg import sql
from psycopg.rows import TupleRow
from pydantic import BaseModel, ConfigDict, Field

from app.decision import Decision, word
from app.errors import Conflict, WrongUse
from app.exposure.guardrails.two_people import uneven
from app.exposure.reading import Exposure, read
from app.exposure.surroundings import Clue, Link
from app.hub.reading import read_rows
from app.hub.schema import NOTIFICATIONS

#: Every question goes through them.
MOST = 200
#: Nothing that a browser would run; the database refuses the same.
_ADDRESS = re.compile(r"(https?://|tel:|mailto:|sms:|/)[!-~]{0,1000}", re.ASCII)
_Connection = psycopg.Connection[TupleRow]


class LinkWanted(BaseModel):
    """Where a mode is found from a surface; * is any surface."""

    model_config = ConfigDict(extra="forbid")

    channel: str
    surface: str = "*"
    link: str = Field(description="https://…, tel:…, mailto:…, sms:… or a path")


class ClueWanted(BaseModel):
    """All that is told must meet; then the visitor's reason or segment is taken to be this."""

    model_config = ConfigDict(extra="forbid")

    page: str | None = Field(None, description="how the address of the page begins")
    location: str | None = None
    contract: str | None = None
    least_basket: int | None = Field(None, ge=0, le=10**11, description="cents")
    path: str | None = Field(None, description="how a page seen before in the session begins")
    reason: str | None = None
    segment: str | None = None


class PlacesChange(BaseModel):
    """Links and clues as they shall be, in their order; None leaves them as they are."""

    model_config = ConfigDict(extra="forbid")

    links: list[LinkWanted] | None = Field(None, max_length=MOST)
    clues: list[ClueWanted] | None = Field(None, max_length=MOST)
    why: str = ""


class Places(msgspec.Struct, frozen=True):
    """Links and clues as they stand, in their order."""

    links: tuple[Link, ...]
    clues: tuple[Clue, ...]


def read_places(connection: _Connection) -> Places:
    """Links and clues as they stand."""
    rows = read_rows(connection)
    return Places(rows.links, rows.clues)


def replace_places(connection: _Connection, change: PlacesChange, decision: Decision) -> None:
    """Put the links or clues in the place of those before, all or none.

    Raises WrongUse, Conflict.
    """
    with connection.transaction():
        exposure = read(connection)
        if change.links is not None:
            _require_links(change.links, exposure)
            _replace(connection, "hub_links", [one.model_dump() for one in change.links], decision)
        if change.clues is not None:
            _require_clues(change.clues, exposure)
            _require_nobody_closed(change.clues, connection, exposure, decision.at)
            _replace(connection, "hub_clues", [one.model_dump() for one in change.clues], decision)
        connection.execute(f"notify {NOTIFICATIONS}".encode())


def _require_links(links: list[LinkWanted], exposure: Exposure) -> None:
    channels = {mode.channel for mode in exposure.modes}
    for one in links:
        if one.channel not in channels:
            raise WrongUse(f"no mode «{one.channel}»: use one of {', '.join(sorted(channels))}")
        if one.surface != "*":
            _require_word("surface", one.surface, exposure)
        if not _ADDRESS.fullmatch(one.link):
            raise WrongUse(f"link «{one.link[:40]}»: write https://…, tel:…, mailto:… or a path")
    if len({(one.channel, one.surface) for one in links}) < len(links):
        raise WrongUse("a mode has two links on one surface: say one")


def _require_clues(clues: list[ClueWanted], exposure: Exposure) -> None:
    for number, one in enumerate(clues, 1):
        told = one.model_dump(exclude_none=True)
        if one.reason is None and one.segment is None:
            raise WrongUse(f"clue {number} tells neither reason nor segment: say one")
        if not told.keys() - {"reason", "segment"}:
            raise WrongUse(f"clue {number} would meet everybody: say page, contract, basket or so")
        for name, value in told.items():
            if isinstance(value, str):
                word(name, value)
        for kind in ("reason", "segment"):
            if kind in told:
                _require_word(kind, told[kind], exposure)


def _require_nobody_closed(
    clues: list[ClueWanted], connection: _Connection, exposure: Exposure, now: datetime
) -> None:
    """Refuse to move visitors to where more is closed, or may be: closing takes two people."""
    known = read_rows(connection).clues
    fields = tuple(ClueWanted.model_fields)
    before, after = ([[getattr(one, name) for name in fields] for one in told]
                     for told in (known, clues))  # fmt: skip
    if before == after:
        return
    reasons = {None, *(one.reason for one in known), *(one.reason for one in clues)}
    segments = {None, *(one.segment for one in known), *(one.segment for one in clues)}
    if uneven(exposure, reasons, segments, now):
        raise Conflict(
            "clues tell reasons or segments for which a channel is closed, or will be: others "
            "would meet it closed too.  Open it first, or change clues when that is over"
        )


def _require_word(kind: str, asked: str, exposure: Exposure) -> None:
    known = [one.word for one in exposure.words if one.kind == kind]
    if asked not in known:
        raise WrongUse(f"no {kind} «{asked[:40]}»: use one of {', '.join(known)}")


def _replace(
    connection: _Connection, table: str, rows: list[dict[str, object]], decision: Decision
) -> None:
    kept = {"decided_at": decision.at, "decided_by": decision.by, "why": decision.why}
    connection.execute(sql.SQL("delete from {}").format(sql.Identifier(table)))
    for row in rows:
        told = {**row, **kept}
        connection.execute(
            sql.SQL("insert into {} ({}) values ({})").format(
                sql.Identifier(table),
                sql.SQL(", ").join(map(sql.Identifier, told)),
                sql.SQL(", ").join(map(sql.Placeholder, told)),
            ),
            told,
        )
