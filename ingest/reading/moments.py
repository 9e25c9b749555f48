"""Moments and the milliseconds between them; what leaves the calendar is refused, not raised."""

from __future__ import annotations

from datetime import datetime, timedelta

from ingest.errors import RejectedEvent


def shifted(at: datetime, milliseconds: int) -> datetime:
    """So much later (or earlier).  Raises RejectedEvent where there is no such moment."""
    try:
        return at + timedelta(milliseconds=milliseconds)
    except OverflowError as error:
        raise RejectedEvent("bad_time", f"{milliseconds} ms from {at} is no moment") from error


def between(start: datetime, end: datetime) -> int:
    """Whole milliseconds from one to the other; 0 where clocks disagree about the order."""
    return max(0, (end - start) // timedelta(milliseconds=1))
