"""Promises: the answer targets in force, and what is known of each channel."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, select
from sqlalchemy.dialects.postgresql import distinct_on

from ingest.asking import Later, Rows
from ingest.schema import channels, targets
from kpis.prepared import Prepared, moment

#: Any channel, any queue.
ANY = "*"
#: A channel that nobody described comes after those that are.
_LAST = 32_767


@dataclass(frozen=True, slots=True)
class Promise:
    """Answered within `target_ms`, for a share of `goal`."""

    channel: str
    queue: str
    target_ms: int
    short_ms: int
    goal: float


@dataclass(frozen=True, slots=True)
class Promises:
    """What is promised at one moment."""

    #: By channel and queue.
    promises: dict[tuple[str, str], Promise]
    channels: dict[str, tuple[str, int]]

    def of(self, channel: str, queue: str | None) -> Promise | None:
        """The most specific one: queue, then channel, then any (as contacts are judged)."""
        places = ((channel, queue or ANY), (channel, ANY), (ANY, ANY))
        return next((self.promises[at] for at in places if at in self.promises), None)

    def modality(self, channel: str) -> str:
        """An unknown channel is taken as the phone is."""
        return self.channels.get(channel, ("sync", _LAST))[0]

    def position(self, channel: str) -> tuple[int, str]:
        """Where the channel stands among the others."""
        return self.channels.get(channel, ("sync", _LAST))[1], channel


def read_promises(connection: Connection, now: datetime) -> Promises:
    """The targets in force at `now`."""
    return promises_at(now).read(connection)


def promises_at(now: datetime) -> Later[Promises]:
    """The same, to be asked."""
    return Later(_promises, _IN_FORCE.under(now=now), _KNOWN.under())


def _promises(in_force: Rows, known: Rows) -> Promises:
    promises = [Promise(*row) for row in in_force]
    return Promises(
        {(promise.channel, promise.queue): promise for promise in promises},
        {channel: (modality, position) for channel, modality, position in known},
    )


def _in_force() -> Select[Any]:
    c = targets.c
    return (
        select(c.channel, c.queue, c.target_ms, c.short_ms, c.goal)
        .ext(distinct_on(c.channel, c.queue))
        .where(c.valid_from <= moment("now"))
        .order_by(c.channel, c.queue, c.valid_from.desc())
    )


def _known() -> Select[Any]:
    return select(channels.c.channel, channels.c.modality, channels.c.position)


_IN_FORCE, _KNOWN = Prepared(_in_force, "now"), Prepared(_known)
