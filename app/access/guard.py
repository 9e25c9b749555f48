"""What FastAPI handlers ask for: ``def change(user: Flipper) -> …``, a type for each right.

A new one is one line here, made out of a right of the matrix.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends

from app.access import User, require
from app.access.rights import Right


@dataclass(frozen=True, slots=True)
class Holding:
    """The dependency that gives a user who has the right; anybody else gets 401 or 403."""

    right: Right

    async def __call__(self) -> User:
        return require(self.right)


Viewer = Annotated[User, Depends(Holding("see"))]
ReportReader = Annotated[User, Depends(Holding("see_reports"))]
CustomerReader = Annotated[User, Depends(Holding("see_customers"))]
RawReader = Annotated[User, Depends(Holding("see_raw"))]
Auditor = Annotated[User, Depends(Holding("see_audit"))]
AccessLogReader = Annotated[User, Depends(Holding("see_access_log"))]
Flipper = Annotated[User, Depends(Holding("flip"))]
Approver = Annotated[User, Depends(Holding("approve"))]
RuleWriter = Annotated[User, Depends(Holding("steer_rules"))]
AlertTaker = Annotated[User, Depends(Holding("acknowledge_alerts"))]
AlertWriter = Annotated[User, Depends(Holding("set_alerts"))]
DeskWorker = Annotated[User, Depends(Holding("desk"))]
DeskSetter = Annotated[User, Depends(Holding("set_desk"))]
TargetSetter = Annotated[User, Depends(Holding("set_targets"))]
HoursSetter = Annotated[User, Depends(Holding("set_hours"))]
GuardrailSetter = Annotated[User, Depends(Holding("set_guardrails"))]
HubSetter = Annotated[User, Depends(Holding("set_hub"))]
ReportSetter = Annotated[User, Depends(Holding("set_reports"))]
Setter = Annotated[User, Depends(Holding("set_settings"))]
WebhookKeeper = Annotated[User, Depends(Holding("manage_webhooks"))]
SourceKeeper = Annotated[User, Depends(Holding("manage_sources"))]
Replayer = Annotated[User, Depends(Holding("replay_quarantine"))]
Purger = Annotated[User, Depends(Holding("purge_quarantine"))]
CustomerKeeper = Annotated[User, Depends(Holding("manage_customers"))]
UserKeeper = Annotated[User, Depends(Holding("manage_users"))]
