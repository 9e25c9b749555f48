"""Schedules and what was sent as plain data, for the API and the command."""

from __future__ import annotations

from datetime import date, datetime

import msgspec

from app.access.scopes import Scope
from app.reports.sending.book import Sent
from app.reports.sending.model import Schedule
from app.reports.sending.occurrences import following
from app.reports.sending.schedules import Kept, Version

Answer = dict[str, object]


class ScheduleTold(msgspec.Struct, frozen=True, kw_only=True):
    """What `told` says."""

    name: str
    version: int
    enabled: bool
    next_at: datetime | None
    schedule: Schedule
    changed_at: datetime
    changed_by: str


class VersionTold(msgspec.Struct, frozen=True, kw_only=True):
    """What `told_version` says."""

    name: str
    version: int
    act: str
    at: datetime
    by: str
    schedule: Schedule


class LetterTold(msgspec.Struct, frozen=True, kw_only=True):
    """A letter of an occurrence."""

    recipient: str
    state: str
    attempts: int
    again: int
    asked_by: str | None
    error: str | None
    settled_at: datetime | None


class SentTold(msgspec.Struct, frozen=True, kw_only=True):
    """What `told_sent` says."""

    id: int
    schedule: str
    version: int
    day: date
    report: str
    first: date | None
    last: date | None
    scope: Scope
    language: str
    due_at: datetime
    state: str
    error: str | None
    as_of: datetime | None
    formats: list[str]
    letters: list[LetterTold]


def told(kept: Kept, now: datetime) -> Answer:
    """A schedule: its content, whether it is on, when it is due next."""
    return {
        "name": kept.schedule.name,
        "version": kept.version,
        "enabled": kept.enabled,
        "next_at": following(kept.schedule, now).at if kept.enabled else None,
        "schedule": msgspec.to_builtins(kept.schedule),
        "changed_at": kept.changed_at,
        "changed_by": kept.changed_by,
    }


def told_version(version: Version) -> Answer:
    """What somebody did to a schedule."""
    return {
        "name": version.name,
        "version": version.version,
        "act": version.act.value,
        "at": version.at,
        "by": version.by,
        "schedule": msgspec.to_builtins(version.schedule),
    }


def told_sent(sent: Sent) -> Answer:
    """An occurrence: of which days it tells, its formats, what became of each letter."""
    run = sent.run
    return {
        "id": run.id,
        "schedule": run.schedule.name,
        "version": run.version,
        "day": run.day.isoformat(),
        "report": run.schedule.report,
        "first": None if run.first is None else run.first.isoformat(),
        "last": None if run.last is None else run.last.isoformat(),
        "scope": msgspec.to_builtins(run.schedule.scope),
        "language": run.schedule.language,
        "due_at": run.due_at,
        "state": run.state.value,
        "error": run.error,
        "as_of": run.as_of,
        "formats": list(sent.formats),
        "letters": [
            {
                "recipient": letter.recipient, "state": letter.state.value,
                "attempts": letter.attempts, "again": letter.again, "asked_by": letter.asked_by,
                "error": letter.error, "settled_at": letter.settled_at,
            }
            for letter in sent.letters
        ],
    }  # fmt: skip
