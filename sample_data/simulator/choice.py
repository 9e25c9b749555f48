"""Which channel a customer takes: own liking, times what the hub offers.

A race: every channel draws an exponential time and the liking is its speed, so a channel
wins in proportion to its liking.  The draws belong to the need, hence the same customer
with the phone open and with the phone closed is compared with himself.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from random import Random

from sample_data.simulator.customers import CHANNELS, LIKING, Customer

#: What a state does to the liking of a channel.
PULL = {"promoted": 3.0, "open": 1.0, "tucked": 0.12, "closed": 0.0}
#: Who wanted somebody at once and finds that closed, likes so much better what is live too.
LIVE, LIVE_PULL = ("phone", "chat", "callback"), 3.0
#: Of those whose channel is closed: leave for good, come again later.
GIVES_UP = 0.07
COMES_LATER = 0.15

REASON_LIKING = {
    "complaint": {"email": 2.2, "form": 2.5, "messaging": 0.6},
    "technical": {"chat": 1.4, "form": 0.6},
    "billing": {"phone": 1.1},
    "delivery": {"messaging": 1.5},
}
#: Evenings, nights and Sundays: people write rather than call.
AWAY_LIKING = {"phone": 0.7, "callback": 0.4, "email": 1.4, "messaging": 1.6, "form": 1.3}


@dataclass(frozen=True, slots=True)
class Need:
    """A customer wants something.  ``after`` is the channel of the earlier try, if any."""

    name: str
    customer: Customer
    reason: str
    surface: str
    after: str | None = None
    tries: int = 0


#: What the hub is asked: the state of every channel for this need; one not told is open.
Ask = Callable[[Need, datetime], Mapping[str, str]]


def everything_open(need: Need, now: datetime) -> Mapping[str, str]:
    """The world without a hub: nothing is promoted, nothing is closed."""
    return {}


@dataclass(frozen=True, slots=True)
class Choice:
    """What the customer wanted, and took: a channel, or ``later``, or nothing (``None``)."""

    wanted: str
    taken: str | None


def choose(need: Need, states: Mapping[str, str], away: bool, stream: Random) -> Choice:
    """The channel this customer takes when shown these states."""
    speed = {channel: liking(need, channel, away) / stream.expovariate(1.0) for channel in CHANNELS}
    resolve = stream.random()
    wanted = max(speed, key=speed.__getitem__)
    denied = wanted in LIVE and states.get(wanted) == "closed"
    offered = {
        channel: speed[channel]
        * pull(states, channel)
        * (LIVE_PULL if denied and channel in LIVE else 1)
        for channel in CHANNELS
    }
    best = max(offered, key=offered.__getitem__)
    if offered[best] == 0.0:
        return Choice(wanted, "later" if need.tries < 3 else None)
    if best != wanted and states.get(wanted) == "closed":
        return Choice(wanted, _insists(resolve, need, best))
    return Choice(wanted, best)


def _insists(resolve: float, need: Need, best: str) -> str | None:
    if resolve < GIVES_UP:
        return None
    return "later" if resolve < COMES_LATER and need.tries < 3 else best


def pull(states: Mapping[str, str], channel: str) -> float:
    """The factor of a channel's state; a state we do not know is as good as open."""
    return PULL.get(states.get(channel, "open"), 1.0)


def liking(need: Need, channel: str, away: bool) -> float:
    """How much this customer likes the channel for this need, at this time."""
    weight = LIKING[need.customer.segment][CHANNELS.index(channel)]
    weight *= REASON_LIKING.get(need.reason, {}).get(channel, 1.0)
    if away:
        weight *= AWAY_LIKING.get(channel, 1.0)
    return weight * 2.5 if channel == need.after else weight
