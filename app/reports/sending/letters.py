"""The letters: a row a person, taken under a lease by one sender, handed over once.

``waiting`` → (all but the end was sent) ``handed`` → (the server's answer) ``sent``.  Who dies
while it waits is followed by another, for the mail server drops what has no end.  Who dies once
it is handed leaves it ``unknown``: it may have arrived, so nobody sends it again unasked.
"""

from __future__ import annotations

import hashlib
from datetime import datetime
from enum import StrEnum

import msgspec
from psycopg.rows import dict_row

from app.reports.sending.leases import taking
from app.reports.sending.runs import ERROR_CHARS, Run
from app.reports.sending.schedules import Connection

#: How long a sender that says nothing keeps a letter: longer than an attempt may take.
LEASE_S = 90.0


class State(StrEnum):
    """Where a letter stands."""

    WAITING = "waiting"
    HANDED = "handed"
    SENT = "sent"
    DEAD = "dead"
    UNKNOWN = "unknown"


#: Did not reach whom it is to, as far as anybody knows.
FAILED = (State.DEAD, State.UNKNOWN)
#: A sender has it, or will.
UNDER_WAY = (State.WAITING, State.HANDED)


class LeaseLost(Exception):
    """Another sender has the letter by now: send nothing."""


class Letter(msgspec.Struct, frozen=True, kw_only=True):
    """One letter of an occurrence to one person; `attempts` with this one.

    `again`: 0, or of those that somebody sent again the number.
    """

    id: int
    run: int
    recipient: str
    message: str
    again: int
    asked_by: str | None
    state: State
    attempts: int
    error: str | None
    written_at: datetime
    handed_at: datetime | None
    settled_at: datetime | None


_COLUMNS = (
    "id, run, recipient, message, again, asked_by, state, attempts, error, written_at, handed_at, "
    "settled_at"
)


def message_id(run: Run, recipient: str, again: int) -> str:
    """The same for the same letter, whoever sends it and however often."""
    told = f"{run.schedule.name}\0{run.day}\0{run.id}\0{recipient.lower()}\0{again}"
    return f"{hashlib.sha256(told.encode()).hexdigest()[:40]}@vigie"


def put(
    connection: Connection, run: Run, recipient: str, now: datetime, *, again: int = 0,
    asked_by: str | None = None,
) -> None:  # fmt: skip
    """Write one, to be sent at once; once, however often it is called."""
    message = message_id(run, recipient, again)
    connection.execute(
        "insert into report_letters"
        " (run, recipient, message, again, asked_by, written_at, next_at)"
        " values (%s, %s, %s, %s, %s, %s, %s) on conflict (run, recipient, again) do nothing",
        [run.id, recipient, message, again, asked_by, now, now],
    )


def take(
    connection: Connection, sender: str, now: datetime, lease_s: float = LEASE_S
) -> Letter | None:
    """The next that is due and that nobody has."""
    told = {"taker": sender, "now": now, "lease_s": lease_s}
    found = _letters(connection, _TAKE, told)
    return found[0] if found else None


def hand(connection: Connection, letter: Letter, sender: str, now: datetime) -> None:
    """From the commit on it may be the mail server's.  Raises LeaseLost."""
    done = connection.execute(
        "update report_letters set state = 'handed', handed_at = %s"
        " where id = %s and lease = %s and state = 'waiting'"
        " and leased_until > clock_timestamp()",
        [now, letter.id, sender],
    )
    if done.rowcount != 1:
        raise LeaseLost(f"letter {letter.id} is another sender's by now")


def settle(
    connection: Connection, letter: Letter, sender: str, state: State, next_at: datetime,
    error: str | None, now: datetime,
) -> bool:  # fmt: skip
    """How the attempt ended; False: the lease was over and it is no longer this sender's."""
    done = connection.execute(
        "update report_letters set state = %s, next_at = %s, error = %s, settled_at = %s,"
        " handed_at = case when %s then handed_at end, lease = null, leased_until = null"
        " where id = %s and lease = %s and state in ('waiting', 'handed')",
        [
            state.value, next_at, error and error[:ERROR_CHARS],
            None if state is State.WAITING else now, state in (State.SENT, State.UNKNOWN),
            letter.id, sender,
        ],
    )  # fmt: skip
    return done.rowcount == 1


def orphans(connection: Connection, now: datetime) -> int:
    """Those whose sender ended after it had handed them: nobody knows; how many."""
    done = connection.execute(
        "update report_letters set state = 'unknown', settled_at = %s, lease = null,"
        " leased_until = null, error = %s"
        " where state = 'handed' and leased_until < clock_timestamp()",
        [now, "the sender ended before it heard whether the mail server took it"],
    )
    return done.rowcount


def of_runs(connection: Connection, runs: list[int]) -> list[Letter]:
    """The letters of these occurrences, by person."""
    query = f"""
        select {_COLUMNS} from report_letters where run = any(%(runs)s) order by recipient, again
    """
    return _letters(connection, query, {"runs": runs})


def retry(connection: Connection, id: int, now: datetime) -> bool:
    """Try one after all that was given up or of which nobody knows; under the same Message-ID."""
    done = connection.execute(
        "update report_letters set state = 'waiting', attempts = 0, next_at = %s, error = null,"
        " handed_at = null, settled_at = null"
        " where id = %s and state in ('dead', 'unknown')",
        [now, id],
    )
    return done.rowcount == 1


_TAKE = taking("report_letters", "waiting", _COLUMNS.split(", "))


def _letters(connection: Connection, query: str, told: dict[str, object]) -> list[Letter]:
    with connection.cursor(row_factory=dict_row) as cursor:
        rows = cursor.execute(query.encode(), told).fetchall()
    return msgspec.convert(rows, list[Letter])
