"""After somebody has opened all, no rule hides anything for a while."""

from __future__ import annotations

from app.exposure.errors import GuardrailRefused
from app.exposure.guardrails.attempt import Attempt, clock, minutes

NAME = "all open"


def check(attempt: Attempt) -> None:
    """Refuse a rule that would hide what a person has just opened."""
    if attempt.actor.kind != "rule" or attempt.seen.opened is None:
        return
    free = attempt.seen.opened + minutes(attempt.seen.values.rules_rest_minutes)
    if attempt.shows_less and attempt.now < free:
        raise GuardrailRefused(
            NAME,
            f"all was opened at {clock(attempt.seen.opened)}: rules rest",
            f"a rule may hide again from {clock(free)} on; a person may now",
            free,
        )
