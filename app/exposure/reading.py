"""The whole exposure in one statement: what the hub holds in memory and the cockpit shows."""

from __future__ import annotations

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

    def at(self, scope: Scope) -> Switch | None:
        """The switch of exactly that scope."""
        return next((switch for switch in self.switches if switch.scope == scope), None)

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


