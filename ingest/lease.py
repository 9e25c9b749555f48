"""Leases: any number of workers share the sources; a dead one's are taken over.

A worker is a row that it renews every few seconds, and a connection.  It lives while both do:
one that is killed is gone at once, one that is stopped, hangs or is cut off when its row runs
out.  A lease names the worker that has the source, and stands while that worker lives.  All of
them work out from the same rows who has which source: the n-th goes to the n-th worker, in a
circle.  Time is the server's: the workers' clocks need not agree.

Nobody knows that it was stopped before it goes on; so a lease is proven in the transaction
that it protects (:meth:`Lease.prove`), and what comes too late is not stored.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from uuid import uuid4

import psycopg
from psycopg.rows import TupleRow

from ingest.closing import Closing
from ingest.database import Database
from ingest.errors import DatabaseUnavailable, IngestError

#: A worker that says nothing for so long has lost its leases.
LASTS_S = 15.0
#: It says that it lives so many times in that time.
BEATS = 5

Cursor = psycopg.Cursor[TupleRow]


class LeaseLost(IngestError):
    """Another worker has the source by now; what we had of it was not stored."""


@dataclass(frozen=True, slots=True)
class Lease:
    """The right to pull one source."""

    source: str
    worker: str
    #: The source asked to be left alone until then.
    not_before: datetime | None

    def prove(self, at: Cursor, *_rest: object) -> None:
        """Keep the lease until the end of this transaction.  Raises LeaseLost: roll it back."""
        at.execute(_PROVE, (self.source, self.worker))
        if at.fetchone() is None:
            raise LeaseLost(f"another worker pulls {self.source} by now")


class Leases(Closing):
    """The leases of one worker; any of its threads may ask, one of them beats.

    Every method raises DatabaseUnavailable; the leases are lost then, and come back one by one.
    """

    def __init__(self, database: Database, *, lasts_s: float = LASTS_S) -> None:
        self.beat_s = lasts_s / BEATS
        self._database = database
        self._lasts_s = lasts_s
        self._guard = threading.Lock()
        self._connection: psycopg.Connection[TupleRow] | None = None
        self._worker = ""
        self._held: dict[str, Lease] = {}
        #: What is ours to take; None: whatever is free.
        self._ours: frozenset[str] | None = None

    def beat(self, able: Iterable[str] | None = None) -> None:
        """Say that we live and which sources we could pull; learn which of them are ours.

        With None we count for nobody's share, and may take whatever is free.
        """
        with self._guard, self._told():
            names = None if able is None else sorted(able)
            if not self._run(_BEAT, sources=names):
                # We were taken for dead: we begin anew, under another name.
                self._run(_LEAVE)
                self._drop()
                self._run(_BEAT, sources=names)
            still = {source for (source,) in self._run(_HELD)}
            self._held = {name: lease for name, lease in self._held.items() if name in still}
            self._ours = None if able is None else frozenset(name for (name,) in self._run(_OURS))

    def hold(self, source: str) -> Lease | None:
        """The lease, if it is ours now: kept, or taken where it is ours to take and free.

        One that is no longer ours to have is let go: ask between two pages.
        """
        with self._guard, self._told():
            if not self._is_ours(source):
                self._let_go(source)
                return None
            return self._held.get(source) or self._take(source)

    def holds(self, source: str) -> bool:
        """Whether the source is still ours as far as we know; asks nobody."""
        with self._guard:
            return source in self._held and self._is_ours(source)

    def let_go(self, source: str) -> None:
        """Give one lease up."""
        with self._guard, self._told():
            self._let_go(source)

    def leave_alone(self, source: str, until: datetime) -> None:
        """Tell whoever pulls the source next that it asked for a pause."""
        with self._guard, self._told():
            self._run(_LEAVE_ALONE, source=source, until=until)

    def close(self) -> None:
        """Give all of them up, at once."""
        with self._guard, self._told():
            if self._connection is not None:
                self._run(_LEAVE)
            self._drop()

    def _is_ours(self, source: str) -> bool:
        return self._ours is None or source in self._ours

    def _take(self, source: str) -> Lease | None:
        try:
            found = self._run(_TAKE, source=source)
        except psycopg.errors.LockNotAvailable:
            # Its owner was stopped while it stored a page; the server ends that soon.
            return None
        if found:
            self._held[source] = Lease(source, self._worker, found[0][0])
        return self._held.get(source)

    def _let_go(self, source: str) -> None:
        if self._held.pop(source, None) is not None:
            self._run(_LET_GO, source=source)

    def _run(self, statement: str, **values: object) -> list[TupleRow]:
        """Run a statement as the worker that we are, or become now."""
        connection = self._connection or self._join()
        told = {"worker": self._worker, "lasts_s": self._lasts_s, **values}
        at = connection.execute(statement.encode(), told)
        return at.fetchall() if at.description else []

    def _join(self) -> psycopg.Connection[TupleRow]:
        self._worker = uuid4().hex
        self._connection = self._database.connect(autocommit=True)
        self._connection.execute(_PATIENCE)
        self._run(_FORGET)
        self._run(_JOIN)
        return self._connection

    def _drop(self) -> None:
        self._held.clear()
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    @contextmanager
    def _told(self) -> Iterator[None]:
        try:
            yield
        except psycopg.OperationalError as error:
            self._drop()
            raise DatabaseUnavailable("the connection that held the leases broke") from error


_PATIENCE = "set lock_timeout = '1s'; set statement_timeout = '5s'"

_FORGET = "delete from workers where alive_until < now() - interval '1 day'"

_JOIN = """
    insert into workers (worker, pid, connected_at, alive_until)
    select %(worker)s, pid, backend_start, now() + make_interval(secs => %(lasts_s)s)
    from pg_stat_activity where pid = pg_backend_pid()
"""

# Whoever was silent for too long stays dead: others have counted on it.
_BEAT = """
    update workers
    set alive_until = now() + make_interval(secs => %(lasts_s)s), sources = %(sources)s
    where worker = %(worker)s and alive_until > now()
    returning worker
"""

_LEAVE = "delete from workers where worker = %(worker)s"

_ALIVE = """(
    select * from workers w where alive_until > now() and exists (
        select from pg_stat_activity a
        where a.pid = w.pid and coalesce(a.backend_start, w.connected_at) = w.connected_at
    )
)"""

# Each source has one and only one worker here that is able to pull it.
_OURS = f"""
    with able as (
        select source, array_agg(worker order by worker) as workers,
            row_number() over (order by source) - 1 as position
        from {_ALIVE} alive, unnest(sources) as source
        group by source
    )
    select source from able where workers[1 + position %% cardinality(workers)] = %(worker)s
"""

_HELD = "select source from leases where worker = %(worker)s"

_TAKE = f"""
    insert into leases as l (source, worker) values (%(source)s, %(worker)s)
    on conflict (source) do update set worker = excluded.worker
    where l.worker is null or l.worker = excluded.worker
        or l.worker not in (select worker from {_ALIVE} alive)
    returning not_before
"""

_LET_GO = "update leases set worker = null where source = %(source)s and worker = %(worker)s"

_LEAVE_ALONE = """
    update leases set not_before = %(until)s where source = %(source)s and worker = %(worker)s
"""

_PROVE = "select 1 from leases where source = %s and worker = %s for share"
