"""A scope that has changed too often in an hour is frozen; showing more may always."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from app.exposure.errors import GuardrailRefused
from app.exposure.guardrails.attempt import Attempt, clock
from app.exposure.model import Switch

NAME = "flips per hour"
HOUR = timedelta(hours=1)


def check(attempt: Attempt) -> None:
    """Refuse to hide a scope that has had its flips of the hour before, now or as planned."""
    if (until := frozen_until(attempt)) is not None and attempt.shows_less:
        raise _refusal(attempt, until)
    if not attempt.plans:
        return
    known = _crowded(attempt, attempt.before)
    for at, until in _crowded(attempt, attempt.after).items():
        if at not in known:
            raise _refusal(attempt, until)


def frozen_until(attempt: Attempt) -> datetime | None:
    """When the scope may be hidden again; None: now."""
    return _free(attempt, attempt.seen.flips, attempt.effect)


def _crowded(attempt: Attempt, switches: Sequence[Switch]) -> dict[datetime, datetime]:
    """The later hidings that come after too many changes, each with when it might come."""
    free = {at: _free(attempt, changes, at) for at, changes in attempt.hidings(switches)}
    return {at: until for at, until in free.items() if until is not None}


def _free(attempt: Attempt, flips: Iterable[datetime], at: datetime) -> datetime | None:
    """When the scope may be hidden after these; None: at that moment."""
    recent = sorted(flip for flip in flips if flip > at - HOUR)
    limit = attempt.seen.values.flips_per_hour
    return recent[-limit] + HOUR if len(recent) >= limit else None


def _refusal(attempt: Attempt, until: datetime) -> GuardrailRefused:
    return GuardrailRefused(
        NAME,
        f"{attempt.scope} changed {attempt.seen.values.flips_per_hour} times or more within "
        f"an hour and is frozen until {clock(until)}",
        f"hide it from {clock(until)} on; showing more is allowed at any time",
        until,
    )
