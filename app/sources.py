"""Every source as people see it: what vigie.toml wants of it, what it tells, and what is wrong.

The numbers are those of :mod:`kpis.silence`; here they meet the configuration: a source that
was never heard is there too, and one that nobody pulls is told apart from one with no news.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal
from urllib.parse import quote

import msgspec
from sqlalchemy import Connection

from app.access.scopes import EVERYTHING, Scope
from app.meter import Meter
from app.settings import Settings
from ingest.connector import (
    CheckedConnector,
    Connector,
    FileConnector,
    LiveConnector,
    PullConnector,
    SeldomPulledConnector,
    Source,
    WebhookConnector,
    connector_named,
)
from ingest.errors import Fatal, UnknownConnector
from ingest.formats.cloud_events import CloudEvents
from ingest.reading.options import secret_variable
from ingest.standing import Today
from kpis.arrivals import arrivals
from kpis.silence import QUIET, SourceLine

Way = Literal["pull", "push", "file"]
#: live: told something of late · quiet: alive, nothing to tell · silent: expected to talk, and
#: does not · failing: a person must act · unattended: no worker is at it · imported: from a
#: file, once · waiting: configured, never heard.
State = Literal["live", "quiet", "silent", "failing", "unattended", "imported", "waiting"]

#: A source that no worker has, and that nobody has looked at for so long, is left alone.
UNATTENDED = timedelta(seconds=60)
#: How old today's arrivals may be on the screen.
_REFRESHED = timedelta(seconds=60)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What vigie.toml and the environment say of a source.

    `ways`: how its events come in, the one that is counted on first; `address`: where its vendor
    posts to.  `variable` is the one that should hold its secret and does not; `lacks` says so in
    words, or what else is missing.
    """

    connector: str
    ways: tuple[Way, ...]
    address: str | None
    variable: str | None
    lacks: str | None


class SourceState(msgspec.Struct, frozen=True):
    """One source now.  `rate`: new events a minute of late; `astray`: by how much
    today's ledger does not close; the rest as in :class:`Wanted` and ``kpis.silence``.
    """

    source: str
    connector: str
    configured: bool
    state: State
    ways: tuple[Way, ...]
    address: str | None
    last_event_at: datetime | None
    last_seen_at: datetime | None
    lag_s: float | None
    rate: float | None
    today: Today
    astray: int
    waiting: int
    waiting_since: datetime | None
    error: str | None
    error_at: datetime | None
    not_before: datetime | None
    variable: str | None
    lacks: str | None


class SourceWatch:
    """The sources of this process: its configuration, read once, and the pace of each."""

    def __init__(self, settings: Settings, scope: Scope = EVERYTHING) -> None:
        self._scope = scope
        self._wanted = wanted(settings.sources().values())
        self._zone = settings.tz
        self._meter = Meter()
        self._arrived: dict[str, list[int]] = {}
        self._arrived_at: datetime | None = None

    def take(self, lines: Iterable[SourceLine], now: datetime) -> list[SourceState]:
        """The states, after a reading of how much has come in."""
        lines = list(lines)
        self._meter.read({line.source: line.today.new for line in lines}, now)
        return self.states(lines, now)

    def states(
        self, lines: Iterable[SourceLine], now: datetime, scope: Scope | None = None
    ) -> list[SourceState]:
        """Every source, configured or seen, by name.

        Of whoever is limited to a scope these are their lines: one never heard is nobody's.
        """
        seen = {line.source: line for line in lines}
        whole = (self._scope if scope is None else scope).whole
        return [
            _state(name, seen.get(name), self._wanted.get(name), self._meter.rate(name), now)
            for name in sorted({*seen, *(self._wanted if whole else ())})
        ]

    def arrivals(self, connection: Connection, now: datetime) -> Mapping[str, list[int]]:
        """Today's contacts by source and quarter hour, read anew once a minute."""
        if self._arrived_at is None or now - self._arrived_at >= _REFRESHED:
            self._arrived = arrivals(connection, now, self._zone)
            self._arrived_at = now
        return self._arrived


