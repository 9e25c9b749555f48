"""Replaying what was refused, as the command, the API and the page do it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from app.errors import WrongUse
from app.settings import zone_named
from ingest.connector import Source

if TYPE_CHECKING:
    from app.bootstrap import House
    from ingest.quarantine import Entry, Replayed


@dataclass(frozen=True, slots=True)
class Choice:
    """Which entries: those of the ids, else all that wait of a source, for a reason.

    `limit`: at most so many of them, the oldest first.
    """

    ids: Sequence[int] = ()
    source: str | None = None
    reason: str | None = None
    limit: int | None = None


def replay(
    house: House, choice: Choice, zone: str | None, *, now: datetime, dry_run: bool
) -> list[Replayed]:
    """Parse the entries again and store what is good now; with `dry_run` store nothing.

    `zone` is that of sources which are not in vigie.toml.
    Raises WrongUse where it lacks, NotInQuarantine for an id that is not there.
    """
    from ingest.quarantine import replay as again

    return again(
        house.store,
        house.database.engine,
        _chosen(house, choice),
        _source_named(house, zone),
        now=now,
        dry_run=dry_run,
    )


def _chosen(house: House, choice: Choice) -> list[Entry]:
    from ingest.quarantine import entries, entry

    with house.database.engine.connect() as connection:
        if choice.ids:
            return [entry(connection, id) for id in choice.ids]
        # The oldest first, as they came: of two contents of one id the first stands.
        return entries(
            connection,
            source=choice.source,
            reason=choice.reason,
            limit=choice.limit,
            oldest=True,
        )


def _source_named(house: House, zone: str | None) -> Callable[[str], Source]:
    """The source of a name: as configured, else as it was last written and in `zone`."""
    from ingest.quarantine import connector_of

    configured = house.settings.sources()
    tz = zone_named(zone) if zone else None

    def named(name: str) -> Source:
        if (source := configured.get(name)) is not None:
            return source
        if tz is None:
            raise WrongUse(f"source «{name}» is not in vigie.toml: say its zone with --zone")
        with house.database.engine.connect() as connection:
            return Source(name, connector_of(connection, name), tz)

    return named
