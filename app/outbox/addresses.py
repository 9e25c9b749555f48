"""Which addresses may be told: those of the internet, and the networks that a setting names.

A subscriber's address is what somebody typed.  Its name is resolved once, every address that
comes back is judged, and the connection goes to one that was judged: a name that changes its
mind in between (rebinding) changes nothing.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from ipaddress import (
    IPv4Address,
    IPv4Network,
    IPv6Address,
    IPv6Network,
    ip_address,
    ip_network,
)
from urllib.parse import SplitResult, urlsplit

from app.errors import WrongUse
from app.outbox.errors import NotReachable

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network
#: (host, port) → the addresses of the host.
Resolve = Callable[[str, int], Awaitable[list[str]]]

URL_CHARS = 500
#: The setting that opens more.
VARIABLE = "VIGIE_WEBHOOK_NETWORKS"
#: Beside what the registries call private: addresses with another one inside, which a gateway
#: would unpack, and what is nobody's.
_TUNNELS = tuple(
    map(
        ip_network,
        (
            "192.0.0.0/24",  # of protocols; the registry, and so Python, has exceptions in it
            "192.88.99.0/24",  # 6to4 relays
            "64:ff9b::/96", "64:ff9b:1::/48",  # NAT64
            "2002::/16",  # 6to4
            "2001::/32",  # Teredo
            "::/96", "::ffff:0:0/96", "::ffff:0:0:0/96",  # IPv4 in IPv6
            "fec0::/10", "fc00::/7", "fe80::/10",
            "3fff::/20", "5f00::/16",  # registered after this Python: of documents, of segments
        ),
    )
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Target:
    """A judged place to connect to; `host` is what the certificate must be for."""

    host: str
    address: str
    port: int


@dataclass(frozen=True, slots=True)
class Reach:
    """Where messages may go: public addresses by https, and the `opened` networks anyhow."""

    opened: tuple[Network, ...] = ()

    @staticmethod
    def of(setting: str) -> Reach:
        """From ``10.1.0.0/16,127.0.0.1/32``.  Raises WrongUse."""
        named = filter(None, (part.strip() for part in setting.split(",")))
        try:
            return Reach(tuple(map(ip_network, named)))
        except ValueError as error:
            raise WrongUse(f"{VARIABLE}: {error}; write networks as 10.1.0.0/16") from error

    async def targets(self, url: str, resolve: Resolve) -> list[Target]:
        """Where the URL's host is now.  Raises NotReachable if any of it must not be told."""
        parts = split(url)
        host, port = parts.hostname or "", parts.port or _PORTS[parts.scheme]
        try:
            found = await resolve(host, port)
        except (OSError, UnicodeError) as error:
            raise NotReachable(f"no address for {host}: {error}") from error
        for address in found:
            self.require(ip_address(address.partition("%")[0]), parts.scheme)
        return [Target(host, address, port) for address in dict.fromkeys(found)]

    def require(self, address: Address, scheme: str) -> None:
        """Raise NotReachable for an address that must not be told by that scheme."""
        if self._is_opened(address):
            return
        if not is_public(address):
            raise NotReachable(f"{address} is not on the internet: {VARIABLE} can open a network")
        if scheme != "https":
            raise NotReachable(f"plain http to {address}: use https, or open it in {VARIABLE}")

    def _is_opened(self, address: Address) -> bool:
        return any(address in network for network in self.opened)


_PORTS = {"http": 80, "https": 443}


def is_public(address: Address) -> bool:
    """Whether it is one of the internet's, and not a way round to another."""
    if address.is_multicast or not address.is_global:
        return False
    return not any(address in network for network in _TUNNELS)


def split(url: str) -> SplitResult:
    """The parts of a subscriber's address.  Raises WrongUse where it cannot be one."""
    if len(url) > URL_CHARS or not url.isascii() or not url.isprintable() or " " in url:
        raise WrongUse(f"an address has at most {URL_CHARS} printable ASCII characters")
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise WrongUse(f"«{url}» is no address: {error}") from error
    if parts.scheme not in _PORTS or not parts.hostname or port == 0:
        raise WrongUse(f"«{url}» is no address: write https://host/path")
    if parts.username is not None or parts.password is not None or parts.fragment:
        raise WrongUse("an address names no user, password or fragment: messages are signed")
    return parts


def origin(url: str) -> str:
    """What may be shown to everybody: `https://host`, without the path, which may hold a token."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"
