"""Links: of each request of a customer the previous and the next one, on any channel.

`relink` makes them anew for the customers whose contacts or identities changed, in one
statement with its followers (as in :mod:`ingest.store`): the difference between what was and
what is moves on, so the sums that follow are exact.  Linking is a fact: gaps are stored, and
windows are applied on reading (:mod:`kpis.repeats`).
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from importlib.resources import files

import psycopg
from psycopg.rows import TupleRow

from ingest.fold import listed
from ingest.followers import Follower
from ingest.link_schema import links

__all__ = ["LINKS", "LINK_COLUMNS", "PASSING", "links", "relink"]

Cursor = psycopg.Cursor[TupleRow]

#: Kinds by which a customer tried and asked for nobody; they alone make no contact.
PASSING = ("left_ivr", "phantom")
#: The columns of ``links``, in the order in which ``linked`` gives them.
LINK_COLUMNS: tuple[str, ...] = tuple(column.name for column in links.columns)
#: One who links waits for the other: customers share threads, and threads customers.
_LINKING = 7_301_842_650_117


def _gap(later: str, earlier: str) -> str:
    return f"(date_part('epoch', {later} - {earlier}) * 1000)::bigint"


def _gaps() -> dict[str, str]:
    windows = ("customer", "on_channel", "for_reason", "for_both")
    since = {f"since_{w}": _gap("arrived_at", f"lag(arrived_at) over {w}") for w in windows}
    until = {f"until_{w}": _gap(f"lead(arrived_at) over {w}", "arrived_at") for w in windows}
    return {**since, **until}


def _file(name: str) -> str:
    return files("ingest").joinpath(name).read_text()


#: ``with whose as (…), <LINKS> select * from linked``
LINKS: str = _file("links.sql").format(passing=listed(PASSING), **_gaps())


def relink(
    cursor: Cursor, customers: Sequence[int], followers: Sequence[Follower] = ()
) -> int:
    """Make the links of these customers anew, in the caller's transaction; how many changed.

    Name a customer who lost a thread as well as the one who got it.
    """
    cursor.execute("select pg_advisory_xact_lock(%s)", (_LINKING,))
    statement = _statement(tuple(followers))
    named = {"customers": list(dict.fromkeys(customers))}
    found = cursor.execute(statement.encode(), named, prepare=False).fetchone()
    assert found is not None
    return int(found[0])


@cache
def _statement(followers: tuple[Follower, ...]) -> str:
    keys = ("thread_key", "turn")
    taken = [f"{column} = m.{column}" for column in LINK_COLUMNS if column not in keys]
    return _file("relink.sql").format(
        links=LINKS.replace("%", "%%"),
        columns=", ".join(LINK_COLUMNS),
        changed=", ".join(taken),
        followers="".join(
            f",\n\n{follower.name} as (\n{follower.sql.replace('%', '%%')}\n)"
            for follower in followers
        ),
    )
