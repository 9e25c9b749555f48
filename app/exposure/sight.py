"""What customers of one kind see now, channel by channel: pure, by the decision of the hub.

An offer is made for one visitor; a **sight** is what all of them meet: where a switch holds for
a share only, what those inside and those outside of it see, and what is planned next.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

import msgspec

from app.exposure.effective import Context, Offer, Standing, decided, deciding, standing
from app.exposure.model import ANY, State, Switch
from app.exposure.reading import Exposure
from app.exposure.surroundings import Surroundings


class Sight(msgspec.Struct, frozen=True, kw_only=True):
    """One channel.  `offer` is what `share` percent of the visitors see, the others `otherwise`.

    `switch` decides, unless the calendar does; `planned` is the next to begin.
    """

    offer: Offer
    share: int = 100
    otherwise: State | None = None
    switch: Switch | None = None
    planned: Switch | None = None


def sights(
    exposure: Exposure, around: Surroundings, context: Context, now: datetime
) -> tuple[Sight, ...]:
    """Every channel once, in the order of the modes, for visitors of this context."""
    current = standing(exposure.switches, now)
    outside = _by_channel(exposure, current, around, context, now)
    inside = _by_channel(exposure, _whole(current), around, context, now)
    return tuple(
        _sight(inside[mode.channel], outside[mode.channel], exposure, current, context, now)
        for mode in exposure.modes
    )


def _by_channel(
    exposure: Exposure, current: Standing, around: Surroundings, context: Context, now: datetime
) -> dict[str, Offer]:
    offers = decided(current, exposure.modes, context, now, around)
    return {offer.channel: offer for offer in offers}


def _whole(current: Standing) -> Standing:
    """As everybody inside of a share meets it."""
    return {
        key: msgspec.structs.replace(switch, share=100) if switch.share else switch
        for key, switch in current.items()
    }


def _sight(
    inside: Offer, outside: Offer, exposure: Exposure, current: Standing, context: Context,
    now: datetime,
) -> Sight:  # fmt: skip
    channel = inside.channel
    switch = deciding(current, channel, context) if inside.switch is not None else None
    planned = _next(exposure.switches, channel, context, now)
    if switch is None or inside.state is outside.state:
        return Sight(offer=inside, switch=switch, planned=planned)
    return Sight(
        offer=inside, share=switch.share, otherwise=outside.state, switch=switch, planned=planned
    )


def _next(
    switches: Iterable[Switch], channel: str, context: Context, now: datetime
) -> Switch | None:
    """The switch that begins next of those that could decide here."""
    coming = [one for one in switches if one.begins > now and _meets(one, channel, context)]
    return min(coming, key=lambda one: (one.begins, one.version), default=None)


def _meets(switch: Switch, channel: str, context: Context) -> bool:
    asked = (channel, context.reason, context.segment, context.surface)
    told = (switch.channel, switch.reason, switch.segment, switch.surface)
    return all(word in (ANY, wanted) for word, wanted in zip(told, asked, strict=True))