def wanted(sources: Iterable[Source]) -> dict[str, Wanted]:
    """What is wanted of each configured source, by name."""
    return {source.name: _wanted(source) for source in sources}


def state_of(line: SourceLine | None, wanted: Wanted | None, now: datetime) -> State:
    """The one word for a source."""
    if (wanted and wanted.lacks) or (line and line.error):
        return "failing"
    if line is None:
        return "waiting"
    if wanted and "pull" in wanted.ways and _is_unattended(line, now):
        return "unattended"
    if line.silent:
        return "silent"
    if line.last_event_at is None:
        return "quiet"
    if now - line.last_event_at < QUIET:
        return "live"
    filed = wanted is None or "file" in wanted.ways
    return "imported" if filed and not line.live else "quiet"


def lacks(source: Source) -> str | None:
    """What the table of the source or the environment does not say; None where all is said."""
    return _wanted(source).lacks


def _wanted(source: Source) -> Wanted:
    try:
        connector = connector_named(source.connector)
        ways = _ways(connector, source)
        address = _address(connector, source) if "push" in ways else None
        return Wanted(source.connector, ways, address, *_lacks(connector, source, ways))
    except (UnknownConnector, Fatal) as error:
        return Wanted(source.connector, (), None, None, str(error))
    except Exception as error:  # a connector's mistake keeps nobody from seeing the others
        said = f"the connector failed: {type(error).__name__}: {error}"
        return Wanted(source.connector, (), None, None, said)


def _lacks(
    connector: Connector, source: Source, ways: tuple[Way, ...]
) -> tuple[str | None, str | None]:
    """The variable that is not set, and the same in words.

    Raises Fatal where a source to pull lacks something.
    """
    first = ways[:1]
    if first == ("pull",) and isinstance(connector, CheckedConnector):
        connector.check(source)
    if first != ("push",) or source.secret or source.options.get("unsigned"):
        return None, None
    if not isinstance(connector, CloudEvents):
        variable = secret_variable(source.name)
        return variable, f"no secret: set {variable}"
    variable = secret_variable(source.name, "token")
    return (None, None) if source.token else (variable, f"no token: set {variable}")


def _ways(connector: Connector, source: Source) -> tuple[Way, ...]:
    pulled = isinstance(connector, PullConnector | LiveConnector)
    if pulled and isinstance(connector, SeldomPulledConnector):
        pulled = connector.pulled(source)
    found: list[tuple[Way, bool]] = [
        ("pull", pulled),
        ("push", isinstance(connector, WebhookConnector)),
        ("file", isinstance(connector, FileConnector)),
    ]
    return tuple(way for way, is_one in found if is_one)


def _address(connector: Connector, source: Source) -> str:
    if isinstance(connector, CloudEvents):
        return "/api/v1/events"
    return f"/api/v1/webhooks/{quote(source.name, safe='')}"


def _is_unattended(line: SourceLine, now: datetime) -> bool:
    if line.attended:
        return False
    return line.last_seen_at is None or now - line.last_seen_at > UNATTENDED


def _state(
    name: str,
    line: SourceLine | None,
    wanted: Wanted | None,
    rate: float | None,
    now: datetime,
) -> SourceState:
    today = line.today if line else Today()
    return SourceState(
        source=name,
        connector=wanted.connector if wanted else line.connector if line else "",
        configured=wanted is not None,
        state=state_of(line, wanted, now),
        ways=wanted.ways if wanted else (),
        address=wanted.address if wanted else None,
        last_event_at=line.last_event_at if line else None,
        last_seen_at=line.last_seen_at if line else None,
        lag_s=line.lag_s if line else None,
        rate=None if rate is None else round(rate, 1),
        today=today,
        astray=today.astray,
        waiting=line.waiting if line else 0,
        waiting_since=line.waiting_since if line else None,
        error=line.error if line else None,
        error_at=line.error_at if line else None,
        not_before=line.not_before if line else None,
        variable=wanted.variable if wanted else None,
        lacks=wanted.lacks if wanted else None,
    )
