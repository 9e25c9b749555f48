"""The source that a command names: one of vigie.toml, or a new one, and its zone."""

from __future__ import annotations

from dataclasses import replace

from app.errors import WrongUse
from app.settings import Settings, zone_named
from ingest.connector import Source, connector_named

NAME_CHARS = 100


def named_source(settings: Settings, name: str, connector: str, zone: str | None) -> Source:
    """The source as configured, else a new one in the site's zone; `zone` outranks both.

    Raises WrongUse for a name that no screen could show, an unknown zone, another connector.
    """
    if not 0 < len(name) <= NAME_CHARS or not name.isprintable():
        raise WrongUse(f"--source needs a printable name of at most {NAME_CHARS} characters")
    source = settings.sources().get(name) or Source(name, connector, settings.tz)
    if source.connector not in (connector, *_kin(connector)):
        raise WrongUse(
            f"source «{name}» is configured for {source.connector}, not {connector}: "
            "choose another --source"
        )
    return source if zone is None else replace(source, zone=zone_named(zone))


def _kin(connector: str) -> tuple[str, ...]:
    """Connectors that tell the same facts under the same ids: an archive of a mailbox's mails."""
    kin: tuple[str, ...] = getattr(connector_named(connector), "kin", ())
    return kin
