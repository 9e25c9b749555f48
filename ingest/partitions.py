"""The days of ``events``: each UTC day is a partition, made when its first event arrives."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta

import psycopg
from psycopg import sql
from psycopg.rows import TupleRow

from ingest.database import BRIEFLY

#: Who makes a partition holds this advisory lock (any number, the same everywhere).
_LOCK = 0x7669676964


def ensure_days(connection: psycopg.Connection[TupleRow], days: Iterable[str]) -> None:
    """Make the partitions of the UTC days (ISO dates) that are missing, in their own transaction.

    Made apart and then attached: readers and writers of the other days go on meanwhile.
    """
    for day in sorted(days):
        with connection.transaction():
            connection.execute(BRIEFLY)
            connection.execute("select pg_advisory_xact_lock(%s)", [_LOCK])
            name = f"events_{day.replace('-', '')}"
            if connection.execute("select to_regclass(%s)", [name]).fetchone() == (None,):
                _make(connection, name, date.fromisoformat(day))


def _make(connection: psycopg.Connection[TupleRow], name: str, day: date) -> None:
    table, first, after = sql.Identifier(name), f"{day} 00:00Z", f"{day + timedelta(days=1)} 00:00Z"
    connection.execute(
        sql.SQL("create table {} (like events including all)").format(table)
    )
    connection.execute(
        sql.SQL("alter table events attach partition {} for values from ({}) to ({})").format(
            table, sql.Literal(first), sql.Literal(after)
        )
    )
