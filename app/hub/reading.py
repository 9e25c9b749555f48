"""What an offer depends on beside the switches, in one statement."""

from __future__ import annotations

from importlib.resources import files

import msgspec
import psycopg
from psycopg.rows import TupleRow

from app.exposure.surroundings import Rows

_SQL = files(__package__).joinpath("reading.sql").read_bytes()


def read_rows(connection: psycopg.Connection[TupleRow]) -> Rows:
    """The rows as the connection sees them.

    Raises psycopg.Error, or msgspec.ValidationError where a row is not what we could have
    written.
    """
    row = connection.execute(_SQL).fetchone()
    assert row is not None
    return msgspec.json.decode(row[0], type=Rows)
