"""The rows of the occurrences: planned once, taken under a lease by one writer, settled once."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum

import msgspec
from psycopg.rows import dict_row

from app.reports.sending.leases import taking
from app.reports.sending.model import Schedule
from app.reports.sending.occurrences import Occurrence
from app.reports.sending.schedules import Connection, Kept

#: How long a writer that says nothing keeps an occurrence: longer than any report takes.
LEASE_S = 180.0
ERROR_CHARS = 300


class State(StrEnum):
    """Where an occurrence stands."""

    DUE = "due"
    WRITTEN = "written"
    FAILED = "failed"
    #: Planned too late to be of use.
    SKIPPED = "skipped"


class Run(msgspec.Struct, frozen=True, kw_only=True):
    """One occurrence of a schedule, with the schedule as it stood then.

    `attempts` with this one; `title`, `subject`, `letter`, `first`, `last`, `as_of`: once written.
    """

    id: int
    schedule: Schedule
    version: int
    day: date
    due_at: datetime
    state: State
    attempts: int
    error: str | None
    title: str | None
    subject: str | None
    letter: str | None
    first: date | None
    last: date | None
    as_of: datetime | None
    settled_at: datetime | None


class Written(msgspec.Struct, frozen=True, kw_only=True):
    """What a letter says of the report that was written, and of what it tells."""

    title: str
    subject: str
    letter: str
    first: date
    last: date
    as_of: datetime


_COLUMNS = (
    "id, version, day, content, due_at, state, attempts, error, title, subject, letter, first, "
    "last, as_of, settled_at"
)


def plan(connection: Connection, kept: Kept, due: Occurrence, state: State, now: datetime) -> bool:
    """Have a row for that occurrence; False: it has one already."""
    settled = None if state is State.DUE else now
    content = msgspec.json.encode(kept.schedule).decode()
    done = connection.execute(
        "insert into report_runs"
        " (schedule, version, day, content, due_at, state, next_at, settled_at)"
        " values (%s, %s, %s, %s, %s, %s, %s, %s) on conflict (schedule, day) do nothing",
        [
            kept.schedule.name, kept.version, due.day, content, due.at, state.value, now, settled,
        ],
    )  # fmt: skip
    return done.rowcount == 1


def planned_until(connection: Connection, name: str) -> datetime | None:
    """When the last occurrence was due that has a row."""
    row = connection.execute(
        "select max(due_at) from report_runs where schedule = %s", [name]
    ).fetchone()
    return None if row is None else row[0]


def take(
    connection: Connection, writer: str, now: datetime, lease_s: float = LEASE_S
) -> Run | None:
    """The next that is to be written and that nobody has."""
    found = _runs(connection, _TAKE, {"taker": writer, "now": now, "lease_s": lease_s})
    return found[0] if found else None


def written(connection: Connection, run: Run, writer: str, told: Written, now: datetime) -> bool:
    """It is written; False: the lease was over and it is somebody else's."""
    done = connection.execute(
        _WRITTEN, {**msgspec.to_builtins(told), "id": run.id, "writer": writer, "now": now}
    )
    return done.rowcount == 1


def not_written(
    connection: Connection, run: Run, writer: str, error: str, next_at: datetime | None,
    now: datetime,
) -> bool:  # fmt: skip
    """It could not be written: to be tried again then, or (None) given up."""
    state = State.FAILED if next_at is None else State.DUE
    done = connection.execute(
        "update report_runs set state = %s, next_at = %s, error = %s, settled_at = %s,"
        " lease = null, leased_until = null where id = %s and lease = %s and state = 'due'",
        [
            state.value, next_at or now, error[:ERROR_CHARS], now if next_at is None else None,
            run.id, writer,
        ],
    )  # fmt: skip
    return done.rowcount == 1


def run(connection: Connection, id: int) -> Run | None:
    """The occurrence of that number."""
    found = _runs(connection, f"select {_COLUMNS} from report_runs where id = %(id)s", {"id": id})
    return found[0] if found else None


def again(connection: Connection, id: int, now: datetime) -> bool:
    """Have one that was given up or skipped written after all."""
    done = connection.execute(
        "update report_runs set state = 'due', attempts = 0, next_at = %s, error = null,"
        " settled_at = null where id = %s and state in ('failed', 'skipped')",
        [now, id],
    )
    return done.rowcount == 1


def lately(connection: Connection, name: str | None, limit: int) -> list[Run]:
    """The occurrences of one schedule or all, the newest first."""
    query = f"""
        select {_COLUMNS} from report_runs
        where %(name)s::text is null or schedule = %(name)s
        order by due_at desc, id desc limit %(limit)s
    """
    return _runs(connection, query, {"name": name, "limit": limit})


_TAKE = taking("report_runs", "due", _COLUMNS.split(", "))

_WRITTEN = """
    update report_runs
    set state = 'written', settled_at = %(now)s, title = %(title)s, subject = %(subject)s,
        letter = %(letter)s, first = %(first)s, last = %(last)s, as_of = %(as_of)s, error = null,
        lease = null, leased_until = null
    where id = %(id)s and lease = %(writer)s and state = 'due'
"""


def _runs(connection: Connection, query: str, told: dict[str, object]) -> list[Run]:
    with connection.cursor(row_factory=dict_row) as cursor:
        rows = cursor.execute(query.encode(), told).fetchall()
    return [
        msgspec.convert({**row, "schedule": msgspec.json.decode(str(row["content"]))}, Run)
        for row in rows
    ]
