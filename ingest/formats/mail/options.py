"""What a source's table says of its mail: who we are, what the mail is about, what is kept.

The same lines for a mailbox read from its server and for an archive of it: ``own`` (our
addresses, or ``@domain``; the ``user`` is one), ``queue``, ``reason``, ``segment``,
``keep_subject``, ``subject_window_days``.
"""

from __future__ import annotations

from datetime import timedelta

from ingest.connector import Source
from ingest.formats.mail.message import Mailbox
from ingest.reading import options


def mailbox_of(source: Source, *, sent: bool) -> Mailbox:
    """Whose mail it is.  Raises Fatal for a line that cannot be used."""
    own = [*options.texts(source, "own"), options.text(source, "user") or ""]
    return Mailbox(
        own=frozenset(each.lower() for each in own if each),
        sent=sent,
        queue=options.text(source, "queue"),
        reason=options.text(source, "reason"),
        segment=options.text(source, "segment"),
        keep_subject=source.options.get("keep_subject") is True,
        window=timedelta(days=options.number(source, "subject_window_days", 30)),
    )
