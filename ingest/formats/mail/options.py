"""What a source's table says of its mail: who we are, what the mail is about, what is kept.

The same lines for a mailbox read from its server and for an archive of it: ``own`` (our
addresses, or ``@domain``; the ``user`` is one), ``queue``, ``reason``, ``segment``,
``keep_subject``, ``subject_window_days``.
"""

from __future__ import annotations

from datetime import timedelta

from ingest.connector import Source
from ingest.errors import Fatal
from ingest.formats.mail.message import Mailbox


def mailbox_of(source: Source, *, sent: bool) -> Mailbox:
    """Whose mail it is.  Raises Fatal for a line that cannot be used."""
    own = [*words(source, "own"), text(source, "user") or ""]
    return Mailbox(
        own=frozenset(each.lower() for each in own if each),
        sent=sent,
        queue=text(source, "queue"),
        reason=text(source, "reason"),
        segment=text(source, "segment"),
        keep_subject=source.options.get("keep_subject") is True,
        window=timedelta(days=number(source, "subject_window_days", 30)),
    )


def text(source: Source, option: str) -> str | None:
    return str(found) if (found := source.options.get(option)) else None


def needed(source: Source, option: str) -> str:
    if (found := text(source, option)) is None:
        raise Fatal(f'[sources.{source.name}] needs a line {option} = "…"')
    return found


def words(source: Source, option: str) -> list[str]:
    found = source.options.get(option)
    return [found] if isinstance(found, str) else found if isinstance(found, list) else []


def number(source: Source, option: str, usual: float) -> float:
    found = source.options.get(option, usual)
    if isinstance(found, bool) or not isinstance(found, int | float) or found <= 0:
        raise Fatal(f"[sources.{source.name}] {option} must be a number above zero")
    return found
