"""Which waits customers were told with the offers they saw, kept so that their error is reported.

Of each minute: the modes that buttons said they had shown, each with the estimate that the hub
then told for it (`Surroundings.wait_s`).  Any number of processes may keep a minute: it is kept
once.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime, timedelta

from sqlalchemy import Connection, select

from app.exposure.model import State
from app.exposure.surroundings import WAIT_KEPT
from app.hub.telling import SOURCE
from ingest.schema import events
from kpis.estimate_schema import estimates
from kpis.estimates import SAMPLE, WORDS, Estimate, keep_told

_MINUTE = timedelta(minutes=1)
#: What a button tells is stored some seconds later; a database that was away, later still.
_BACK = 5


def keep_waits_told(connection: Connection, now: datetime) -> int:
    """Keep those of the last minutes; how many are new.  Commits nothing."""
    begun = now.replace(second=0, microsecond=0)
    minutes = [begun - back * _MINUTE for back in range(1, _BACK + 1)]
    return sum(keep_told(connection, at, _told(connection, at)) for at in minutes)


def _told(connection: Connection, minute: datetime) -> Iterator[Estimate]:
    shown = _shown(connection, minute)
    if not shown:
        return
    known: dict[str, dict[str, Estimate]] = defaultdict(dict)
    for one in _samples(connection, minute):
        known[one.channel].setdefault(one.queue, one)
    told = (_of(known[channel], reason) for channel, reason in shown)
    yield from {(one.channel, one.queue): one for one in told if one is not None}.values()


def _of(queues: dict[str, Estimate], reason: str | None) -> Estimate | None:
    """The estimate that `Surroundings.wait_s` tells."""
    if reason is not None and reason in queues:
        return queues[reason]
    return max(queues.values(), key=lambda one: one.wait_s or 0, default=None)


def _shown(connection: Connection, minute: datetime) -> set[tuple[str, str | None]]:
    """Channel and reason of what was shown; with what is closed nobody is told a wait."""
    c = events.c
    rows = connection.execute(
        select(c.channel, c.reason, c.attributes)
        .where(c.source == SOURCE.name, c.kind == "offer_shown")
        .where(c.occurred_at >= minute, c.occurred_at < minute + _MINUTE)
    )
    return {
        (channel, reason)
        for channel, reason, told in rows
        if (told or {}).get("state") != State.CLOSED
    }


def _samples(connection: Connection, minute: datetime) -> Iterator[Estimate]:
    """The newest first."""
    c = estimates.c
    rows = connection.execute(
        select(c.channel, c.queue, c.estimate_ms, c.recent_ms, c.basis)
        .where(c.occasion == SAMPLE, c.at > minute - WAIT_KEPT, c.at <= minute)
        .order_by(c.at.desc())
    )
    for channel, queue, wait_ms, recent_ms, basis in rows:
        recent_s = None if recent_ms is None else recent_ms / 1000
        words = WORDS.get(basis, {})
        yield Estimate(channel, queue, "", wait_ms / 1000, recent_s, basis, words)
