"""Slowing down who guesses, without locking out who owns the name.

The counts stand in the database: all processes see the same, a restart forgets none, and
what is old is swept by the next attempt.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from ipaddress import IPv6Address, ip_address, ip_network

from sqlalchemy import Connection, Engine, case, delete, func, select, update
from sqlalchemy.dialects.postgresql import insert

from app.access.attempts_schema import login_attempts as table

#: Failures that are free: for one name from one address, for one address, for one's codes.
FREE_BY_NAME, FREE_BY_ADDRESS, FREE_CODES = 5, 30, 5
FORGET = timedelta(minutes=15)
_LONGEST_WAIT_S = 300
_SWEPT_AT_ONCE = 1_000


@dataclass(frozen=True, slots=True)
class Counter:
    """What failures are counted by, and how many of them are free."""

    key: bytes
    free: int


def at_login(name: str, address: str) -> tuple[Counter, Counter]:
    """By name and address together, and by address: no name can be locked from afar."""
    where = _neighbourhood(address)
    return (
        Counter(_key("login", name, where), FREE_BY_NAME),
        Counter(_key("address", where), FREE_BY_ADDRESS),
    )


def of_codes(name: str) -> tuple[Counter]:
    """By name alone, wherever from: who gets so far knows the password."""
    return (Counter(_key("code", name), FREE_CODES),)


def of_proofs(name: str) -> tuple[Counter]:
    """By name alone, of somebody who is logged in and shows the password once more."""
    return (Counter(_key("proof", name), FREE_BY_NAME),)


class Attempts:
    """Failures of the last quarter of an hour; each one past the free ones doubles the wait
    before the next attempt is looked at.

    An attempt counts as failed from its beginning: else a hundred sent at once would all be
    looked at before the first of them is known to be wrong.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def begin(self, counters: Collection[Counter], now: datetime) -> int:
        """Seconds to wait; 0: this attempt may be looked at, and is counted as a wrong one."""
        with self._engine.begin() as connection:
            _one_after_another(connection, counters)
            if wait_s := _wait_s(connection, counters, now):
                return wait_s
            for counter in counters:
                _count(connection, counter, now)
            _sweep(connection, now)
        return 0

    def succeeded(self, counters: Collection[Counter]) -> None:
        """It was right: the first counter is cleared, the others lose this one attempt."""
        first, *others = counters
        with self._engine.begin() as connection:
            _one_after_another(connection, counters)
            connection.execute(delete(table).where(table.c.key == first.key))
            for other in others:
                less = update(table).where(table.c.key == other.key)
                connection.execute(less.values(failed=func.greatest(table.c.failed - 1, 0)))


def _one_after_another(connection: Connection, counters: Collection[Counter]) -> None:
    """Attempts on the same keys take turns; in one order, so that none wait for each other."""
    for key in sorted(counter.key for counter in counters):
        lock = int.from_bytes(key[:8], signed=True)
        connection.execute(select(func.pg_advisory_xact_lock(lock)))


def _wait_s(connection: Connection, counters: Collection[Counter], now: datetime) -> int:
    free = {counter.key: counter.free for counter in counters}
    query = select(table).where(table.c.key.in_(free), table.c.last_at > now - FORGET)
    waits: list[int] = [
        _penalty_s(row.failed - free[row.key]) - math.floor((now - row.last_at).total_seconds())
        for row in connection.execute(query)
    ]
    return max(0, *waits, 0)


def _penalty_s(too_many: int) -> int:
    """0 while failures are free, then 1, 2, 4 … seconds."""
    return 0 if too_many < 0 else min(1 << min(too_many, 16), _LONGEST_WAIT_S)


def _count(connection: Connection, counter: Counter, now: datetime) -> None:
    one = insert(table).values(key=counter.key, failed=1, last_at=now)
    failed = case((table.c.last_at <= now - FORGET, 1), else_=table.c.failed + 1)
    connection.execute(
        one.on_conflict_do_update(
            index_elements=[table.c.key], set_={"failed": failed, "last_at": now}
        )
    )


def _sweep(connection: Connection, now: datetime) -> None:
    old = select(table.c.key).where(table.c.last_at <= now - FORGET).limit(_SWEPT_AT_ONCE)
    connection.execute(delete(table).where(table.c.key.in_(old.with_for_update(skip_locked=True))))


def _key(*parts: str) -> bytes:
    """Names and addresses are not kept, only their digest: of one length, however long."""
    return hashlib.sha256("\0".join(parts).encode("utf-8", "surrogatepass")).digest()


def _neighbourhood(address: str) -> str:
    """The address, or of IPv6 the /64 that one customer of a provider has to himself."""
    try:
        found = ip_address(address)
    except ValueError:
        return address
    if not isinstance(found, IPv6Address):
        return str(found)
    return str(found.ipv4_mapped or ip_network((found, 64), strict=False))
