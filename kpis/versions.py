"""Versions: what service levels are judged by, as it was decided each time.

A version is the whole of it: the service-level formula and every target with the moment from
which it counts.  So the number that any version gives can be computed again and shown beside
the one that counts now.  The formula of the newest version reads all of history (a ratio is
made on reading); a target judges the contacts that arrive while it is in force.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import msgspec
from sqlalchemy import Connection, RowMapping, Select, select

from ingest.asking import Later
from ingest.schema import targets
from kpis.errors import UnknownWord
from kpis.prepared import Prepared
from kpis.service_level import DEFAULT
from kpis.target_schema import service_level_versions


class Target(msgspec.Struct, frozen=True, kw_only=True):
    """Answered within `target_ms` for a share of `goal`, from `valid_from` (aware) on.

    ``*`` is any; a wait of at most `short_ms` before an abandon makes it a short one.
    """

    channel: str
    queue: str
    valid_from: datetime
    target_ms: int
    short_ms: int
    goal: float

    @property
    def place(self) -> tuple[str, str]:
        return self.channel, self.queue


class Version(msgspec.Struct, frozen=True, kw_only=True):
    """One decision, numbered from 1: who changed what and why, and all that then stood."""

    version: int
    valid_from: datetime
    decided_at: datetime
    decided_by: str
    why: str
    change: str
    formula: str
    targets: tuple[Target, ...]


def read_targets(connection: Connection) -> list[Target]:
    """Every target, in force or not, by place and time."""
    c = targets.c
    rows = connection.execute(select(targets).order_by(c.channel, c.queue, c.valid_from))
    return [Target(**row) for row in rows.mappings()]


def read_versions(connection: Connection, *, limit: int | None = None) -> list[Version]:
    """The versions, the newest first."""
    c = service_level_versions.c
    query = select(service_level_versions).order_by(c.version.desc()).limit(limit)
    return [_version(row) for row in connection.execute(query).mappings()]


def version_numbered(connection: Connection, number: int) -> Version:
    """That version.  Raises UnknownWord."""
    versions = {each.version: each for each in read_versions(connection)}
    if number not in versions:
        raise UnknownWord("version", str(number), [str(each) for each in sorted(versions)])
    return versions[number]


def formula_in_force(connection: Connection) -> str:
    """The id of the site's service-level formula."""
    return newest_formula().read(connection)


def newest_formula() -> Later[str]:
    """The same, to be asked."""
    return Later(lambda rows: rows[0][0] if rows else DEFAULT, _NEWEST.under())


def in_force(chosen: Sequence[Target], now: datetime) -> dict[tuple[str, str], Target]:
    """Of these targets the one in force at `now`, by channel and queue."""
    begun = sorted((t for t in chosen if t.valid_from <= now), key=lambda t: t.valid_from)
    return {each.place: each for each in begun}


def plain(chosen: Sequence[Target]) -> object:
    """The targets as a version keeps them."""
    return msgspec.to_builtins(list(chosen))


def _newest() -> Select[Any]:
    c = service_level_versions.c
    return select(c.formula).order_by(c.version.desc()).limit(1)


_NEWEST = Prepared(_newest)


def _version(row: RowMapping) -> Version:
    kept = msgspec.convert(row["targets"], list[Target])
    utc = (msgspec.structs.replace(t, valid_from=t.valid_from.astimezone(UTC)) for t in kept)
    return Version(**{**row, "targets": tuple(utc)})
