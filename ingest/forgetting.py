"""Forgetting by age: contacts with all that leads to them, the names of agents, old events.

Every function may be repeated, run beside others and be killed in the middle: what is left to
do is found again.  It works in small transactions, and leaves to tomorrow what somebody writes
to at the moment.  The horizon is published first, so that from then on nothing older is taken
in (:mod:`ingest.stage`) and the verification knows what it cannot recompute.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

import psycopg
from psycopg import sql
from psycopg.rows import TupleRow

from ingest.database import AT_LENGTH, Database
from ingest.events import EARLIEST
from ingest.horizon import horizon
from ingest.linker import Linker
from ingest.linking import Cursor, Due, link
from ingest.statements import statements

#: Threads in one transaction.
AT_ONCE = 5_000
_DAY = timedelta(days=1)
_SQL = statements("forgetting.sql")
# Who reads an old day at the moment is waited for this long, then it is left to tomorrow.
_PATIENCE = "set local lock_timeout = '3s'"


@dataclass(frozen=True, slots=True)
class Gone:
    """How many contacts were forgotten, and how many days of events dropped or cleared."""

    contacts: int
    days: int


def claim_night(database: Database, since: datetime, now: datetime) -> bool:
    """Whether the night that began at `since` is ours to work in; nobody else's then.

    The night in which a house was opened is nobody's: what was just loaded is not forgotten
    before somebody has seen it.
    """
    with database.connect() as connection:
        row = connection.execute(_SQL["claim"], {"since": since, "now": now}).fetchone()
    return row == (True,)


def forget_contacts(database: Database, linker: Linker, before: datetime, now: datetime) -> Gone:
    """Forget every thread whose last word is older, then the days of events nobody needs.

    `before` is a midnight in UTC.
    """
    _publish(database, "contacts", before, now)
    linker.drain(now)
    forgotten = 0
    for page in _pages(database, "old", {"before": before}):

        def work(at: Cursor, page: list[int] = page) -> tuple[int, list[int]]:
            row = at.execute(_SQL["drop"], {"threads": page, "before": before}).fetchone()
            assert row is not None
            threads, number, contacts = row
            return contacts, link(at, Due(threads, number=number), now)

        forgotten += linker.alone(work)
    return Gone(forgotten, sum(_clear(database, *day) for day in days_before(database, before)))


def forget_agents(database: Database, before: datetime, now: datetime) -> int:
    """Forget which agent it was and what agents did; how many contacts and states that were."""
    with database.engine.connect() as connection:
        last = horizon(connection, "agents")
    # What came late to a thread without any contact is found if it came within a week.
    since = EARLIEST if last is None else last - 7 * _DAY
    forgotten = 0
    for page in _pages(database, "with_agents", {"before": before, "since": since}):
        with database.connect() as connection:
            first = connection.execute(_SQL["span"], {"threads": page}).fetchone()
            words = {"threads": page, "before": before, "since": first and first[0]}
            forgotten += connection.execute(_SQL["hide_agents"], words).rowcount
    forgotten += _forget_states(database, before)
    _publish(database, "agents", before, now)
    return forgotten


def days_before(database: Database, before: datetime) -> list[tuple[str, datetime]]:
    """The partitions of events that end by then, and when each ends."""
    with database.connect() as connection:
        found = connection.execute(_SQL["days"], {"before": before}).fetchall()
    return [(name, ends) for name, ends in found]


def count(database: Database, what: str, before: datetime) -> int:
    """How many `old` contacts, contacts with `agents`, `states` of agents there are before."""
    with database.connect() as connection:
        row = connection.execute(_SQL[f"count_{what}"], {"before": before}).fetchone()
    assert row is not None
    return int(row[0])


def _publish(database: Database, what: str, before: datetime, now: datetime) -> None:
    with database.connect() as connection:
        connection.execute(_SQL["publish"], {"what": what, "before": before, "now": now})


def _pages(database: Database, name: str, words: Mapping[str, object]) -> Iterator[list[int]]:
    """The keys that the statement finds, read once, so many at a time."""
    with database.connect() as connection, connection.cursor("forgetting") as rows:
        connection.execute(AT_LENGTH)
        rows.execute(_SQL[name], words)
        while page := rows.fetchmany(AT_ONCE):
            yield [key for (key,) in page]


def _clear(database: Database, name: str, ends: datetime) -> bool:
    """Drop a day of events, or what is forgotten of it; whether there was anything to do."""
    day = sql.Identifier(name)
    try:
        with database.connect() as connection:
            connection.execute(_PATIENCE)
            connection.execute(sql.SQL("lock table {} in access exclusive mode").format(day))
            kept = _keep_apart(connection, day, ends)
            if kept is None:
                return False
            if kept:
                connection.execute(sql.SQL("truncate {}").format(day))
                connection.execute(sql.SQL("insert into {} select * from kept").format(day))
            else:
                connection.execute(sql.SQL("drop table {}").format(day))
    except psycopg.errors.LockNotAvailable:
        return False
    return True


def _keep_apart(
    connection: psycopg.Connection[TupleRow], day: sql.Identifier, ends: datetime
) -> int | None:
    """Copy what belongs to a living thread into ``kept``; how much.  None: all of it does."""
    # A thread that began anew after this day has nothing to do with what bore its key before.
    living = sql.SQL("exists (select from threads t where t.thread_key = e.thread_key "
                     "and t.first_at < {})").format(sql.Literal(ends))  # fmt: skip
    some = sql.SQL("select exists (select from {} e where not {})").format(day, living)
    whole = sql.SQL("select not exists (select from {})").format(day)
    if connection.execute(some).fetchone() == (False,):
        return 0 if connection.execute(whole).fetchone() == (True,) else None
    copied = sql.SQL("create temporary table kept on commit drop as select e.* from {} e where {}")
    return connection.execute(copied.format(day, living)).rowcount


def _forget_states(database: Database, before: datetime) -> int:
    """What agents did, a day at a time."""
    forgotten = 0
    with database.connect(autocommit=True) as connection:
        row = connection.execute(_SQL["first_state"], {"before": before}).fetchone()
        since = row[0] if row else None
        while since is not None and since < before:
            until = min(since + _DAY, before)
            words = {"since": since, "until": until}
            gone = connection.execute(_SQL["drop_states"], words).fetchone()
            forgotten += gone[0] if gone else 0
            since = until
        connection.execute(_SQL["drop_last_words"], {"before": before})
    return forgotten
