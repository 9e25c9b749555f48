"""Trial: the same pure core over the readings of the past, before anybody is woken."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import pairwise

import msgspec
from msgspec.structs import replace

from app.alerts.deciding import AlertState, Reading, Turn, decide
from app.alerts.model import Alert

#: The past is read every quarter hour at the farthest: that is no gap.
_NO_GAP_S = 3600


class Spell(msgspec.Struct, frozen=True, kw_only=True):
    """One time that the alert would have fired; `to` None: until the end of the trial."""

    from_: datetime = msgspec.field(name="from")
    to: datetime | None
    value: float


class Trial(msgspec.Struct, frozen=True, kw_only=True):
    """What the alert would have done in [start, end): `fired` times, for `firing_s` in all."""

    start: datetime
    end: datetime
    fired: int
    firing_s: float
    spells: tuple[Spell, ...]


def try_on(alert: Alert, readings: Sequence[Reading], start: datetime, end: datetime) -> Trial:
    """Replay; what was read stands until the next reading.  Pure."""
    alert = replace(alert, stale_s=max(alert.stale_s, _NO_GAP_S))
    spells: list[Spell] = []
    state = AlertState()
    for reading, following in pairwise([*readings, None]):
        assert reading is not None
        until = following.at if following is not None else end
        for at in _looks(alert, reading, until):
            state, turn = decide(alert, state, replace(reading, at=at, fed_at=at), at)
            if turn is Turn.FIRED:
                spells.append(Spell(from_=at, to=None, value=reading.value or 0.0))
            elif turn is Turn.OVER:
                spells[-1] = replace(spells[-1], to=at)
    firing = sum((((each.to or end) - each.from_) for each in spells), timedelta())
    return Trial(
        start=start, end=end, fired=len(spells), firing_s=firing.total_seconds(),
        spells=tuple(spells),
    )  # fmt: skip


def _looks(alert: Alert, reading: Reading, until: datetime) -> list[datetime]:
    """When it is looked at while the reading stands: at once, and when it has been held."""
    held = reading.at + timedelta(seconds=alert.held_s)
    return [reading.at, held] if reading.at < held < until else [reading.at]
