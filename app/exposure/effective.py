"""Switches + visitor + now → ordered offers: a pure function.

The hub, the cockpit and the guardrails all decide here, so they cannot disagree.  **Most
specific wins**: the switch that names most of channel, reason, segment and surface; among
equals the one that names the channel, then the reason, then the segment, then the surface.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import product

import msgspec

from app.exposure.model import ANY, State, Switch
from app.exposure.modes import Mode

#: Which of (channel, reason, segment, surface) a scope names, most specific first.
_NAMED = sorted(product((True, False), repeat=4), key=lambda named: (sum(named), named))[::-1]


@dataclass(frozen=True, slots=True)
class Context:
    """Who asks, where and why; None is «not told» and meets only switches that say any.

    `visitor` keeps a share steady: the same visitor always falls on the same side.
    """

    surface: str | None = None
    reason: str | None = None
    segment: str | None = None
    visitor: str | None = None
    language: str = "fr"


class Offer(msgspec.Struct, frozen=True, kw_only=True):
    """One mode as this visitor sees it.

    `message` is what to tell the customer, `until` when the deciding switch ends, `wait_s` the
    estimated wait in seconds (None: no estimate).  `switch` is the id of the switch that
    decided, None where none did; `decided_by` says the same in words.
    """

    channel: str
    label: str
    human: bool
    state: State = State.OPEN
    selectable: bool = True
    message: str | None = None
    until: datetime | None = None
    wait_s: float | None = None
    switch: int | None = None
    decided_by: str = "default"


#: The switches that count at one moment, by scope (which never holds None).
Standing = Mapping[tuple[str | None, ...], Switch]


def effective(
    switches: Iterable[Switch], modes: Iterable[Mode], context: Context, now: datetime
) -> tuple[Offer, ...]:
    """Every mode exactly once: promoted, open, tucked, closed; within a state in mode order."""
    current = standing(switches, now)
    offers = [_offer(mode, deciding(current, mode.channel, context), context) for mode in modes]
    return tuple(sorted(offers, key=lambda offer: offer.state.rank))


def standing(switches: Iterable[Switch], now: datetime) -> Standing:
    """The switches in force at `now`, by scope; of two for one scope the later version."""
    found: dict[tuple[str | None, ...], Switch] = {}
    for switch in switches:
        key = (switch.channel, switch.reason, switch.segment, switch.surface)
        known = found.get(key)
        if switch.in_force(now) and (known is None or known.version < switch.version):
            found[key] = switch
    return found


def deciding(current: Standing, channel: str, context: Context) -> Switch | None:
    """The most specific switch that meets the context, if any."""
    if not current:
        return None
    told = (channel, context.reason, context.segment, context.surface)
    for named in _NAMED:
        key = tuple(part if name else ANY for part, name in zip(told, named, strict=True))
        if (switch := current.get(key)) is not None:
            return switch
    return None


def inside(switch: Switch, visitor: str | None) -> bool:
    """Whether the visitor is in the switch's share.

    Sticky, and growing: who is inside at 10 % is inside at 50 %.  An unknown visitor is inside
    a full share only.
    """
    if visitor is None or switch.share in (0, 100):
        return switch.share == 100
    digest = hashlib.sha256(f"{switch.id}:{visitor}".encode(errors="surrogatepass")).digest()
    return int.from_bytes(digest[:8]) % 100 < switch.share


def _offer(mode: Mode, switch: Switch | None, context: Context) -> Offer:
    plain = Offer(channel=mode.channel, label=mode.label(context.language), human=mode.human)
    if switch is None:
        return plain
    name = f"switch {switch.id} ({switch.scope})"
    if not inside(switch, context.visitor):
        outside = f"outside the {switch.share} % of {name}"
        return msgspec.structs.replace(plain, switch=switch.id, decided_by=outside)
    return msgspec.structs.replace(
        plain,
        state=switch.state,
        selectable=switch.state is not State.CLOSED,
        message=switch.message(context.language),
        until=switch.expires_at,
        switch=switch.id,
        decided_by=name,
    )
