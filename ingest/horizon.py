"""The horizon: what is older has been forgotten by its age, and is not taken in any more."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import Connection, select

from ingest.database import AWAY, Database
from ingest.erasure_schema import forgotten
from ingest.events import EARLIEST

#: It moves once a night.
_FRESH = timedelta(seconds=5)


def horizon(connection: Connection, what: str = "contacts") -> datetime | None:
    """Where it stands for `contacts` or `agents`; None: nothing was forgotten yet."""
    query = select(forgotten.c.before).where(forgotten.c.what == what)
    found: datetime | None = connection.execute(query).scalar()
    return found


class Horizon:
    """The horizon of contacts as the store asks for it: often, and of a moment ago."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._known = EARLIEST
        self._asked_at: datetime | None = None

    def at(self, now: datetime) -> datetime:
        """What is told of before then is refused.

        While the database is away it is the last one known: nothing can be stored anyway.
        """
        if self._asked_at is None or not self._asked_at <= now < self._asked_at + _FRESH:
            try:
                with self._database.engine.connect() as connection:
                    self._known = horizon(connection) or EARLIEST
            except AWAY:
                return self._known
            self._asked_at = now
        return self._known
