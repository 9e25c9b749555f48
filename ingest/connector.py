"""The contract that a connector fulfils; it fits on one screen.

One file in ``ingest/connectors/`` = one connector: a class with ``name`` and one or more of
the four ways in.  ``connectors()`` finds it; nothing else is edited.

- :class:`FileConnector`    ``vigie load``: parse a file's bytes, in pieces.
- :class:`WebhookConnector` pushed: verify the raw bytes, then parse them.
- :class:`PullConnector`    polled by the worker: fetch from a cursor.
- :class:`LiveConnector`    followed by the worker: an open line that tells at once.

A connector only translates.  It never writes, never raises for one bad record (it yields
:class:`~ingest.events.Rejected` and goes on), and ids must be stable: the same record read
twice gives the same event ids.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from pathlib import Path
from threading import Event as Stop
from typing import ClassVar, Protocol, runtime_checkable
from zoneinfo import ZoneInfo

from ingest.errors import UnknownConnector
from ingest.events import Event, Rejected

UTC_ZONE = ZoneInfo("UTC")

Parsed = Event | Rejected
Options = Mapping[str, str | int | float | bool | list[str] | None]


@dataclass(frozen=True, slots=True)
class Source:
    """One configured feed: ``[sources.NAME]`` of vigie.toml, its secrets from the environment.

    `secret` proves that a delivery is the vendor's (or is the password of a mailbox, the
    client secret of an API); `token` is ours to show where the same source is asked as well.
    """

    name: str
    connector: str
    zone: ZoneInfo = UTC_ZONE
    secret: str | None = None
    token: str | None = None
    options: Options = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Page:
    """What one pull brought, and the cursor to store *with* it (opaque JSON text)."""

    parsed: list[Parsed]
    cursor: str
    more: bool = False


class Connector(Protocol):
    name: ClassVar[str]


@runtime_checkable
class FileConnector(Connector, Protocol):
    def read(self, path: Path, source: Source) -> Iterator[Parsed]:
        """Every record of the file, in file order.  Raises WrongFormat if the file is another's."""


@runtime_checkable
class WebhookConnector(Connector, Protocol):
    def verify(self, source: Source, headers: Mapping[str, str], body: bytes) -> None:
        """Raise BadSignature unless the raw bytes were signed with the source's secret."""

    def parse(self, source: Source, body: bytes) -> Iterable[Parsed]:
        """The events of one delivery.  Header names arrive in lower case."""


@runtime_checkable
class StampedConnector(Connector, Protocol):
    def parse_at(self, source: Source, body: bytes, received_at: datetime) -> Iterable[Parsed]:
        """As `parse`, for deliveries that tell no time of their own (Twilio's messages).

        Whoever kept the delivery says when it came; the same arguments give the same events.
        Delivered again, the first receipt wins: it is the greater revision.
        """


@runtime_checkable
class ChallengedConnector(Connector, Protocol):
    def challenge(self, source: Source, query: Mapping[str, str]) -> str:
        """The answer to the vendor's GET verification.  Raises BadSignature."""


@runtime_checkable
class PullConnector(Connector, Protocol):
    def pull(self, source: Source, cursor: str | None) -> Page:
        """The next page after the cursor.  Raises Retriable or Fatal of ingest.errors."""


@runtime_checkable
class LiveConnector(Connector, Protocol):
    def follow(self, source: Source, cursor: str | None, stop: Stop) -> Iterator[Page]:
        """Pages as they come to be, an empty one at least every 5 s, until `stop` is set.

        A page is stored before the next is asked for.  Raises Retriable or Fatal.
        """


@runtime_checkable
class SeldomPulledConnector(Connector, Protocol):
    def pulled(self, source: Source) -> bool:
        """Whether this source can be pulled or followed, or is told by webhooks alone."""


@runtime_checkable
class CheckedConnector(Connector, Protocol):
    def check(self, source: Source) -> None:
        """Raise Fatal where the source's table or secret lacks what every pull needs."""


@cache
def connectors() -> dict[str, Connector]:
    """Every connector of ``ingest/connectors/``, by name."""
    found: dict[str, Connector] = {}
    package = importlib.import_module("ingest.connectors")
    for module in pkgutil.iter_modules(package.__path__):
        members = vars(importlib.import_module(f"ingest.connectors.{module.name}")).values()
        for member in members:
            if isinstance(member, type) and member.__module__.endswith(f".{module.name}"):
                name = getattr(member, "name", None)
                if isinstance(name, str):
                    found[name] = member()
    return found


def connector_named(name: str) -> Connector:
    """The connector of that name.  Raises UnknownConnector, naming those that exist."""
    try:
        return connectors()[name]
    except KeyError as error:
        raise UnknownConnector(name, sorted(connectors())) from error
