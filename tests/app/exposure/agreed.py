"""A service for tests about something else: somebody agrees to every closing at once."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from app.exposure.approvals import Pending
from app.exposure.errors import GuardrailRefused
from app.exposure.model import Actor, Change, Switch
from app.exposure.service import ExposureService

CAROL = Actor("user", "carol", ("viewer", "operator"))


class Agreed(ExposureService):
    """Closings are emergencies where they may be; else Carol approves."""

    def set(self, change: Change, actor: Actor, now: datetime, **told: Any) -> Switch:
        try:
            return super().set(change, actor, now, emergency=change.state.hides, **told)
        except GuardrailRefused as error:
            if error.name != "two people":
                raise
        found = self.propose(change, actor, now, **told)
        assert isinstance(found, Pending)
        (switch,) = self.approve(found.id, CAROL, now)
        return switch

    def revert(self, switch_id: int, actor: Actor, now: datetime, **told: Any) -> Switch | None:
        found = super().revert(switch_id, actor, now, **told)
        if not isinstance(found, Pending):
            return found
        return next(iter(self.approve(found.id, CAROL, now)), None)
