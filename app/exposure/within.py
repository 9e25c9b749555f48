"""Which channels an act concerns: what a scoped person may propose, approve or let go."""

from __future__ import annotations

from collections.abc import Sequence

from app.exposure.approvals import Act, RevertSwitch, SetHours, SetSwitch
from app.exposure.model import ANY
from app.exposure.reading import Exposure


def channels(act: Act, exposure: Exposure) -> Sequence[str]:
    """The channels of the act; '*' where it concerns all, or nobody can tell."""
    if isinstance(act, SetSwitch):
        return [act.change.channel]
    if isinstance(act, RevertSwitch):
        known = exposure.by_id(act.switch_id)
        return [known.channel if known else ANY]
    if isinstance(act, SetHours):
        return [*(week.channel for week in act.weeks), *(day.channel for day in act.days)]
    return [ANY]
