"""Opening the house: settings → database, migrated and aligned → the store.

Every command that touches data starts here.  What is heavy (SQLAlchemy, the KPIs, the
embedded server) is imported inside the functions, so that ``vigie --help`` stays quick.
"""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from app.access.scopes import EVERYTHING, Scope
from ingest.closing import Closing

if TYPE_CHECKING:
    from sqlalchemy import MetaData

    from app.settings import Settings
    from ingest.database import Database
    from ingest.linker import Linker
    from ingest.store import Store

#: The floors, whose modules `schema` and `…_schema` declare tables.
FLOORS = ("ingest", "kpis", "app")


@dataclass(frozen=True, slots=True)
class House(Closing):
    """All that a running process holds open; a context manager that closes it."""

    settings: Settings
    database: Database
    store: Store
    #: What of it is seen here (:mod:`app.seen`); whatever reads the database is cut to that.
    scope: Scope = EVERYTHING

    def close(self) -> None:
        """Give the connections back and, where the server is our own, stop it."""
        self.database.close()


def declared_metadata() -> MetaData:
    """Every table that the code declares, of all floors."""
    for name in _schemas():
        importlib.import_module(name)
    from ingest.schema import metadata

    return metadata


def _schemas() -> Iterator[str]:
    """The modules that declare tables, found by their names: without importing the others."""
    for floor in FLOORS:
        root = Path(__file__).parent.parent
        for path in sorted((root / floor).rglob("*schema.py")):
            yield ".".join(path.relative_to(root).with_suffix("").parts)


def prepare(database: Database) -> None:
    """Bring the database to what this code expects: migrations, then the rollups."""
    from ingest.database import migrate
    from kpis.rollup import align

    migrate(database)
    with database.apart() as connection:
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
        return House(settings, database, store_of(database, settings))
    except BaseException:
        database.close()
        raise


def store_of(database: Database, settings: Settings) -> Store:
    """The store of this house: all that follows its contacts rides on it."""
    from ingest import linker
    from ingest.store import Store
    from kpis import rollup

    followers = (*rollup.followers(), *linker.followers())
    key = settings.secret_key.encode()
    return Store(database, followers, key=key, region=settings.region)


def linker_of(house: House) -> Linker:
    """Who says whose the contacts of this house are, with all that follows of it."""
    from ingest.linker import Linker
    from kpis.rollup import relink

    return Linker(house.database, relink=relink)
