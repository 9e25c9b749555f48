"""Promises: the answer targets in force, and what is known of each channel."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, select
from sqlalchemy.dialects.postgresql import distinct_on

from ingest.schema import channels, targets

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

    #: The most specific last.
    promises: tuple[Promise, ...]
    channels: dict[str, tuple[str, int]]

    def of(self, channel: str, queue: str | None) -> Promise | None:
        """The most specific one: queue, then channel, then any (as contacts are judged)."""
        found = [
            promise
            for promise in self.promises
            if promise.channel in (channel, ANY) and promise.queue in (queue, ANY)
        ]
        return max(found, key=lambda p: (p.queue != ANY, p.channel != ANY), default=None)

    def modality(self, channel: str) -> str:
        """An unknown channel is taken as the phone is."""
        return self.channels.get(channel, ("sync", _LAST))[0]

    def position(self, channel: str) -> tuple[int, str]:
        """Where the channel stands among the others."""
        return self.channels.get(channel, ("sync", _LAST))[1], channel


def read_promises(connection: Connection, now: datetime) -> Promises:
    """The targets in force at `now`."""
    c = targets.c
    in_force = (
        select(c.channel, c.queue, c.target_ms, c.short_ms, c.goal)
        .ext(distinct_on(c.channel, c.queue))
        .where(c.valid_from <= now)
        .order_by(c.channel, c.queue, c.valid_from.desc())
    )
    known = select(channels.c.channel, channels.c.modality, channels.c.position)
    return Promises(
        tuple(Promise(*row) for row in connection.execute(in_force)),
        {name: (modality, position) for name, modality, position in connection.execute(known)},
    )
