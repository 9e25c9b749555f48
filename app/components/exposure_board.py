"""What the exposure page shows, read in one go: switches, what surrounds them, proposals."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import psycopg
from psycopg.rows import TupleRow

from app.components.vocabulary import Vocabulary
from app.exposure import approvals
from app.exposure.approvals import Pending
from app.exposure.mark import read_mark
from app.exposure.reading import Exposure, read
from app.exposure.surroundings import Surroundings, surroundings
from app.hub.reading import read_rows
from ingest.database import Database
from kpis.snapshot import snapshot


@dataclass(frozen=True, slots=True)
class Board:
    """The exposure as of `now`, as the hub decides it."""

    exposure: Exposure
    around: Surroundings
    pending: tuple[Pending, ...]
    mark: str
    now: datetime

    @property
    def vocabulary(self) -> Vocabulary:
        return Vocabulary.of(self.exposure)


def read_board(database: Database, now: datetime) -> Board:
    """Everything of one moment of the database."""
    with snapshot(database.engine) as connection:
        mark = read_mark(connection, now)
        rows: psycopg.Connection[TupleRow] = connection.connection.driver_connection  # type: ignore[assignment]
        return Board(
            exposure=read(rows),
            around=surroundings(read_rows(rows)),
            pending=approvals.waiting(rows, now),
            mark=mark,
            now=now,
        )
