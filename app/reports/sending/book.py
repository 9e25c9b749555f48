"""The book of reports that are sent: what people do with schedules and with what was sent.

Reading is for whoever reads reports, within their scope; all else for those who may set them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

import msgspec

from app.access.rights import Right, refusal
from app.access.scopes import EVERYTHING, Scope
from app.errors import Conflict, Forbidden, NotFound
from app.exposure.model import Actor
from app.reports.scope import bounded, within
from app.reports.sending import archive, letters, planning, runs, schedules
from app.reports.sending.archive import Filed
from app.reports.sending.discretion import T, unaddressed, unaddressed_letters
from app.reports.sending.letters import Letter
from app.reports.sending.model import Schedule, recipients, tidy
from app.reports.sending.runs import Run, State
from app.reports.sending.schedules import Connection, Kept, Version
from app.reports.sending.writing import driver
from ingest.database import AWAY, Database
from ingest.errors import DatabaseUnavailable

#: Nobody looks further back than so many.
MOST = 1000
RIGHT: Right = "set_reports"


class Sent(msgspec.Struct, frozen=True, kw_only=True):
    """An occurrence with its letters and the formats it can be had in."""

    run: Run
    letters: tuple[Letter, ...]
    formats: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ReportBook:
    """Reads and writes of one database; `domains`: those that may be mailed, `scope`: of which
    sites and channels whoever reads sees, `addresses`: whether also to whom letters go."""

    database: Database
    domains: frozenset[str] = frozenset()
    scope: Scope = EVERYTHING
    addresses: bool = False

    def list(self) -> tuple[Kept, ...]:
        """Every schedule of the scope, by name."""
        with self._transaction() as connection:
            kept = schedules.kept(connection)
            return tuple(self._told(each) for each in kept if self._seen(each.schedule))

    def get(self, name: str) -> Kept:
        """The schedule of that name.  Raises NotFound, naming those that exist."""
        with self._transaction() as connection:
            return self._told(self._known(connection, name))

    def history(self, name: str, limit: int = 100) -> tuple[Version, ...]:
        """What was done to it, the newest first, also when it was taken away."""
        with self._transaction() as connection:
            found = schedules.versions(connection, name, limit)
        return tuple(self._told(each) for each in found if self._seen(each.schedule))

    def save(self, told: Schedule, actor: Actor, now: datetime) -> Kept:
        """Keep it: a new one is on at once, a changed one is its next version.

        Raises Forbidden, WrongUse.
        """
        by = _setter(actor)
        wanted = tidy(told, self.domains)
        wanted = msgspec.structs.replace(wanted, scope=bounded(wanted.scope, self.scope))
        with self._transaction() as connection:
            schedules.hold(connection)
            known = next(iter(schedules.kept(connection, wanted.name)), None)
            if known is not None:
                self._require_seen(known)
                if known.schedule == wanted:
                    return known
                planning.plan(connection, now, wanted.name)
            schedules.put(connection, wanted, now, by)
            return self._known(connection, wanted.name)

    def switch(self, name: str, enabled: bool, actor: Actor, now: datetime) -> Kept:
        """Send it or not; what is due while it is off is not sent.  Raises Forbidden, NotFound."""
        by = _setter(actor)
        with self._transaction() as connection:
            schedules.hold(connection)
            if self._known(connection, name).enabled is not enabled:
                planning.plan(connection, now, name)
                schedules.switch(connection, name, enabled, now, by)
            return self._known(connection, name)

    def remove(self, name: str, actor: Actor, now: datetime) -> None:
        """Take it away; what it sent stays in the archive.  Raises Forbidden, NotFound."""
        by = _setter(actor)
        with self._transaction() as connection:
            schedules.hold(connection)
            self._known(connection, name)
            schedules.remove(connection, name, now, by)

    def archive(self, name: str | None = None, limit: int = 100) -> tuple[Sent, ...]:
        """What was due of one schedule or all, the newest first."""
        with self._transaction() as connection:
            found = [
                run for run in runs.lately(connection, name, limit) if self._seen(run.schedule)
            ]
            return tuple(self._sent(connection, found))

    def file(self, run: int, format: str) -> Filed:
        """A file of the archive as it was written.  Raises NotFound."""
        with self._transaction() as connection:
            self._run(connection, run)
            found = {filed.format: filed for filed in archive.files(connection, run)}
        if format not in found:
            there = ", ".join(found) or "none yet"
            raise NotFound(f"report {run} has no {format[:20]}; it has: {there}")
        return found[format]

    def resend(self, run: int, actor: Actor, now: datetime, to: Iterable[str] = ()) -> Sent:
        """Send what was written again: to whom it did not reach, else to everybody it was sent
        to, or to those named.  What was not written is written.

        Raises Forbidden, NotFound, WrongUse, Conflict: it is on its way.
        """
        by, named = _setter(actor), tuple(to)
        wanted = recipients(named, self.domains) if named else ()
        with self._transaction() as connection:
            known = self._run(connection, run)
            if known.state is not State.WRITTEN:
                if not runs.again(connection, run, now):
                    raise Conflict(f"report {run} is being written: wait a minute")
            else:
                self._again(connection, known, wanted, by, now)
            [sent] = self._sent(connection, [self._run(connection, run)])
        return sent

    def _again(
        self, connection: Connection, run: Run, wanted: tuple[str, ...], by: str, now: datetime
    ) -> None:
        """Who has no letter gets one; who has one that failed the same, else one more."""
        before = letters.of_runs(connection, [run.id])
        last = {each.recipient: each for each in before}
        failed = [each for each in last.values() if each.state in letters.FAILED]
        whom = wanted or tuple(each.recipient for each in failed) or tuple(last)
        for one in whom:
            known = last.get(one)
            if known is not None and known.state in letters.UNDER_WAY:
                raise Conflict(f"the letter to {one} is on its way: wait for it")
            if known is None:
                letters.put(connection, run, one, now, asked_by=by)
            elif known.state in letters.FAILED:
                letters.retry(connection, known.id, now)
            else:
                again = known.again + 1
                letters.put(connection, run, one, now, again=again, asked_by=by)

    def _run(self, connection: Connection, id: int) -> Run:
        run = runs.run(connection, id)
        if run is None or not self._seen(run.schedule):
            raise NotFound(f"no report {id}: `vigie report archive list` shows them")
        return run

    def _known(self, connection: Connection, name: str) -> Kept:
        found = [each for each in schedules.kept(connection, name) if self._seen(each.schedule)]
        if found:
            return found[0]
        seen = (each for each in schedules.kept(connection) if self._seen(each.schedule))
        there = ", ".join(each.schedule.name for each in seen) or "none yet"
        raise NotFound(f"no schedule «{name[:60]}»; there are: {there}")

    def _seen(self, schedule: Schedule) -> bool:
        return within(schedule.scope, self.scope)

    def _require_seen(self, known: Kept) -> None:
        if not self._seen(known.schedule):
            raise Forbidden(f"«{known.schedule.name}» is taken: choose another name")

    def _sent(self, connection: Connection, found: Sequence[Run]) -> Iterator[Sent]:
        numbers = [run.id for run in found]
        had = archive.formats(connection, numbers)
        written = letters.of_runs(connection, numbers)
        for run in found:
            mine = tuple(each for each in written if each.run == run.id)
            told = mine if self.addresses else unaddressed_letters(run, mine)
            yield Sent(run=self._told(run), letters=told, formats=tuple(had.get(run.id, ())))

    def _told(self, found: T) -> T:
        return found if self.addresses else unaddressed(found)

    @contextmanager
    def _transaction(self) -> Iterator[Connection]:
        """A transaction on a pooled connection; committed on leaving, undone by any error."""
        try:
            with self.database.engine.begin() as pooled:
                yield driver(pooled)
        except AWAY as error:
            raise DatabaseUnavailable("the database went away: look again, then retry") from error


def _setter(actor: Actor) -> str:
    if not actor.may(RIGHT):
        raise Forbidden(refusal(RIGHT, f"{actor.name} lacks it"))
    return actor.name
