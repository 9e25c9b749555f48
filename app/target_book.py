"""The only writer of targets and of the site's service-level formula.

A change is one transaction: targets, the contacts that they judge, a new version; all of it or
nothing.  Contacts that have arrived keep the target they arrived under: what would change them
is refused unless it is asked for (`recount`), and then they are folded again like any others,
so that every number stays what a recomputation gives.  A change that changes nothing writes
nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

import msgspec
import psycopg
from sqlalchemy import Connection, delete, func, insert, select, text
from sqlalchemy.exc import OperationalError

from app.decision import Decision
from app.errors import Conflict, WrongUse
from app.target_plan import (
    Targets,
    Wanted,
    chosen,
    difference,
    in_words,
    merged,
    moved_back,
    possible,
)
from app.target_plan import target as planned
from ingest.database import Database
from ingest.schema import contacts, targets
from ingest.store import Store
from kpis.promises import ANY
from kpis.service_level import DEFAULT, formula_named
from kpis.target_schema import service_level_versions
from kpis.versions import Target, Version, plain, read_targets, read_versions

__all__ = ["Change", "TargetBook", "Wanted"]

#: Threads folded again in one statement.
BATCH = 10_000
#: How long a change waits for the writers at work before it gives up.
PATIENCE = "30s"


class Change(msgspec.Struct, frozen=True):
    """What came of it: the version that stands, whether it is new, how many contacts were
    counted again."""

    version: Version
    new: bool
    recounted: int


@dataclass(frozen=True, slots=True)
class TargetBook:
    """Changes on one database; holds no state of its own."""

    database: Database
    store: Store

    def set(self, wanted: Sequence[Wanted], decision: Decision, *, recount: bool = False) -> Change:
        """Put these targets in force.

        Raises WrongUse: impossible, or the past would change and `recount` is not asked;
        Conflict: writers keep the contacts busy.
        """
        with self._locked() as connection:
            before = read_targets(connection)
            after = merged(before, [planned(each, before, decision.at) for each in wanted])
            if not recount:
                _keep_the_past(connection, difference(before, after), decision.at)
            return self._write(connection, before, after, decision)

    def apply(
        self,
        since: datetime,
        decision: Decision,
        *,
        channel: str | None = None,
        queue: str | None = None,
    ) -> Change:
        """Let the targets in force now judge the contacts that arrived from `since` on, too.

        `channel`, `queue`: only the targets of these.  Raises WrongUse, Conflict.
        """
        since = possible(since)
        if since > decision.at:
            raise WrongUse(f"{since.isoformat()} is yet to come: there is nothing to count again")
        with self._locked() as connection:
            before = read_targets(connection)
            moving = chosen(before, channel, queue)
            after = moved_back(before, moving, since, decision.at)
            return self._write(connection, before, after, decision, since)

    def set_formula(self, formula: str, decision: Decision) -> Change:
        """Make it the site's service-level formula.  Raises kpis.errors.UnknownWord."""
        formula_named(formula)
        with self._locked() as connection:
            newest = _newest(connection, read_targets(connection))
            if newest.formula == formula:
                return Change(newest, False, 0)
            changed = {"change": f"formula: {newest.formula} → {formula}", "formula": formula}
            return Change(_add(connection, newest, decision.at, decision, changed), True, 0)

    def _write(
        self,
        connection: Connection,
        before: Targets,
        after: Targets,
        decision: Decision,
        since: datetime | None = None,
    ) -> Change:
        newest = _newest(connection, before)
        moments = [each.valid_from for each in difference(before, after)]
        if not moments and since is None:
            return Change(newest, False, 0)
        connection.execute(delete(targets))
        connection.execute(insert(targets), [msgspec.structs.asdict(each) for each in after])
        start = min([*moments, *([since] if since else [])])
        recounted = self._recount(connection, start)
        if not moments:
            return Change(newest, False, recounted)
        changed = {"change": in_words(before, after), "targets": tuple(after)}
        return Change(_add(connection, newest, start, decision, changed), True, recounted)

    def _recount(self, connection: Connection, since: datetime) -> int:
        """Fold again what arrived from `since` on, a day at a time; how many contacts."""
        raw = connection.connection.driver_connection
        assert isinstance(raw, psycopg.Connection)
        c = contacts.c
        day = func.min(func.date_trunc("day", c.offered_at, "UTC")).label("day")
        touched = connection.execute(
            select(c.thread_key, day, func.count().label("contacts"))
            .where(c.offered_at >= since)
            .group_by(c.thread_key)
            .order_by(day, c.thread_key)
        ).all()
        # The events of a day lie side by side: a batch reads few partitions.
        for _day, rows in groupby(touched, key=lambda row: row.day):
            keys = [row.thread_key for row in rows]
            for start in range(0, len(keys), BATCH):
                with raw.cursor() as at:
                    self.store.recount(at, keys[start : start + BATCH])
        return sum(row.contacts for row in touched)

    @contextmanager
    def _locked(self) -> Iterator[Connection]:
        """A transaction in which nobody else writes contacts or targets."""
        try:
            with self.database.engine.begin() as connection:
                connection.execute(text(f"set local lock_timeout = '{PATIENCE}'"))
                # Contacts first: whoever is storing has read the targets by then, or reads ours.
                connection.execute(text("lock table contacts, targets in exclusive mode"))
                yield connection
                connection.execute(text("notify vigie_contacts"))
        except OperationalError as error:
            if isinstance(error.orig, psycopg.errors.LockNotAvailable):
                raise Conflict(
                    f"the contacts are being written without a pause of {PATIENCE}: "
                    "nothing was changed; try again"
                ) from error
            raise


def _keep_the_past(connection: Connection, changed: Targets, now: datetime) -> None:
    """Refuse what would judge contacts that have arrived by another target."""
    past = [each for each in changed if each.valid_from < now]
    counts = [_arrived(connection, each, now) for each in past]
    if any(counts):
        first = min(each.valid_from for each in past)
        raise WrongUse(
            f"{max(counts)} contacts have arrived since {first.isoformat()}: they keep the target "
            "they arrived under; set it from now on, or ask to count them again (--recount)"
        )


def _arrived(connection: Connection, target: Target, now: datetime) -> int:
    c = contacts.c
    arrived = select(func.count()).where(c.offered_at >= target.valid_from, c.offered_at < now)
    if target.channel != ANY:
        arrived = arrived.where(c.channel == target.channel)
    if target.queue != ANY:
        arrived = arrived.where(c.queue == target.queue)
    return connection.scalar(arrived) or 0


def _newest(connection: Connection, standing: Targets) -> Version:
    """The newest version; where there is none, what stands."""
    first = min(each.valid_from for each in standing)
    nothing = Version(
        version=0, valid_from=first, decided_at=first, decided_by="", why="", change="",
        formula=DEFAULT, targets=tuple(standing),
    )  # fmt: skip
    return next(iter(read_versions(connection, limit=1)), nothing)


def _add(
    connection: Connection,
    newest: Version,
    valid_from: datetime,
    decision: Decision,
    changed: Mapping[str, object],
) -> Version:
    """The next version, as decided."""
    version = msgspec.structs.replace(
        newest,
        version=newest.version + 1,
        valid_from=valid_from,
        decided_at=decision.at,
        decided_by=decision.by,
        why=decision.why,
        **changed,
    )
    row = {**msgspec.structs.asdict(version), "targets": plain(version.targets)}
    connection.execute(insert(service_level_versions).values(row))
    return version
