"""How much strangers may ask: so many a minute from one address, and so many in all."""

from __future__ import annotations

from ipaddress import IPv6Address, ip_address

from limits import RateLimitItem, RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter

from app.patience import Overloaded
from ingest.events import stable_key

#: Addresses share so many counters: a flood of addresses fills no memory.
_COUNTERS = 16_384
#: Who has one IPv6 address has all of its network.
_NETWORK_BITS = 64


class Flooded(Overloaded):
    """One address, or all of them, asked too often: it is counted over a minute."""

    after_s = 60


class Flood:
    """Counts one kind of question of this process over the last minute."""

    def __init__(self, name: str, of_address: int, in_all: int) -> None:
        self._name = name
        self._one: RateLimitItem = RateLimitItemPerMinute(of_address)
        self._all: RateLimitItem = RateLimitItemPerMinute(in_all)
        self._limiter = MovingWindowRateLimiter(MemoryStorage())

    def admit(self, address: str) -> None:
        """Count one more.  Raises Flooded."""
        counter = str(stable_key(_network(address)) % _COUNTERS)
        if not self._limiter.hit(self._one, counter) or not self._limiter.hit(self._all, "all"):
            raise Flooded(f"too many {self._name} at once: send again in a minute")


def _network(address: str) -> str:
    try:
        found = ip_address(address)
    except ValueError:
        return address
    if not isinstance(found, IPv6Address):
        return address
    # Some proxies write 192.0.2.1 as ::ffff:192.0.2.1: all of those are no one network.
    return str(found.ipv4_mapped or int(found) >> (128 - _NETWORK_BITS))
