"""The only writer of exposure.

A change is one transaction: lock, idempotency key, version, guardrails, switch, audit entry,
notification; all of it or nothing.  Writers queue on the audit's lock, readers never wait.
A change that changes nothing writes nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime

import msgspec
import psycopg
from psycopg.rows import TupleRow
from sqlalchemy.exc import OperationalError, TimeoutError

from app.errors import Forbidden, NotFound, WrongUse
from app.exposure import audit, records
from app.exposure.audit import Entry, Verification
from app.exposure.errors import Busy, ScopeTaken, Stale
from app.exposure.guardrails import require_human
from app.exposure.model import Actor, Change, Switch, clean, tidy
from app.exposure.reading import Exposure, read
from app.exposure.schema import NOTIFICATIONS
from ingest.database import Database
from ingest.errors import DatabaseUnavailable

Connection = psycopg.Connection[TupleRow]
ROLE = "operator"
#: How long a change waits for the one before it.
PATIENCE_MS = 5000


class ExposureService:
    """Changes and reads of exposure on one database; holds no state of its own."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def set(
        self,
        change: Change,
        actor: Actor,
        now: datetime,
        *,
        expected_version: int | None = None,
        key: str | None = None,
    ) -> Switch:
        """Make the scope's switch what `change` says; answers the switch as it then stands.

        `expected_version` is the version the actor has seen, 0 for «none in force»; None takes
        whatever is there.  The same `key` with the same content answers again without doing
        again.  Raises WrongUse, Forbidden, Stale, GuardrailRefused, KeyReused.
        """
        content = ["set", change, expected_version]

        def work(connection: Connection) -> Switch:
            return self._set(connection, change, actor, now, expected_version)

        answer = self._once(key, content, actor, now, work)
        assert answer is not None
        return answer

    def revert(
        self,
        switch_id: int,
        actor: Actor,
        now: datetime,
        *,
        why: str = "",
        expected_version: int | None = None,
        key: str | None = None,
    ) -> Switch | None:
        """Undo the switch's last change; None where there was no switch before it.

        Undoing twice does it again.  Raises NotFound besides what `set` raises.
        """
        content = ["revert", switch_id, why, expected_version]

        def work(connection: Connection) -> Switch | None:
            return self._revert(connection, switch_id, actor, now, why, expected_version)

        return self._once(key, content, actor, now, work)

    def read(self) -> Exposure:
        """Everything: modes, words, switches (also those that are over) and the revision."""
        with self._reading() as connection:
            return read(connection)

    def list(self, now: datetime) -> tuple[Switch, ...]:
        """The switches that count now or will later, by id; those that are over left out."""
        return tuple(switch for switch in self.read().switches if not switch.over(now))

    def history(
        self, switch_id: int | None = None, *, limit: int = 100, before: int | None = None
    ) -> tuple[Entry, ...]:
        """Audit entries, newest first, of one switch or all; `before` (a seq) pages back."""
        with self._reading() as connection:
            return records.newest(connection, switch_id, limit, before)

    def verify(self) -> Verification:
        """Whether the audit is unbroken and has made the switches what they are."""
        with self._reading() as connection:
            connection.execute("set transaction isolation level repeatable read, read only")
            return audit.verify(records.entries(connection), read(connection).switches)

    def _set(
        self,
        connection: Connection,
        change: Change,
        actor: Actor,
        now: datetime,
        expected_version: int | None,
    ) -> Switch:
        exposure = read(connection)
        wanted = tidy(change, exposure.modes, exposure.words, now)
        current = exposure.at(wanted.scope)
        _require_version(current, expected_version, now, str(wanted.scope))
        if current is not None and _same(current, wanted):
            return current
        switch = Switch(
            **msgspec.structs.asdict(wanted) | {"owner": wanted.owner or actor.name},
            id=current.id if current else records.next_id(connection),
            version=exposure.revision + 1,
            updated_at=now,
        )
        self._write(connection, exposure, current, switch, _entry("set", actor, now, switch.why))
        return switch

    def _revert(
        self,
        connection: Connection,
        switch_id: int,
        actor: Actor,
        now: datetime,
        why: str,
        expected_version: int | None,
    ) -> Switch | None:
        exposure = read(connection)
        last = next(iter(records.newest(connection, switch_id, 1, None)), None)
        if last is None:
            raise NotFound(f"no switch {switch_id}: see those that were in the exposure's history")
        current = exposure.by_id(switch_id)
        _require_version(current, expected_version, now, f"switch {switch_id}")
        switch = _as_it_was(last, exposure, now)
        step = _entry("revert", actor, now, clean("why", why) or f"revert of change {last.seq}")
        self._write(connection, exposure, current, switch, step)
        return switch

    def _write(
        self,
        connection: Connection,
        exposure: Exposure,
        current: Switch | None,
        switch: Switch | None,
        step: records.Step,
    ) -> None:
        touched = switch or current
        assert touched is not None
        after = exposure.with_switch(touched.id, switch)
        require_human(after, exposure.modes, touched.scope, step.at)
        records.store(connection, current, switch)
        records.append(connection, current, switch, step)
        connection.execute(f"notify {NOTIFICATIONS}")

    def _once(
        self,
        key: str | None,
        content: object,
        actor: Actor,
        now: datetime,
        work: Callable[[Connection], Switch | None],
    ) -> Switch | None:
        """Do the work, or give the answer that this key was given before."""
        if ROLE not in actor.roles:
            raise Forbidden(f"changing exposure needs the role «{ROLE}»; {actor.name} lacks it")
        if not clean("actor", actor.name):
            raise WrongUse("a change needs a name behind it")
        digest = records.digest([content, actor.kind, actor.name])
        with self._writing() as connection:
            if key is not None and (known := records.recall(connection, key, digest)) is not None:
                return msgspec.json.decode(known, type=Switch | None)
            answer = work(connection)
            if key is not None:
                records.remember(connection, key, digest, answer, now)
            return answer

    @contextmanager
    def _writing(self) -> Iterator[Connection]:
        """A transaction alone with the switches; committed on leaving, undone by any error."""
        with self._reading() as connection:
            try:
                connection.execute(f"set local lock_timeout = {PATIENCE_MS}".encode())
                connection.execute("lock table exposure_audit in share row exclusive mode")
            except psycopg.errors.LockNotAvailable as error:
                raise Busy("another change is being written: try again") from error
            yield connection

    @contextmanager
    def _reading(self) -> Iterator[Connection]:
        """A transaction on a pooled connection; committed on leaving, undone by any error."""
        try:
            pooled = self._database.engine.raw_connection()
            try:
                connection: Connection = pooled.driver_connection  # type: ignore[assignment]
                with connection.transaction():
                    yield connection
            finally:
                pooled.close()
        except (psycopg.OperationalError, OperationalError, TimeoutError) as error:
            raise DatabaseUnavailable(
                "the database went away: look at the exposure's history, then try again"
            ) from error


