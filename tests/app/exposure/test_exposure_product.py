"""Every state × channel × role × reason, by every door: the guardrails hold whatever is sent."""

from __future__ import annotations

from collections import Counter
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from itertools import product

import pytest

from app.errors import Forbidden
from app.exposure.effective import Context, deciding, standing
from app.exposure.errors import GuardrailRefused
from app.exposure.guardrails import last_human
from app.exposure.model import ANY, Actor, Change, State, Switch
from app.exposure.service import ExposureService
from ingest.database import Database
from tests.app.exposure.agreed import Agreed

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
ANA = Actor("user", "ana", ("viewer", "operator"))
STATES = (State.OPEN, State.TUCKED, State.CLOSED)
CHANNELS = ("phone", "chat", "email", "callback", "chatbot")
ROLES = ((), ("viewer",), ("viewer", "operator"))
DOORS = ("set", "emergency", "propose")
REASONS = ("billing", "complaint", ANY)


def only_five(database: Database) -> None:
    """Offer no other channel, so that the last human one is near."""
    with database.connect() as connection:
        connection.execute(
            "delete from exposure_modes where not channel = any(%s)", [list(CHANNELS)]
        )


def cut_off(switches: tuple[Switch, ...], at: datetime) -> bool:
    """Is there a reason without any of the four channels with people?"""
    current = standing(switches, at)
    for reason in ("billing", "complaint", "delivery"):
        found = [deciding(current, channel, Context(reason=reason)) for channel in CHANNELS[:4]]
        if all(switch is not None and switch.state.hides for switch in found):
            return True
    return False


def test_no_door_role_state_and_channel_together_go_round_a_guardrail(
    database: Database,
) -> None:
    only_five(database)
    service = ExposureService(database)
    told: Counter[str] = Counter()
    trials = list(product(STATES, CHANNELS, ROLES, DOORS, REASONS))
    for number, (state, channel, roles, door, reason) in enumerate(trials):
        now = NOW + number * timedelta(minutes=7)
        change = Change(
            channel=channel, reason=reason, state=state, why="x", expires_at=now + HOUR
        )
        told[_sent(service, change, Actor("user", "ana", roles), now, door)] += 1
        board = service.read().switches
        assert not cut_off(board, now)
        emergencies = {e.switch_id for e in service.history(limit=1000) if e.action == "emergency"}
        closed = [s for s in board if s.state is State.CLOSED and s.in_force(now)]
        assert {switch.id for switch in closed} <= emergencies
    assert sum(told.values()) == len(trials) == 405
    assert told["forbidden"] == 270
    assert min(told["done"], told["waits"], told["refused"]) > 0
    assert service.verify().problems == ()


def _sent(
    service: ExposureService, change: Change, actor: Actor, now: datetime, door: str
) -> str:
    try:
        if door == "propose":
            found = service.propose(change, actor, now)
            return "done" if isinstance(found, Switch) else "waits"
        service.set(change, actor, now, emergency=door == "emergency")
    except Forbidden:
        return "forbidden"
    except GuardrailRefused:
        return "refused"
    return "done"


@pytest.mark.parametrize("seeded", [False, True])
def test_two_who_agree_on_everything_still_leave_people_within_reach(
    database: Database, monkeypatch: pytest.MonkeyPatch, seeded: bool
) -> None:
    """With the guardrail taken out somebody is cut off: the same trials see it."""
    if seeded:
        monkeypatch.setattr(last_human, "_reachable", lambda *_told: True)
    only_five(database)
    service, found = Agreed(database), 0
    for number, (channel, reason) in enumerate(product(CHANNELS, (*REASONS, "delivery"))):
        now = NOW + number * timedelta(minutes=1)
        change = Change(
            channel=channel, reason=reason, state=State.CLOSED, why="x", expires_at=now + 9 * HOUR
        )
        with suppress(GuardrailRefused):
            service.set(change, ANA, now)
        found += cut_off(service.read().switches, now)
    assert (found > 0) is seeded
