"""Switches + surroundings + visitor + now → ordered offers: a pure function.

The hub, the cockpit and the guardrails all decide here, so they cannot disagree.  **Most
specific wins**: the switch that names most of channel, reason, segment and surface; among
equals the one that names the channel, then the reason, then the segment, then the surface.
A mode that its calendar has closed is closed whatever a switch says, until it opens again.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from datetime import datetime
from itertools import product

import msgspec

from app.exposure.model import ANY, State, Switch
from app.exposure.modes import Mode
from app.exposure.surroundings import Clue, Surroundings

#: Which of (channel, reason, segment, surface) a scope names, most specific first.
_NAMED = sorted(product((True, False), repeat=4), key=lambda named: (sum(named), named))[::-1]


class Context(msgspec.Struct, frozen=True, gc=False):
    """Who asks, where and why; None is «not told» and meets only switches that say any.

    `visitor` keeps a share steady: the same visitor always falls on the same side.  `page`,
    `location`, `contract`, `basket_value` (in cents) and `path` (pages seen before) tell reason
    and segment where nobody says them (:func:`understood`).
    """

    surface: str | None = None
    reason: str | None = None
    segment: str | None = None
    visitor: str | None = None
    language: str = "fr"
    page: str | None = None
    location: str | None = None
    contract: str | None = None
    basket_value: int | None = None
    path: tuple[str, ...] = ()


class Offer(msgspec.Struct, frozen=True, kw_only=True):
    """One mode as this visitor sees it.

    `message` is what to tell the customer, `until` when the deciding switch or closing ends,
    `wait_s` the estimated wait in seconds (None: no estimate).  `switch` is the id of the switch
    that decided, None where none did; `decided_by` says in words which switch, rule (whose
    switch it is) or calendar did.
    `opening_hours` are those of the local day (None: no calendar), `next_opening` is when a
    closed mode opens again, as far as is known.
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
    opening_hours: str | None = None
    next_opening: datetime | None = None
    link: str | None = None


#: No calendar, no estimate, no link.
NOTHING = Surroundings()
#: The switches that count at one moment, by scope (which never holds None).
Standing = Mapping[tuple[str | None, ...], Switch]


def effective(
    switches: Iterable[Switch],
    modes: Iterable[Mode],
    context: Context,
    now: datetime,
    around: Surroundings = NOTHING,
) -> tuple[Offer, ...]:
    """Every mode exactly once: promoted, open, tucked, closed; within a state in mode order."""
    return decided(standing(switches, now), modes, context, now, around)


def decided(
    current: Standing, modes: Iterable[Mode], context: Context, now: datetime, around: Surroundings
) -> tuple[Offer, ...]:
    """As `effective`, from the switches that stand at `now`."""
    offers = [_offer(mode, current, context, now, around) for mode in modes]
    return tuple(sorted(offers, key=lambda offer: offer.state.rank))


def understood(context: Context, clues: Iterable[Clue]) -> Context:
    """The context with the reason and segment that the first clue to meet tells, each."""
    for clue in clues:
        if context.reason is not None and context.segment is not None:
            break
        if _meets(clue, context):
            context = msgspec.structs.replace(
                context,
                reason=context.reason if context.reason is not None else clue.reason,
                segment=context.segment if context.segment is not None else clue.segment,
            )
    return context


def standing(switches: Iterable[Switch], now: datetime) -> Standing:
    """The switches in force at `now`, by scope; of two for one scope the one begun later."""
    found: dict[tuple[str | None, ...], Switch] = {}
    for switch in switches:
        key = (switch.channel, switch.reason, switch.segment, switch.surface)
        known = found.get(key)
        if switch.in_force(now) and (known is None or _goes_before(switch, known)):
            found[key] = switch
    return found


def _goes_before(switch: Switch, known: Switch) -> bool:
    """A planned switch lies over the one that held before it, which holds again after it."""
    return (switch.begins, switch.version) > (known.begins, known.version)


def deciding(current: Standing, channel: str, context: Context) -> Switch | None:
    """The most specific switch that meets the context, if any."""
    if not current:
        return None
    reason, segment, surface = context.reason, context.segment, context.surface
    # Written out: this is what an answer takes its time for.
    for of_channel, of_reason, of_segment, of_surface in _NAMED:
        key = (
            channel if of_channel else ANY,
            reason if of_reason else ANY,
            segment if of_segment else ANY,
            surface if of_surface else ANY,
        )
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


def _meets(clue: Clue, context: Context) -> bool:
    basket = context.basket_value
    return (
        (clue.page is None or (context.page or "").startswith(clue.page))
        and clue.location in (None, context.location)
        and clue.contract in (None, context.contract)
        and (clue.least_basket is None or (basket is not None and basket >= clue.least_basket))
        and (clue.path is None or any(seen.startswith(clue.path) for seen in context.path))
    )


def _offer(
    mode: Mode, current: Standing, context: Context, now: datetime, around: Surroundings
) -> Offer:
    switch = deciding(current, mode.channel, context)
    switched = _switched(mode, switch, context, around)
    return _surrounded(switched, context, now, around)


def _switched(mode: Mode, switch: Switch | None, context: Context, around: Surroundings) -> Offer:
    plain = Offer(channel=mode.channel, label=mode.label(context.language), human=mode.human)
    if switch is None:
        return plain
    name = f"switch {switch.id} ({switch.scope})"
    if (rule := around.rule_of(switch)) is not None:
        name = f"rule {rule} by {name}"
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


def _surrounded(offer: Offer, context: Context, now: datetime, around: Surroundings) -> Offer:
    """The offer with its hours, wait and link; closed where its calendar is."""
    channel, reason = offer.channel, context.reason
    opening = around.opening(channel, reason, now)
    told: dict[str, object] = {"opening_hours": opening.hours}
    if (link := around.link(channel, context.surface)) is not None:
        told["link"] = link
    if offer.state is State.CLOSED:
        ends = offer.until
        told["next_opening"] = ends and around.next_opening(channel, reason, max(ends, now))
    elif not opening.open:
        opens = around.next_opening(channel, reason, now)
        told |= {"state": State.CLOSED, "selectable": False, "next_opening": opens, "until": opens}
        told |= {"switch": None, "message": None, "decided_by": f"calendar ({opening.because})"}
    else:
        told["wait_s"] = around.wait_s(channel, reason, now)
    return msgspec.structs.replace(offer, **told)
