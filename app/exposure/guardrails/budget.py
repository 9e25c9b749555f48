"""A channel billed by use is not shown more once it has cost its budget of the day."""

from __future__ import annotations

from app.exposure.errors import GuardrailRefused
from app.exposure.guardrails.attempt import Attempt
from app.exposure.model import ANY

NAME = "budget"


def check(attempt: Attempt) -> None:
    """Refuse to show more of a channel whose contacts of today have cost what they may."""
    if not attempt.shows_more:
        return
    for channel, budget in attempt.seen.values.budgets.items():
        if attempt.scope.channel not in (channel, ANY):
            continue
        spent = attempt.seen.spent(channel)
        if spent >= budget.per_day:
            raise GuardrailRefused(
                NAME,
                f"{channel} has cost {spent:.2f} today of the {budget.per_day:.2f} it may",
                f"leave {channel} as it is until tomorrow ({budget.zone}), or have its budget "
                "raised by two people",
            )
