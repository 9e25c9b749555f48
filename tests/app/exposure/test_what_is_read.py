"""What the page says that customers see is what the hub answers them, on both sides of a share."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import product

import pytest

from app.exposure.effective import Context
from app.exposure.model import ANY, State, Switch
from app.exposure.modes import DEFAULT_MODES, Word
from app.exposure.reading import Exposure
from app.exposure.sight import Sight, sights
from app.exposure.surroundings import Rows, Wait, WeekRow, surroundings
from app.hub.deciding import Decider
from app.hub.known import Snapshot

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
WORDS = tuple(Word("reason", word, word, word) for word in ("billing", "delivery"))
WORDS += (Word("segment", "premium", "Premium", "Premium"),)


def switch(id: int, channel: str, state: State, **told: object) -> Switch:
    given: dict[str, object] = {"why": "x", "owner": "ana", "expires_at": NOW + HOUR}
    return Switch(id=id, version=id, updated_at=NOW, channel=channel, state=state, **given | told)  # type: ignore[arg-type]


SWITCHES = (
    switch(1, "phone", State.TUCKED, reason="billing", share=50),
    switch(2, "chat", State.PROMOTED),
    switch(3, "chat", State.CLOSED, segment="premium", share=0),
    switch(4, "video", State.CLOSED, starts_at=NOW + HOUR, expires_at=NOW + 2 * HOUR),
    switch(5, "email", State.TUCKED, expires_at=NOW),
    switch(6, ANY, State.TUCKED, reason="delivery", share=10),
)
ROWS = Rows(
    weeks=(
        WeekRow(
            channel="callback", queue=ANY, reason=ANY, valid_from=NOW.date(),
            hours="mon-fri 08:00-10:00",
            zone="Europe/Paris", country=None, region=None, holiday_hours="closed",
        ),
    ),
    live=("callback",),
    waits=(Wait("phone", "billing", 90.0, NOW),),
)  # fmt: skip


@pytest.fixture(scope="module")
def exposure() -> Exposure:
    return Exposure(revision=6, words=WORDS, switches=SWITCHES)


def seen(exposure: Exposure, **told: str) -> dict[str, Sight]:
    found = sights(exposure, surroundings(ROWS), Context(**told), NOW)  # type: ignore[arg-type]
    return {sight.offer.channel: sight for sight in found}


def test_every_visitor_meets_the_offer_of_a_sight_or_what_stands_otherwise(
    exposure: Exposure,
) -> None:
    around = surroundings(ROWS)
    decider = Decider(Snapshot(exposure, NOW, ROWS), around)
    for reason, segment in product((None, "billing", "delivery"), (None, "premium")):
        asked = {"reason": reason, "segment": segment}
        told = seen(exposure, **{name: word for name, word in asked.items() if word})
        met: dict[str, set[State]] = {channel: set() for channel in told}
        for number in range(300):
            context = Context(None, reason, segment, visitor=f"v{number}")
            for offer in decider.decide(context, NOW).offers:
                met[offer.channel].add(offer.state)
        for channel, sight in told.items():
            states = {sight.offer.state} | ({sight.otherwise} if sight.otherwise else set())
            assert met[channel] == states, (channel, reason, segment)


def test_a_share_a_plan_a_calendar_and_a_wait_are_told(exposure: Exposure) -> None:
    told = seen(exposure, reason="billing")
    assert list(told) == [mode.channel for mode in DEFAULT_MODES]
    phone = told["phone"]
    assert (phone.offer.state, phone.share, phone.otherwise) == (State.TUCKED, 50, State.OPEN)
    assert (phone.offer.wait_s, phone.switch and phone.switch.id) == (90.0, 1)
    video = told["video"]
    assert (video.offer.state, video.switch) == (State.OPEN, None)
    assert video.planned is not None
    assert video.planned.id == 4
    callback = told["callback"]
    assert callback.offer.state is State.CLOSED
    assert callback.offer.next_opening == datetime(2026, 11, 24, 7, 0, tzinfo=UTC)
    assert callback.switch is None
    assert told["email"].offer.state is State.OPEN
    assert seen(exposure, segment="premium")["chat"].offer.state is State.OPEN
