"""Refused records on their way into the quarantine, within the transaction of their batch."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

import psycopg
from psycopg.rows import TupleRow

from ingest.events import Rejected

#: Records a statement: each may be long, and all of them are one value on its way.
_AT_ONCE = 20
_KEEP = """
    insert into quarantine (source, reason, detail, raw, sha256, received_at)
    select %s, reason, detail, raw, sha256(raw), %s
    from unnest(%s::text[], %s::text[], %s::bytea[]) as refused (reason, detail, raw)
    on conflict (source, sha256, reason) do nothing
"""


def keep_refused(
    at: psycopg.Cursor[TupleRow], source: str, refused: Iterable[Rejected], now: datetime
) -> None:
    """Keep each once however often it comes, in one order: no deadlocks.

    Statement by statement, not in a pipeline: whoever is stopped in the middle of one is not
    idle in the server's eyes, and never ended.
    """
    ordered = sorted(refused, key=lambda one: (one.raw, one.reason))
    for first in range(0, len(ordered), _AT_ONCE):
        part = ordered[first : first + _AT_ONCE]
        reasons, details = [one.reason for one in part], [_printable(one.detail) for one in part]
        at.execute(_KEEP, (source, now, reasons, details, [one.raw for one in part]))


def _printable(detail: str) -> str:
    return detail.encode("utf-8", "backslashreplace").decode().replace("\x00", "\\x00")
