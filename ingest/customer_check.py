"""Customers made anew from the events, and where what is stored differs; `rebuild` repairs it."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec
from sqlalchemy import Connection

from ingest.components import COUNTED, MANY, STRONG, Graph, standings
from ingest.database import AT_LENGTH
from ingest.events import APART
from ingest.linking import LOCK, OWNED, Cursor, decisions_in_force, told
from ingest.statements import statements

#: Of threads that were forgotten by their age, events may lie there for some minutes more.
_REMEMBERED = """not exists (select from forgotten) or exists (
    select from threads t where t.thread_key = events.thread_key and t.first_at <= occurred_at)"""
_SQL = statements(
    "customers_again.sql", told=told(f"({_REMEMBERED})"), owned=OWNED, many=str(MANY)
)
#: What is compared: the table and its columns, the key first.
_COMPARED = {
    "identities": ("identity_key", "kind", "hash", "masked", "customer_key", "ambiguous"),
    "thread_identities": ("thread_key", "identity_key"),
    "identity_ties": ("identity_key", "kind", "other_key"),
    "thread_customers": ("thread_key", "customer_key"),
}
_WHOLE_ROW = "(row)"
#: All that the linker makes; what people did is not among it.
_MADE = "linking_due, identities, thread_identities, identity_ties, thread_customers"


class Difference(msgspec.Struct, frozen=True):
    """One value that is not what the events and decisions say.  All as text, for people."""

    table: str
    key: str
    column: str
    stored: str
    recomputed: str


def recompute(connection: Connection) -> list[Difference]:
    """Every stored identity, fact, tie and owner that differs from a recomputation; [] is good.

    Give it a connection in REPEATABLE READ: all is one snapshot then.  It keeps temporary
    tables until the transaction ends and changes nothing else.
    """
    raw = connection.connection.driver_connection
    assert raw is not None
    with raw.cursor() as at:
        _make(at)
        return [each for table in _COMPARED for each in _differing(at, table)]


def rebuild(connection: Connection) -> None:
    """Forget what the linker made and have it see to every thread again.  Commits nothing."""
    connection.exec_driver_sql(f"select pg_advisory_xact_lock({LOCK})")
    for table in _MADE.split(", "):
        # Not truncate: who reads meanwhile still sees the old customers.
        connection.exec_driver_sql(f"delete from {table}")
    connection.exec_driver_sql(
        "insert into linking_due (thread_key) select thread_key from threads order by first_at"
    )


def _make(at: Cursor) -> None:
    at.execute(AT_LENGTH)
    apart = {"apart": list(APART)}
    at.execute(_SQL["facts"], apart)
    at.execute(_SQL["ties"])
    at.execute(_SQL["ready"])
    words = {"counted": list(COUNTED), "strong": list(STRONG)}
    shared = {key for (key,) in at.execute(_SQL["shared"], words)}
    kinds: dict[int, str] = dict(at.execute(_SQL["kinds"]).fetchall())
    ties = at.execute(_SQL["joined"]).fetchall()
    decided = decisions_in_force(at)
    after = standings(Graph(kinds, ties, shared, decided.merges, decided.splits))
    at.execute(_SQL["standings"])
    with at.copy(_SQL["stand"]) as copy:
        for key, (customer, ambiguous) in after.items():
            copy.write_row((key, customer, ambiguous))
    at.execute(_SQL["whose"])


def _differing(at: Cursor, table: str) -> Iterator[Difference]:
    """Rows on one side only; of one key that is on both, the columns that differ."""
    columns = ", ".join(_COMPARED[table])
    at.execute(f"""
        with stored as (select {columns} from {table}), again as ({_SQL[table]}),
        superfluous as (select * from stored except all select * from again),
        missing as (select * from again except all select * from stored)
        select 'stored', * from superfluous union all select 'recomputed', * from missing
        order by 2, 1
    """)
    for side, key, *rest in at.fetchall():
        there = ("there", "absent") if side == "stored" else ("absent", "there")
        yield Difference(table, " ".join(map(str, (key, *rest))), _WHOLE_ROW, *there)
