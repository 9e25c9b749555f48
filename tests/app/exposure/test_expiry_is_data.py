"""A closing is over on time with every scheduler down: in the hub, after a restart, on screen.

Run against a switch that only a job ends, and against a hub that looks at the clock once a
minute: the same trials find both, at nearly every end.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from app.exposure.effective import Context, effective
from app.exposure.model import State, Switch
from app.exposure.reading import Exposure
from app.exposure.sight import sights
from app.exposure.surroundings import Surroundings
from app.hub.deciding import Decider, _Moment
from app.hub.known import Snapshot, packed, unpacked

PARIS = ZoneInfo("Europe/Paris")
TICK = timedelta(microseconds=1)


def changes(day: date) -> bool:
    """Whether the clocks of Paris change on that day."""
    first, next_ = (datetime.combine(each, time(), PARIS) for each in (day, day + timedelta(1)))
    return first.utcoffset() != next_.utcoffset()


#: The nights from 2024 to 2030 on which the clocks change.
DAYS = (date(2024, 1, 1) + timedelta(number) for number in range(7 * 365))
NIGHTS = [day for day in DAYS if changes(day)]
View = Callable[[Exposure, datetime], State]


def ends() -> Iterator[datetime]:
    """Every 20 minutes and some seconds of those nights."""
    for number, day in enumerate(NIGHTS):
        midnight = datetime.combine(day, time(), PARIS).astimezone(UTC)
        for step in range(15):
            yield midnight + timedelta(minutes=20 * step, seconds=7 * (step + number) % 60)


def phone(offers: object) -> State:
    found: State = next(one.state for one in offers if one.channel == "phone")  # type: ignore[attr-defined]
    return found


def by_a_hub_that_runs(exposure: Exposure) -> View:
    decider = Decider(Snapshot(exposure, None), Surroundings())
    return lambda _exposure, now: phone(decider.decide(Context(), now).offers)


def by_a_hub_that_has_just_started(exposure: Exposure, now: datetime) -> State:
    kept = unpacked(packed(Snapshot(exposure, now)), now)
    return phone(Decider(kept, Surroundings()).decide(Context(), now).offers)


def on_the_page(exposure: Exposure, now: datetime) -> State:
    return phone([one.offer for one in sights(exposure, Surroundings(), Context(), now)])


def by_the_guardrails(exposure: Exposure, now: datetime) -> State:
    return phone(effective(exposure.switches, exposure.modes, Context(), now))


def failures() -> tuple[int, int]:
    """How many ends were not on time, in any view, of how many."""
    wrong = trials = 0
    for end in ends():
        begun = end - timedelta(minutes=30)
        switch = Switch(
            id=1, version=1, updated_at=begun, channel="phone", state=State.CLOSED, why="x",
            owner="ana", expires_at=end,
        )  # fmt: skip
        exposure = Exposure(revision=1, switches=(switch,))
        views = (by_a_hub_that_runs(exposure), by_a_hub_that_has_just_started, on_the_page,
                 by_the_guardrails)  # fmt: skip
        wanted = ((end - TICK, State.CLOSED), (end, State.OPEN), (end + TICK, State.OPEN))
        right = all(view(exposure, now) is state for view in views for now, state in wanted)
        trials, wrong = trials + 1, wrong + (not right)
    return wrong, trials


def test_every_closing_ends_on_time_in_every_view_on_every_night_of_a_clock_change() -> None:
    assert len(NIGHTS) == 14
    assert failures() == (0, 210)


@pytest.mark.parametrize("mutant", ["only a job ends it", "the hub looks once a minute"])
def test_the_same_trials_find_an_expiry_that_needs_somebody(
    monkeypatch: pytest.MonkeyPatch, mutant: str
) -> None:
    if mutant == "only a job ends it":
        monkeypatch.setattr(Switch, "over", lambda switch, now: False)
    else:
        true_begun = Decider._begun

        def once_a_minute(decider: Decider, now: datetime) -> _Moment:
            moment = true_begun(decider, now)
            minute = now.replace(second=0, microsecond=0)
            moment.since, moment.until = minute, minute + timedelta(minutes=1)
            return moment

        monkeypatch.setattr(Decider, "_begun", once_a_minute)
    wrong, trials = failures()
    assert wrong > 0.9 * trials
