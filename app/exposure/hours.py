"""Opening hours close too: what shortens those of the next day takes two people.

Hours close for everybody at once, whatever the switches say; so who takes away a moment that is
open within `AHEAD` from now needs somebody else, as for any closing.  What begins later, and
what opens, takes one person.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import product

import msgspec

from app.calendar_book import DayHours, WeekHours, put, settled
from app.decision import Decision
from app.errors import WrongUse
from app.exposure import records
from app.exposure.approvals import SetHours
from app.exposure.audit import HOURS_ID, canonical
from app.exposure.desk import Desk
from app.exposure.errors import GuardrailRefused
from app.exposure.guardrails import two_people
from app.exposure.guardrails.attempt import clock
from kpis.calendars import ANY, Calendars, Scope, Span, read

AHEAD = timedelta(hours=24)


def setting(
    weeks: Iterable[WeekHours], days: Iterable[DayHours], zone: str, decision: Decision
) -> SetHours:
    """The act, with its first day told.  Raises WrongUse, kpis.errors.WrongQuery."""
    return SetHours(*settled(weeks, days, zone, decision), zone)


def carry_out(desk: Desk, act: SetHours, step: records.Step, *, agreed: bool) -> None:
    """Put the hours in force; in the audit where they take something away soon.

    Raises GuardrailRefused where they do and nobody agreed, with nothing written.
    """
    before, decision = read(desk.tables), Decision(step.actor_name, step.why, step.at)
    with desk.tables.begin_nested():
        put(desk.tables, act.weeks, act.days, act.zone, decision)
        lost = first_lost(before, read(desk.tables), _scopes(act), step.at)
        if lost is not None and not step.why and step.actor_kind != "cli":
            raise WrongUse("shortening the hours of the next 24 hours needs a reason: say why")
        if lost is not None and not agreed:
            raise _refusal(*lost)
    if lost is not None:
        _write_down(desk, act, step)


def first_lost(
    before: Calendars, after: Calendars, scopes: Iterable[Scope], now: datetime
) -> tuple[Scope, datetime] | None:
    """The first moment of the next day that was open and is not any more, and for whom."""
    found = [
        (moment, scope)
        for scope in _whose(after, scopes)
        if (moment := _missing(before, after, scope, now)) is not None
    ]
    if not found:
        return None
    moment, scope = min(found, key=lambda one: one[0])
    return scope, moment


def _scopes(act: SetHours) -> list[Scope]:
    changes: list[WeekHours | DayHours] = [*act.weeks, *act.days]
    return [Scope(one.channel, one.queue, one.reason) for one in changes]


def _whose(calendars: Calendars, scopes: Iterable[Scope]) -> Iterator[Scope]:
    """Everybody within these whose hours may differ: words no calendar names fare like any."""
    found: set[Scope] = set()
    for scope in scopes:
        told = (scope.channel, scope.queue, scope.reason)
        pairs = zip(told, calendars.words, strict=True)
        columns = [[word] if word != ANY else sorted({ANY, *named}) for word, named in pairs]
        found |= {Scope(*words) for words in product(*columns)}
    return iter(sorted(found, key=lambda one: (one.channel, one.queue, one.reason)))


def _missing(before: Calendars, after: Calendars, scope: Scope, now: datetime) -> datetime | None:
    """The first moment at which `before` has it open and `after` has not."""
    left: list[Span] = after.open_spans(scope, now, now + AHEAD)
    for begins, ends in before.open_spans(scope, now, now + AHEAD):
        for opens, closes in left:
            if opens <= begins < closes:
                begins = closes
        if begins < ends:
            return begins
    return None


def _refusal(scope: Scope, moment: datetime) -> GuardrailRefused:
    named = (scope.channel, scope.queue, scope.reason)
    words = " × ".join("any" if word == ANY else word for word in named)
    return GuardrailRefused(
        two_people.NAME,
        f"{words} (channel × queue × reason) is open at {clock(moment)} and would be closed: "
        "shortening the hours of the next 24 hours needs a second person",
        "propose it and have somebody else approve it, or let it begin the day after tomorrow",
    )


def _write_down(desk: Desk, act: SetHours, step: records.Step) -> None:
    step = replace(step, why=step.why or "hours set at the terminal")
    last = next(iter(records.newest(desk.rows, HOURS_ID, 1, None)), None)
    told = {**msgspec.to_builtins(act), "at": step.at.astimezone(UTC)}
    records.chain(desk.rows, HOURS_ID, last.after if last else None, canonical(told), step)
