"""What has changed too often in an hour is frozen; showing more may always.

Counted are the changes of the scope's own switches, and those that any one customer sees,
whichever switches make them.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from app.exposure.errors import GuardrailRefused
from app.exposure.guardrails import met
from app.exposure.guardrails.attempt import Attempt, clock
from app.exposure.model import Switch

NAME = "flips per hour"
HOUR = timedelta(hours=1)


def check(attempt: Attempt) -> None:
    """Refuse to hide a scope that has had its flips of the hour before, now or as planned."""
    if (until := frozen_until(attempt)) is not None and attempt.shows_less:
        raise _refusal(attempt, until)
    if attempt.plans:
        _require_free(attempt)
    _require_calm(attempt)


def _require_free(attempt: Attempt) -> None:
    """Refuse a plan after which the scope's own switches change too often."""
    known = _crowded(attempt, attempt.before)
    for at, until in _crowded(attempt, attempt.after).items():
        if at not in known:
            raise _refusal(attempt, until)


def frozen_until(attempt: Attempt) -> datetime | None:
    """When the scope may be hidden again; None: now."""
    return _free(attempt, attempt.seen.flips, attempt.effect)


def _require_calm(attempt: Attempt) -> None:
    """Refuse a hiding that any customer sees after too many changes.

    What shows more at once is refused only for its own end: it may always be shown for longer.
    """
    limit = attempt.seen.values.flips_per_hour
    hides = attempt.effect > attempt.now or met.shows_somebody_less(attempt)
    ends = met.own_edges(attempt)
    for one, without in met.hidings(attempt, HOUR, limit):
        until = _free(attempt, (change.at for change in one.earlier), one.at)
        known = _free(attempt, (change.at for change in without.earlier), one.at)
        if until is None or known is not None or not (hides or one.at in ends):
            continue
        raise GuardrailRefused(
            NAME,
            f"customers of {one.place} would see more than {limit} changes within an hour at "
            f"{clock(one.at)}, by all switches that concern them",
            f"hide it from {clock(until)} on; showing more is allowed at any time",
            until,
        )


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
