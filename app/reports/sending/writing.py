"""Writing what is due: files into the archive and a letter to each recipient, all or nothing.

One transaction: whoever dies in the middle leaves nothing, and after his lease another writes it.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from uuid import uuid4

import structlog
from sqlalchemy import Connection as SqlConnection

from app.outbox.schedule import Outcome, follows
from app.reports.discovery import format_named
from app.reports.issues import issue
from app.reports.model import Content
from app.reports.sending import archive, letters, runs
from app.reports.sending.archive import Filed
from app.reports.sending.composing import worded
from app.reports.sending.occurrences import told_of
from app.reports.sending.planning import plan
from app.reports.sending.runs import LEASE_S, Run
from app.reports.sending.schedules import Connection
from app.reports.writer import Wish, render, tell
from ingest.database import Database

#: A turn writes no more than so many.
MOST = 20
_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Writer:
    """Writes what is due; any number of processes share the work."""

    database: Database
    lease_s: float = LEASE_S
    jitter: Callable[[float, float], float] = random.uniform

    def turn(self, now: datetime) -> int:
        """Plan what is due at `now` and write it; how many were written."""
        name, done = uuid4().hex, 0
        with self.database.engine.begin() as connection:
            plan(driver(connection), now)
        for _ in range(MOST):
            with self.database.engine.begin() as connection:
                run = runs.take(driver(connection), name, now, self.lease_s)
            if run is None:
                break
            done += self._write(run, name, now)
        return done

    def _write(self, run: Run, name: str, now: datetime) -> bool:
        try:
            content = tell(self.database.engine, wish_of(run), now)
            files = written(run, content)
        except Exception as error:  # whatever it is, it is tried again and then told
            self._failed(run, name, " ".join(str(error).split()), now)
            return False
        with self.database.engine.begin() as connection:
            kept = runs.written(driver(connection), run, name, worded(content), now)
            if kept:
                _keep(driver(connection), run, files, now)
        issue(self.database.engine, content, now)
        return kept

    def _failed(self, run: Run, name: str, error: str, now: datetime) -> None:
        then = follows(Outcome(error=error), run.attempts, run.attempts, now, self.jitter)
        next_at = None if then.state == "dead" else then.next_at
        with self.database.engine.begin() as connection:
            runs.not_written(driver(connection), run, name, error, next_at, now)
        _log.error("a report could not be written", schedule=run.schedule.name, error=error)


def wish_of(run: Run) -> Wish:
    """The report that the occurrence tells: of the last whole period before its day."""
    schedule = run.schedule
    return Wish(
        report=schedule.report,
        first=told_of(schedule, run.day).isoformat(),
        last=None,
        zone=schedule.zone,
        language=schedule.language,
        as_of=None,
        scope=schedule.scope,
    )


def written(run: Run, content: Content) -> list[Filed]:
    """The files of the report, in the order the schedule names them."""
    return [
        Filed(
            run.id, format, f"{content.name}.{format}", format_named(format).media_type,
            render(content, format),
        )
        for format in run.schedule.formats
    ]  # fmt: skip


def _keep(connection: Connection, run: Run, files: list[Filed], now: datetime) -> None:
    for filed in files:
        archive.put(connection, filed)
    for recipient in run.schedule.recipients:
        letters.put(connection, run, recipient, now)


def driver(connection: SqlConnection) -> Connection:
    """The connection as the rows' modules take it."""
    found: Connection = connection.connection.driver_connection  # type: ignore[assignment]
    return found
