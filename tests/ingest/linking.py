"""Whose a thread is, said by the test; and the links that come of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlalchemy import select

from ingest.database import Database
from ingest.link_schema import links
from ingest.links import relink
from kpis.rollup import followers

Link = dict[str, object]

_THREAD = "hashtextextended(%s || E'\\x1f' || %s, 0)"
_BELONGS = f"""
insert into thread_customers (thread_key, customer_key) values ({_THREAD}, %s)
on conflict (thread_key) do update set customer_key = excluded.customer_key
"""


def belong(database: Database, whose: Mapping[str, int], name: str = "pbx") -> None:
    """Say whose each thread (contact id) of the source is, and link again who is concerned."""
    with database.connect() as connection, connection.cursor() as cursor:
        before = cursor.execute("select distinct customer_key from thread_customers").fetchall()
        for contact, customer in whose.items():
            cursor.execute(_BELONGS, (name, contact, customer))
        concerned = {*(key for (key,) in before), *whose.values()}
        relink(cursor, sorted(concerned), followers(links))


def relinked(database: Database, customers: Sequence[int]) -> int:
    """Link these customers again; how many links changed."""
    with database.connect() as connection, connection.cursor() as cursor:
        return relink(cursor, customers, followers(links))


def links_of(database: Database) -> list[Link]:
    """All links in order of arrival, without the keys of threads."""
    hidden = ("thread_key", "previous_thread_key", "next_thread_key")
    shown = [column for column in links.c if column.name not in hidden]
    query = select(*shown).order_by(links.c.arrived_at, links.c.thread_key, links.c.turn)
    with database.engine.connect() as connection:
        return [dict(row._mapping) for row in connection.execute(query)]
