"""A store and its linker, as in the product: what is written is linked when it is drained."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime

from ingest import linker
from ingest.connector import Parsed, Source
from ingest.database import Database
from ingest.linker import Linker
from ingest.store import Store
from kpis.rollup import followers, relink

NOW = datetime(2030, 1, 1, tzinfo=UTC)


@dataclass
class Linked:
    """Writes and links in one database."""

    database: Database
    store: Store = field(init=False)
    linker: Linker = field(init=False)

    def __post_init__(self) -> None:
        follow = (*followers(), *linker.followers())
        self.store = Store(self.database, follow, key=b"tests")
        self.linker = Linker(self.database, relink=relink)

    def load(self, source: Source, parsed: Iterable[Parsed], now: datetime = NOW) -> None:
        """Store it all and link it."""
        self.store.load(source, parsed, now=now)
        self.linker.drain(now)
