"""Flips and dwell count what one customer sees, whichever of the overlapping switches did it."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import pairwise, product
from typing import Any

import pytest

from app.exposure.effective import Context, effective
from app.exposure.errors import GuardrailRefused
from app.exposure.model import ANY, Actor, Change, State, Switch
from app.exposure.modes import DEFAULT_MODES
from app.exposure.service import ExposureService
from ingest.database import Database
from tests.extent import extent

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
ANA = Actor("user", "ana", ("viewer", "operator"))
SEGMENTS, SURFACES = [ANY, "premium", "standard"], [ANY, "web", "app"]
#: The defaults.
LIMIT, DWELL = 6, timedelta(seconds=300)
PHONE = [mode for mode in DEFAULT_MODES if mode.channel == "phone"]
Boards = list[tuple[datetime, tuple[Switch, ...]]]


@pytest.fixture
def service(database: Database) -> ExposureService:
    return ExposureService(database)


def switch(
    segment: str = ANY, surface: str = ANY, state: State = State.TUCKED, **told: Any
) -> Change:
    given: dict[str, Any] = {
        "channel": "phone", "reason": "billing", "why": "calls", "expires_at": NOW + 9 * HOUR,
    } | told  # fmt: skip
    return Change(segment=segment, surface=surface, state=state, **given)


def passed(service: ExposureService, change: Change, now: datetime) -> bool:
    """Whether these two guardrails let it pass."""
    try:
        service.set(change, ANA, now)
    except GuardrailRefused as error:
        if error.name not in ("minimum dwell", "flips per hour"):
            raise
        return False
    return True


def seen(boards: Boards, context: Context) -> Iterator[tuple[datetime, bool]]:
    """When that customer sees the phone change, and whether they then see less of it."""
    was = State.OPEN
    for at, switches in boards:
        [offer] = effective(switches, PHONE, context, at)
        if offer.state is not was:
            yield at, offer.state.rank > was.rank
        was = offer.state


def broken(boards: Boards) -> list[str]:
    """Where a customer was shown less too soon or too often."""
    found = []
    for segment, surface in product(("premium", "standard", None), ("web", "app", None)):
        changes = list(seen(boards, Context(surface, "billing", segment)))
        for number, (at, less) in enumerate(changes):
            recent = [then for then, _less in changes[:number] if then > at - HOUR]
            if less and len(recent) >= LIMIT:
                found.append(f"{segment} on {surface} at {at}: change {len(recent) + 1}")
        for (then, back_less), (at, less) in pairwise(changes):
            if less and not back_less and at < then + DWELL:
                found.append(f"{segment} on {surface}: back at {then}, gone at {at}")
    return found


def test_one_reason_does_not_flip_by_going_through_segments_and_surfaces(
    service: ExposureService,
) -> None:
    boards: Boards = []
    now, hidden = NOW, 0
    for segment, surface in list(product(SEGMENTS, SURFACES)) * 3:
        for state in (State.TUCKED, State.OPEN):
            now += timedelta(seconds=20)
            hidden += passed(service, switch(segment, surface, state), now) and state.hides
            boards.append((now, service.read().switches))
    assert broken(boards) == []
    assert hidden > 0


@pytest.mark.parametrize("seed", range(extent(3, 30)))
def test_no_sequence_shows_a_customer_less_too_soon_or_too_often(
    service: ExposureService, seed: int
) -> None:
    chance, now = random.Random(seed), NOW
    boards: Boards = []
    let_pass = 0
    for _step in range(80):
        now += timedelta(seconds=chance.choice((20, 100, 301, 400)))
        states = (State.TUCKED, State.TUCKED, State.OPEN, State.OPEN, State.PROMOTED)
        wanted = switch(
            chance.choice(SEGMENTS), chance.choice(SURFACES), chance.choice(states),
            reason=chance.choice(("billing", ANY)),
        )  # fmt: skip
        let_pass += passed(service, wanted, now)
        boards.append((now, service.read().switches))
    assert broken(boards) == []
    assert let_pass > 20


def test_what_nobody_sees_both_of_does_not_stop_the_other(service: ExposureService) -> None:
    now = NOW
    for number in range(LIMIT):
        state = State.OPEN if number % 2 else State.TUCKED
        service.set(switch(state=state), ANA, now)
        now += DWELL
    with pytest.raises(GuardrailRefused, match="frozen until"):
        service.set(switch(), ANA, now)
    with pytest.raises(GuardrailRefused, match="changes within an hour"):
        service.set(switch("premium"), ANA, now)
    # Billing has a switch of its own, which goes before this one.
    service.set(switch("premium", reason=ANY), ANA, now)
    service.set(switch(reason="delivery"), ANA, now)
    service.set(switch(channel="chat"), ANA, now)
    service.set(switch(state=State.PROMOTED), ANA, now)


def test_who_sees_it_come_back_keeps_it_for_the_dwell(service: ExposureService) -> None:
    service.set(switch("premium"), ANA, NOW)
    service.set(switch("premium", state=State.OPEN), ANA, NOW + MINUTE)
    with pytest.raises(GuardrailRefused, match="see it again since") as error:
        service.set(switch("premium", "web"), ANA, NOW + 2 * MINUTE)
    assert error.value.until == NOW + MINUTE + DWELL
    service.set(switch("standard", "web"), ANA, NOW + 2 * MINUTE)
    # Premium customers have the phone by their own switch: they see nothing of this one.
    service.set(switch(), ANA, NOW + 2 * MINUTE)
    service.set(switch("premium", "web"), ANA, NOW + MINUTE + DWELL)


def test_hiding_more_of_what_is_hidden_waits_for_nothing(service: ExposureService) -> None:
    service.set(switch("premium"), ANA, NOW)
    service.set(switch(), ANA, NOW + MINUTE)
    service.set(switch("premium", "web"), ANA, NOW + 2 * MINUTE)


def test_plans_of_several_scopes_do_not_go_round_it(service: ExposureService) -> None:
    noon = NOW + 3 * HOUR
    service.set(switch("premium", starts_at=noon, expires_at=noon + 10 * MINUTE), ANA, NOW)
    again: dict[str, Any] = {"starts_at": noon + 12 * MINUTE, "expires_at": noon + HOUR}
    with pytest.raises(GuardrailRefused, match="see it again since 2026-11-23T15:10:00Z"):
        service.set(switch(surface="web", **again), ANA, NOW)
    service.set(switch("standard", "web", **again), ANA, NOW)
    service.set(switch(surface="web", **again | {"starts_at": noon + 15 * MINUTE}), ANA, NOW)


def test_an_opening_for_a_moment_again_and_again_is_refused_its_end(
    service: ExposureService,
) -> None:
    service.set(switch(), ANA, NOW)
    now, refusals = NOW + DWELL, 0
    for number in range(LIMIT):
        opened = switch("premium", state=State.OPEN, expires_at=now + 2 * MINUTE)
        refusals += not passed(service, opened, now)
        now += (4 + number % 2) * MINUTE
    assert refusals > 0
    service.set(switch("premium", state=State.OPEN), ANA, now)