def _require_version(
    current: Switch | None, expected: int | None, now: datetime, name: str
) -> None:
    """Compare before setting; a switch that is over may be taken for none."""
    version = current.version if current else 0
    if expected is None or expected == version:
        return
    if expected == 0 and (current is None or current.over(now)):
        return
    raise Stale(
        f"{name} is at version {version}, not {expected}: somebody was faster; "
        f"read it again, then decide",
        version,
    )


def _same(current: Switch, wanted: Change) -> bool:
    """Whether the change would change nothing; who asks again does not become the owner."""
    asked = msgspec.structs.asdict(wanted)
    if not asked["owner"]:
        del asked["owner"]
    return all(getattr(current, name) == value for name, value in asked.items())


def _as_it_was(last: Entry, exposure: Exposure, now: datetime) -> Switch | None:
    """The switch before its last change, as a new version."""
    if last.before is None:
        return None
    was = msgspec.json.decode(last.before, type=Switch)
    other = exposure.at(was.scope)
    if other is not None and other.id != was.id:
        raise ScopeTaken(f"switch {other.id} has {was.scope} now: change or revert that one")
    return msgspec.structs.replace(was, version=exposure.revision + 1, updated_at=now)


def _entry(action: str, actor: Actor, now: datetime, why: str) -> records.Step:
    return records.Step(action, actor.kind, actor.name, now, why)
