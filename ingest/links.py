"""Links: of each request of a customer the previous and the next one, on any channel.

`relink` makes them anew for the customers whose contacts or identities changed, in one
statement with its followers (as in :mod:`ingest.store`): the difference between what was and
what is moves on, so the sums that follow are exact.  `relink_all` does so for everybody, and
`DIFFERING` finds what is not as a recomputation says.  Linking is a fact: gaps are stored, and
windows are applied on reading (:mod:`kpis.repeats`).
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from importlib.resources import files

import psycopg
from psycopg.rows import TupleRow

from ingest.followers import Follower
from ingest.link_schema import links
from ingest.linking import LOCK

__all__ = ["DIFFERING", "LINK_COLUMNS", "links", "relink", "relink_all"]

Cursor = psycopg.Cursor[TupleRow]

#: The columns of ``links``, in the order in which ``linked`` gives them.
LINK_COLUMNS: tuple[str, ...] = tuple(column.name for column in links.columns)
#: Customers in one statement where all are linked again.
_MANY = 20_000
#: So few are live: one plan serves them for as long as the connection lives, and it never
#: reads a whole table, however little is known of the tables yet.
_FEW = 500
_LIVE = "set local enable_seqscan = off; set local plan_cache_mode = force_generic_plan"


def _gap(later: str, earlier: str) -> str:
    return f"(date_part('epoch', {later} - {earlier}) * 1000)::bigint"


def _gaps() -> dict[str, str]:
    windows = ("customer", "on_channel", "for_reason", "for_both")
    since = {f"since_{w}": _gap("arrived_at", f"lag(arrived_at) over {w}") for w in windows}
    until = {f"until_{w}": _gap(f"lead(arrived_at) over {w}", "arrived_at") for w in windows}
    return {**since, **until}


def _file(name: str) -> str:
    return files("ingest").joinpath(name).read_text()


def linked(*, few: bool) -> str:
    """``with whose as (…), <linked> select * from linked``; `few`: of contacts looked up by key."""
    looked_up = "and c.thread_key = any(array(select thread_key from whose))" if few else ""
    return _file("links.sql").format(looked_up=looked_up, **_gaps())


def linked_among(requests: str) -> str:
    """The links between some of the requests alone: `requests` selects those of ``links``."""
    _all, _, linking = _file("links.sql").partition("linked as (")
    links_of_all = linking.rpartition(")")[0].format(**_gaps())
    return links_of_all.replace("from requests", f"from ({requests}) requests")


_COLUMNS = ", ".join(LINK_COLUMNS)
#: Rows with a `side`: `stored` where the table holds what nothing says, `recomputed` where it
#: lacks what it should hold.  Customers whom the linker is still to see to are left out.
DIFFERING: str = f"""
with pending as materialized (
    select distinct t.customer_key from linking_due join thread_customers t using (thread_key)
),
whose as (
    select thread_key, customer_key from thread_customers
    where customer_key not in (select customer_key from pending)
),
{linked(few=False)},
stored as (
    select {_COLUMNS} from links where customer_key not in (select customer_key from pending)
),
superfluous as (select * from stored except all select {_COLUMNS} from linked),
missing as (select {_COLUMNS} from linked except all select * from stored)
select 'stored' as side, * from superfluous
union all
select 'recomputed', * from missing
"""


def relink(cursor: Cursor, customers: Sequence[int], followers: Sequence[Follower] = ()) -> int:
    """Make the links of these customers anew, in the caller's transaction; how many changed.

    The caller holds :data:`ingest.linking.LOCK`, and names a customer who lost a thread as well
    as the one who got it.
    """
    statement = _statement(tuple(followers)).encode()
    named = {"customers": list(customers)}
    if live := len(customers) <= _FEW:
        cursor.execute(_LIVE)
    found = cursor.execute(statement, named, prepare=live).fetchone()
    assert found is not None
    return int(found[0])


def relink_all(cursor: Cursor, followers: Sequence[Follower] = ()) -> int:
    """Make the links of all customers anew, in the caller's transaction; how many changed."""
    cursor.execute("select pg_advisory_xact_lock(%s)", (LOCK,))
    cursor.execute("select customer_key from thread_customers union select customer_key from links")
    everybody = [key for (key,) in cursor.fetchall()]
    parts = (everybody[start : start + _MANY] for start in range(0, len(everybody), _MANY))
    return sum(relink(cursor, part, followers) for part in parts)


@cache
def _statement(followers: tuple[Follower, ...]) -> str:
    keys = ("thread_key", "turn")
    taken = [f"{column} = m.{column}" for column in LINK_COLUMNS if column not in keys]
    return _file("relink.sql").format(
        links=linked(few=True).replace("%", "%%"),
        columns=", ".join(LINK_COLUMNS),
        changed=", ".join(taken),
        followers="".join(
            f",\n\n{follower.name} as (\n{follower.sql.replace('%', '%%')}\n)"
            for follower in followers
        ),
    )
