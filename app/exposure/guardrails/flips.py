"""A scope that has changed too often in an hour is frozen; showing more may always."""

from __future__ import annotations

from datetime import datetime, timedelta

from app.exposure.errors import GuardrailRefused
from app.exposure.guardrails.attempt import Attempt, clock

NAME = "flips per hour"
HOUR = timedelta(hours=1)


def check(attempt: Attempt) -> None:
    """Refuse to hide a scope that has had its flips of the hour before."""
    if (until := frozen_until(attempt)) is not None and attempt.shows_less:
        raise GuardrailRefused(
            NAME,
            f"{attempt.scope} changed {attempt.seen.values.flips_per_hour} times or more within "
            f"an hour and is frozen until {clock(until)}",
            f"hide it from {clock(until)} on; showing more is allowed at any time",
            until,
        )


def frozen_until(attempt: Attempt) -> datetime | None:
    """When the scope may be hidden again; None: now."""
    recent = sorted(flip for flip in attempt.seen.flips if flip > attempt.effect - HOUR)
    limit = attempt.seen.values.flips_per_hour
    return recent[-limit] + HOUR if len(recent) >= limit else None
