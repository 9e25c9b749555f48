"""What sources have told lately: the channels, reasons and segments of the last seven days."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import func, select

from app.site.part import Asked
from ingest.schema import contacts

LATELY = timedelta(days=7)


def seen_words(asked: Asked, kind: str) -> dict[str, int]:
    """How many contacts told each word of that kind; none where contacts do not tell it."""
    column = contacts.c.get(kind)
    if column is None:
        return {}
    arrived = contacts.c.offered_at >= asked.now - LATELY
    rows = asked.connection.execute(
        select(column, func.count()).where(arrived, column.is_not(None)).group_by(column)
    )
    return {str(word): int(count) for word, count in rows}
