"""Who waits, as far as the manager port has told: so that nothing is told twice, or never ends.

Asterisk has no event for a caller who leaves a queue by timeout, key or emptiness: only
QueueCallerLeave, which comes before AgentConnect and after QueueCallerAbandon as well.  So a
leave is kept until it is clear which of the three it was.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import msgspec

#: A caller who left is connected within so much time, or has left for good.
GRACE = timedelta(seconds=10)
#: The PBX counts a wait in whole seconds: two of its words on one wait differ by so much.
VAGUE = timedelta(seconds=3)
#: How exactly it is known until when we were listening.
LISTENING = timedelta(seconds=15)
_LONG_AGO = datetime(1990, 1, 1, tzinfo=UTC)


class Visit(msgspec.Struct):
    """One caller in one queue; `left_at` by the clock of the PBX, `noticed_at` by ours."""

    queue: str
    joined_at: datetime | None = None
    left_at: datetime | None = None
    noticed_at: datetime | None = None
    abandoned: bool = False


class Ended(msgspec.Struct, frozen=True):
    """A visit that no event of the PBX ended: by leaving, or `unseen` while the line was cut."""

    call: str
    queue: str
    at: datetime
    wait: timedelta | None
    unseen: bool = False


class Calls(msgspec.Struct):
    """The visits under way, by call; and what else is known from before."""

    visits: dict[str, Visit] = {}
    heard_at: datetime = _LONG_AGO
    started_at: datetime = _LONG_AGO
    #: Waited when the line was cut: who of them waits still is not known yet.
    doubtful: list[str] = []

    def begin(self) -> None:
        """A new line: what is not seen waiting now has ended unseen."""
        self.visits = {call: visit for call, visit in self.visits.items() if not visit.abandoned}
        self.doubtful = [call for call, visit in self.visits.items() if visit.left_at is None]

    def hear(self, now: datetime, *, exactly: bool) -> None:
        if exactly or now - self.heard_at >= LISTENING:
            self.heard_at = now

    def joined(self, call: str, queue: str, at: datetime) -> Ended | None:
        """A caller has joined; what that says of where the same caller was before."""
        before = self._pop(call)
        self.visits[call] = Visit(queue, at)
        return None if before is None else self._ended(call, before, at)

    def seen(self, call: str, queue: str, joined_at: datetime) -> tuple[bool, Ended | None]:
        """A caller is waiting: whether that is news, and what else it says."""
        known = self.visits.get(call)
        since = known.joined_at if known and known.queue == queue and not known.left_at else None
        if since is not None and joined_at - since <= VAGUE:
            self._sure(call)
            return False, None
        return True, self.joined(call, queue, joined_at)

    def left(self, call: str, queue: str, at: datetime, now: datetime) -> None:
        self._sure(call)
        visit = self.visits.setdefault(call, Visit(queue))
        if visit.abandoned:
            del self.visits[call]
        elif visit.left_at is None:
            visit.left_at, visit.noticed_at = at, now

    def abandoned(self, call: str, queue: str) -> None:
        """Its leave follows, and means no more."""
        self._sure(call)
        self.visits.setdefault(call, Visit(queue)).abandoned = True

    def served(self, call: str, queue: str) -> None:
        """Who was answered in one queue may wait in the next already."""
        if (visit := self.visits.get(call)) and visit.queue == queue:
            self._pop(call)

    def all_seen(self) -> Iterator[Ended]:
        """Everybody who waits has been seen: who else waited has left since."""
        for call in list(self.doubtful):
            visit = self._pop(call)
            if visit is not None and (ended := self._ended(call, visit, None)):
                yield ended

    def settled(self, now: datetime) -> Iterator[Ended]:
        """Those who left a while ago and were not connected."""
        for call, visit in list(self.visits.items()):
            if visit.noticed_at is not None and now - visit.noticed_at >= GRACE:
                self._pop(call)
                if ended := self._ended(call, visit, None):
                    yield ended

    def _ended(self, call: str, visit: Visit, next_at: datetime | None) -> Ended | None:
        """How a visit ended of which nobody said how; `next_at`: at the latest."""
        if visit.abandoned:
            return None
        if visit.left_at is not None:
            wait = None if visit.joined_at is None else visit.left_at - visit.joined_at
            return Ended(call, visit.queue, visit.left_at, wait)
        since = visit.joined_at or self.heard_at
        at = max(since, self.heard_at)
        return Ended(call, visit.queue, min(at, next_at or at), None, unseen=True)

    def _pop(self, call: str) -> Visit | None:
        self._sure(call)
        return self.visits.pop(call, None)

    def _sure(self, call: str) -> None:
        if call in self.doubtful:
            self.doubtful.remove(call)
