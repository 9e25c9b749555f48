"""What no operator may do.  Pure: the service asks inside its transaction, under its lock.

**Last human channel**: for every reason × segment × surface at least one channel where people
answer stays promoted or open, now and at every later moment that is already decided, that is
also after each start and each expiry.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from itertools import product

from app.exposure.effective import Context, Standing, deciding, standing
from app.exposure.errors import GuardrailRefused
from app.exposure.model import ANY, Scope, Switch
from app.exposure.modes import Mode

LAST_HUMAN = "last human channel"


def require_human(
    switches: Sequence[Switch], modes: Iterable[Mode], scope: Scope, now: datetime
) -> None:
    """Refuse switches that leave somebody within `scope` without a human channel.

    `switches` are all of them as they would be after the change of `scope`.  Raises
    GuardrailRefused naming where, when and what would be allowed.
    """
    human = [mode.channel for mode in modes if mode.human]
    for moment in _moments(switches, now):
        current = standing(switches, moment)
        for place in _places(switches, scope):
            if not any(_reachable(current, channel, place) for channel in human):
                raise GuardrailRefused(LAST_HUMAN, _words(place, moment, now, human))


def _reachable(current: Standing, channel: str, place: Context) -> bool:
    """For everybody: a hiding switch counts as soon as its share is above nobody."""
    switch = deciding(current, channel, place)
    return switch is None or switch.share == 0 or not switch.state.hides


def _moments(switches: Iterable[Switch], now: datetime) -> list[datetime]:
    """Now and every later moment at which a switch begins or ends; nothing changes between."""
    edges = {edge for s in switches for edge in (s.starts_at, s.expires_at) if edge is not None}
    return [now, *sorted(edge for edge in edges if edge > now)]


def _places(switches: Iterable[Switch], scope: Scope) -> list[Context]:
    """The combinations that a change of `scope` touches.

    Words that no switch names all fare like «not told» (None), so naming them adds nothing.
    """
    kinds = ("reason", "segment", "surface")
    columns = [_told(getattr(scope, kind), {getattr(s, kind) for s in switches}) for kind in kinds]
    return [
        Context(reason=reason, segment=segment, surface=surface)
        for reason, segment, surface in product(*columns)
    ]


def _told(asked: str, named: set[str]) -> list[str | None]:
    if asked != ANY:
        return [asked]
    return [None, *sorted(named - {ANY})]


def _words(place: Context, moment: datetime, now: datetime, human: list[str]) -> str:
    where = ", ".join(
        f"{kind} {word or 'any'}"
        for kind, word in (
            ("reason", place.reason), ("segment", place.segment), ("surface", place.surface)
        )
    )
    when = "" if moment == now else f" from {moment:%Y-%m-%dT%H:%M:%SZ} on"
    if not human:
        return f"no mode is answered by people: mark one in channels first ({where})"
    return (
        f"for {where} no channel with people would stay open{when}; "
        f"keep one of {', '.join(human)} open or promoted there"
    )
