"""What has just changed its state stays as it is for a while; showing more may always.

So does what any one customer has just seen come back, whichever switch brought it.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from app.exposure.errors import GuardrailRefused
from app.exposure.guardrails import met
from app.exposure.guardrails.attempt import Attempt, clock
from app.exposure.model import Switch

NAME = "minimum dwell"


def check(attempt: Attempt) -> None:
    """Refuse to hide a scope whose state changed less than the dwell before, now or as planned."""
    _require_settled(attempt)
    if attempt.plans:
        _require_time_between(attempt)
    _require_kept(attempt)


def _require_time_between(attempt: Attempt) -> None:
    """Refuse a plan after which the scope's own switches follow one another too soon."""
    known = _hurried(attempt, attempt.before)
    for at, last in _hurried(attempt, attempt.after).items():
        if known.get(at) != last:
            raise GuardrailRefused(
                NAME,
                f"{attempt.scope} would change at {clock(last)} and be hidden again at "
                f"{clock(at)}, within {attempt.seen.values.dwell_s} s",
                "let one follow the other without a gap, or leave more time between them",
                at,
            )


def _require_settled(attempt: Attempt) -> None:
    if not attempt.shows_less or not attempt.seen.flips:
        return
    last = max(attempt.seen.flips)
    free = last + timedelta(seconds=attempt.seen.values.dwell_s)
    if attempt.effect < free:
        raise GuardrailRefused(
            NAME,
            f"{attempt.scope} changed at {clock(last)} and stays as it is for "
            f"{attempt.seen.values.dwell_s} s",
            f"hide it from {clock(free)} on; showing more is allowed at any time",
            free,
        )


def _require_kept(attempt: Attempt) -> None:
    """Refuse to take away what a customer has seen come back less than the dwell before."""
    if attempt.effect <= attempt.now and not met.shows_somebody_less(attempt):
        return
    dwell = timedelta(seconds=attempt.seen.values.dwell_s)
    for one, without in met.hidings(attempt, dwell, 1):
        last, known = one.earlier[-1:], without.earlier[-1:]
        if not last or last == known or last[0].less or one.at >= last[0].at + dwell:
            continue
        free = last[0].at + dwell
        raise GuardrailRefused(
            NAME,
            f"customers of {one.place} see it again since {clock(last[0].at)}, which stays so "
            f"for {attempt.seen.values.dwell_s} s",
            f"hide it from {clock(free)} on; showing more is allowed at any time",
            free,
        )


def _hurried(attempt: Attempt, switches: Sequence[Switch]) -> dict[datetime, datetime]:
    """The later hidings within the dwell of the change before them, which is told with each."""
    dwell = timedelta(seconds=attempt.seen.values.dwell_s)
    return {
        at: changes[-1]
        for at, changes in attempt.hidings(switches)
        if changes and at < changes[-1] + dwell
    }
