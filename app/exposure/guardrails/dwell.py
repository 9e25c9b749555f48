"""A scope that has just changed its state stays as it is for a while; showing more may always."""

from __future__ import annotations

from datetime import timedelta

from app.exposure.errors import GuardrailRefused
from app.exposure.guardrails.attempt import Attempt, clock

NAME = "minimum dwell"


def check(attempt: Attempt) -> None:
    """Refuse to hide a scope whose state changed less than the dwell ago."""
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
