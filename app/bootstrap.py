"""Opening the house: settings → database, migrated and aligned → the store.

Every command that touches data starts here.  What is heavy (SQLAlchemy, the KPIs, the
embedded server) is imported inside the functions, so that ``vigie --help`` stays quick.
"""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ingest.closing import Closing

if TYPE_CHECKING:
    from sqlalchemy import MetaData

    from app.settings import Settings
    from ingest.database import Database
    from ingest.store import Store

#: Modules that declare tables on ``ingest.schema.metadata``.
SCHEMAS = (
    "ingest.schema", "ingest.customer_schema", "kpis.schema", "kpis.calendar_schema",
    "kpis.target_schema", "kpis.estimate_schema", "app.exposure.schema", "app.access.schema",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class House(Closing):
    """All that a running process holds open; a context manager that closes it."""

    settings: Settings
    database: Database
    store: Store

    def close(self) -> None:
        """Give the connections back and, where the server is our own, stop it."""
        self.database.close()


def declared_metadata() -> MetaData:
    """Every table that the code declares, of all floors."""
    for name in SCHEMAS:
        importlib.import_module(name)
    from ingest.schema import metadata

    return metadata


def prepare(database: Database) -> None:
    """Bring the database to what this code expects: migrations, then the rollups."""
    from ingest.database import migrate
    from kpis.rollup import align

    migrate(database)
    with database.engine.begin() as connection:
        align(connection)


def open_house(settings: Settings) -> House:
    """Open the database of the settings, ready for use.

    Raises:
        ingest.errors.DatabaseError: it cannot be used; the message names the remedy.
    """
    from ingest.database import open_database

    database = open_database(settings.home, settings.database_url)
    try:
        prepare(database)
        return House(settings, database, _store(database, settings))
    except BaseException:
        database.close()
        raise


def _store(database: Database, settings: Settings) -> Store:
    from ingest.store import Store
    from kpis.rollup import followers

    return Store(database, followers(), key=settings.secret_key.encode())
