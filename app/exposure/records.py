"""The rows behind a change: the switch, its audit entry, the answer given.

Everything here runs inside the writer's transaction and under its lock, which is what makes
`max + 1` a safe number.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

import msgspec
import psycopg
from psycopg import sql
from psycopg.rows import TupleRow, class_row

from app.errors import WrongUse
from app.exposure.audit import GENESIS, Entry, canonical, sealed
from app.exposure.errors import KeyReused, Stale
from app.exposure.model import Switch

Connection = psycopg.Connection[TupleRow]
#: How long an idempotency key is remembered.
MEMORY = timedelta(days=7)
KEY_CHARS = 200

_COLUMNS = Switch.__struct_fields__
_INSERT = sql.SQL("insert into exposure_switches ({}) values ({})").format(
    sql.SQL(", ").join(map(sql.Identifier, _COLUMNS)),
    sql.SQL(", ").join(map(sql.Placeholder, _COLUMNS)),
)
_ASSIGNMENTS = sql.SQL(", ").join(
    sql.SQL("{} = {}").format(sql.Identifier(name), sql.Placeholder(name)) for name in _COLUMNS
)
_UPDATE = sql.SQL(
    "update exposure_switches set {} where id = %(id)s and version = %(seen)s"
).format(_ASSIGNMENTS)
_ENTRY_COLUMNS = sql.SQL(", ").join(map(sql.Identifier, Entry.__struct_fields__))
_APPEND = sql.SQL("insert into exposure_audit ({}) values ({})").format(
    _ENTRY_COLUMNS, sql.SQL(", ").join(map(sql.Placeholder, Entry.__struct_fields__))
)
_NEWEST = sql.SQL(
    "select {} from exposure_audit"
    " where case when %(switch)s::bigint is null then switch_id > 0"
    " else switch_id = %(switch)s end"
    " and (%(before)s::bigint is null or seq < %(before)s)"
    " order by seq desc limit %(limit)s"
).format(_ENTRY_COLUMNS)
_SINCE = sql.SQL("select {} from exposure_audit where at > %s order by seq").format(_ENTRY_COLUMNS)
_BETWEEN = sql.SQL("select {} from exposure_audit where seq between %s and %s order by seq").format(
    _ENTRY_COLUMNS
)
_ALL = sql.SQL("select {} from exposure_audit order by seq").format(_ENTRY_COLUMNS)


@dataclass(frozen=True, slots=True)
class Step:
    """What an audit entry says beside the switch itself."""

    action: str
    actor_kind: str
    actor_name: str
    at: datetime
    why: str
    readings: str | None = None
    proposed_by: str | None = None


def next_id(connection: Connection) -> int:
    """An id that no switch has ever had: the audit remembers those that are gone."""
    query = "select greatest(max(switch_id), 0) + 1 from exposure_audit"
    row = connection.execute(query).fetchone()
    assert row is not None
    return int(row[0])


def store(connection: Connection, current: Switch | None, switch: Switch | None) -> None:
    """Make the row what it shall be; a row that is not `current` any more is not touched."""
    if current is None:
        assert switch is not None
        connection.execute(_INSERT, _row(switch))
        return
    seen = {"id": current.id, "seen": current.version}
    if switch is None:
        query = "delete from exposure_switches where id = %(id)s and version = %(seen)s"
        touched = connection.execute(query, seen)
    else:
        touched = connection.execute(_UPDATE, _row(switch) | seen)
    if touched.rowcount != 1:
        raise Stale(f"switch {current.id} changed meanwhile: read it again", current.version)


def append(
    connection: Connection, current: Switch | None, switch: Switch | None, step: Step
) -> None:
    """The audit entry of a switch's change, chained to the last one."""
    touched = switch or current
    assert touched is not None
    before = None if current is None else canonical(current)
    after = None if switch is None else canonical(switch)
    chain(connection, touched.id, before, after, step)


def chain(
    connection: Connection, switch_id: int, before: str | None, after: str | None, step: Step
) -> None:
    """An audit entry, chained to the last one."""
    query = "select seq, hash from exposure_audit order by seq desc limit 1"
    seq, previous = connection.execute(query).fetchone() or (0, GENESIS)
    entry = Entry(
        seq=seq + 1,
        at=step.at,
        actor_kind=step.actor_kind,
        actor_name=step.actor_name,
        action=step.action,
        switch_id=switch_id,
        before=before,
        after=after,
        why=step.why,
        previous=previous,
        readings=step.readings,
        proposed_by=step.proposed_by,
    )
    connection.execute(_APPEND, msgspec.structs.asdict(sealed(entry)))


def newest(
    connection: Connection, switch_id: int | None, limit: int, before: int | None
) -> tuple[Entry, ...]:
    """Audit entries of one switch or of all (not of the guardrails), newest first."""
    with connection.cursor(row_factory=class_row(Entry)) as cursor:
        asked = {"switch": switch_id, "before": before, "limit": limit}
        return tuple(cursor.execute(_NEWEST, asked))


def entries(connection: Connection) -> Iterator[Entry]:
    """Every audit entry, oldest first."""
    with connection.cursor(row_factory=class_row(Entry)) as cursor:
        yield from cursor.execute(_ALL)


def since(connection: Connection, at: datetime) -> tuple[Entry, ...]:
    """The entries made after `at`, oldest first."""
    with connection.cursor(row_factory=class_row(Entry)) as cursor:
        return tuple(cursor.execute(_SINCE, [at]))


def between(connection: Connection, first: int, last: int) -> tuple[Entry, ...]:
    """The entries of these numbers, oldest first."""
    with connection.cursor(row_factory=class_row(Entry)) as cursor:
        return tuple(cursor.execute(_BETWEEN, [first, last]))


def last_opening(connection: Connection) -> tuple[int, int] | None:
    """First and last `seq` of the newest opening of all; None where there was none."""
    row = connection.execute(
        "select min(seq), max(seq) from exposure_audit where action = 'all_open' and at ="
        " (select max(at) from exposure_audit where action = 'all_open')"
    ).fetchone()
    return None if row is None or row[0] is None else (int(row[0]), int(row[1]))


def digest(content: object) -> str:
    """What tells one request's content from another's."""
    return hashlib.sha256(canonical(content).encode(errors="surrogatepass")).hexdigest()


def recall(connection: Connection, key: str, digest: str) -> str | None:
    """The answer given to this key, as JSON.  Raises KeyReused for other content."""
    if not 0 < len(key) <= KEY_CHARS or not key.isprintable():
        raise WrongUse(f"an idempotency key has 1 to {KEY_CHARS} printable characters")
    query = "select digest, answer from exposure_requests where key = %s"
    row = connection.execute(query, [key]).fetchone()
    if row is None:
        return None
    if row[0] != digest:
        raise KeyReused("this idempotency key was used for another change: take a new one")
    return str(row[1])


def remember(
    connection: Connection, key: str, digest: str, answer: msgspec.Struct | None, now: datetime
) -> None:
    """Keep the answer for its key, and forget those of long ago."""
    connection.execute("delete from exposure_requests where at < %s", [now - MEMORY])
    insert = "insert into exposure_requests (key, digest, answer, at) values (%s, %s, %s, %s)"
    connection.execute(insert, [key, digest, canonical(answer), now])


def _row(switch: Switch) -> dict[str, object]:
    return msgspec.structs.asdict(switch) | {"state": switch.state.value}
