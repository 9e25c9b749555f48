"""A dialect for what stands still: its transactions go on from one reader to the next.

What a moment's shadows show is worked out once a transaction (:mod:`ingest.shadow`); as long as
that goes on, whoever reads next finds it worked out, of one snapshot.
"""

from __future__ import annotations

from typing import Any

from psycopg.pq import TransactionStatus
from sqlalchemy.dialects import registry
from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg

NAME = "postgresql+still"


class Still(PGDialect_psycopg):
    """psycopg, which neither commits nor undoes: it only reads."""

    supports_statement_cache = True

    def do_commit(self, dbapi_connection: Any) -> None:
        """Nothing was changed."""

    def do_rollback(self, dbapi_connection: Any) -> None:
        """After an error the transaction is of no more use."""
        driver = getattr(dbapi_connection, "driver_connection", dbapi_connection)
        if driver.info.transaction_status == TransactionStatus.INERROR:
            driver.rollback()

    def set_isolation_level(self, dbapi_connection: Any, level: Any) -> None:
        """The session has its own."""

    def reset_isolation_level(self, dbapi_connection: Any) -> None:
        """The session has its own."""


registry.register(NAME.replace("+", "."), __name__, Still.__name__)
