"""The whole exposure in one statement: what the hub holds in memory and the cockpit shows."""

from __future__ import annotations

from datetime import datetime
from importlib.resources import files

import msgspec
import psycopg
from psycopg.rows import TupleRow

from app.exposure.model import Scope, Switch
from app.exposure.modes import DEFAULT_MODES, Mode, Word

_SQL = files(__package__).joinpath("reading.sql").read_bytes()


class Exposure(msgspec.Struct, frozen=True):
    """Every mode, word and switch as of one `revision` (the number of changes ever made)."""

    revision: int = 0
    modes: tuple[Mode, ...] = DEFAULT_MODES
    words: tuple[Word, ...] = ()
    switches: tuple[Switch, ...] = ()

    def of(self, scope: Scope) -> list[Switch]:
        """The switches of exactly that scope, the one begun last first, also those to come."""
        found = [switch for switch in self.switches if switch.scope == scope]
        return sorted(found, key=lambda one: (one.begins, one.version), reverse=True)

    def at(self, scope: Scope, now: datetime) -> Switch | None:
        """The switch of exactly that scope: in force, else the one that was, else the plain one."""
        begun = [switch for switch in self.of(scope) if switch.begins <= now]
        standing = [switch for switch in begun if not switch.over(now)]
        plain = [switch for switch in begun if switch.starts_at is None]
        return next(iter([*standing, *plain, *begun]), None)

    def planned(self, scope: Scope, starts_at: datetime | None) -> Switch | None:
        """The switch of exactly that scope and start."""
        return next((one for one in self.of(scope) if one.starts_at == starts_at), None)

    def by_id(self, id: int) -> Switch | None:
        return next((switch for switch in self.switches if switch.id == id), None)

    def with_switch(self, id: int, switch: Switch | None) -> tuple[Switch, ...]:
        """The switches as they would be with that id changed, added or (None) gone."""
        others = [other for other in self.switches if other.id != id]
        return (*others, switch) if switch is not None else tuple(others)


def read(connection: psycopg.Connection[TupleRow]) -> Exposure:
    """The exposure as the connection's transaction sees it.

    Raises psycopg.Error, or msgspec.ValidationError where a row is not what we could have
    written.
    """
    row = connection.execute(_SQL).fetchone()
    assert row is not None
    return msgspec.json.decode(row[0], type=Exposure)
