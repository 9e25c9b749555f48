"""A wanted change → the moves that make it: which switch becomes what.  Pure.

A **move** is one switch before and after.  A change that begins at once is made to the switch
that decides in its scope now; one that begins later is a switch of its own, which lies over
the one in force while it lasts.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

import msgspec

from app.exposure.audit import Entry
from app.exposure.errors import ScopeTaken, Stale
from app.exposure.model import Change, Scope, Switch, tidy
from app.exposure.reading import Exposure


@dataclass(frozen=True, slots=True)
class Move:
    """One switch before and after (None: there is none); at most one of both is None."""

    before: Switch | None
    after: Switch | None

    @property
    def touched(self) -> Switch:
        switch = self.after or self.before
        assert switch is not None
        return switch

    @property
    def scope(self) -> Scope:
        return self.touched.scope

    @property
    def ends(self) -> tuple[Switch, ...]:
        """The switch before and after, as far as there is one."""
        return tuple(end for end in (self.before, self.after) if end is not None)

    def effect(self, now: datetime) -> datetime:
        """When it is felt."""
        return max(now, self.after.begins) if self.after else now


def current(exposure: Exposure, change: Change, now: datetime) -> Switch | None:
    """The switch that the change is made to, if there is one."""
    if change.starts_at is not None and change.starts_at > now:
        return exposure.planned(change.scope, change.starts_at)
    return exposure.at(change.scope, now)


def setting(
    exposure: Exposure, change: Change, owner: str, now: datetime, new_id: int
) -> Move | Switch:
    """The move that makes the scope what `change` says; the switch where it is so already.

    Raises InvalidChange or UnknownWord.
    """
    wanted = tidy(change, exposure.modes, exposure.words, now)
    known = current(exposure, wanted, now)
    if wanted.starts_at is None or wanted.starts_at <= now:
        kept = known.starts_at if known and known.in_force(now) else None
        wanted = msgspec.structs.replace(wanted, starts_at=kept)
    if known is not None and _same(known, wanted):
        return known
    switch = Switch(
        **msgspec.structs.asdict(wanted) | {"owner": wanted.owner or owner},
        id=known.id if known else new_id,
        version=exposure.revision + 1,
        updated_at=now,
    )
    return Move(known, switch)


def reverting(exposure: Exposure, last: Entry, now: datetime) -> Move:
    """The move that undoes the switch's last change.  Raises ScopeTaken."""
    known = exposure.by_id(last.switch_id)
    if last.before is None:
        return Move(known, None)
    was = msgspec.json.decode(last.before, type=Switch)
    return Move(known, _given_back(exposure, was, exposure.revision + 1, now))


def opening(exposure: Exposure, now: datetime) -> list[Move]:
    """The moves after which nothing is hidden, now or as planned."""
    return [
        Move(switch, None)
        for switch in exposure.switches
        if switch.state.hides and not switch.over(now)
    ]


def restoring(exposure: Exposure, entries: Iterable[Entry], now: datetime) -> list[Move]:
    """The moves that give back what these entries took away, as far as it is not over."""
    gone = [msgspec.json.decode(e.before, type=Switch) for e in entries if e.before is not None]
    lasting = [was for was in gone if not was.over(now) and exposure.by_id(was.id) is None]
    return [
        Move(None, _given_back(exposure, was, exposure.revision + number, now))
        for number, was in enumerate(lasting, start=1)
    ]


def ending(exposure: Exposure, now: datetime) -> list[Move]:
    """The moves that take away what is over."""
    return [Move(switch, None) for switch in exposure.switches if switch.over(now)]


def board(exposure: Exposure, moves: Sequence[Move]) -> tuple[Switch, ...]:
    """The switches as they are after the moves."""
    moved = {move.touched.id for move in moves}
    kept = [switch for switch in exposure.switches if switch.id not in moved]
    return (*kept, *(move.after for move in moves if move.after is not None))


def require_version(known: Switch | None, expected: int | None, now: datetime, name: str) -> None:
    """Compare before setting; a switch that is over may be taken for none.  Raises Stale."""
    version = known.version if known else 0
    if expected is None or expected == version:
        return
    if expected == 0 and (known is None or known.over(now)):
        return
    raise Stale(
        f"{name} is at version {version}, not {expected}: somebody was faster; "
        f"read it again, then decide",
        version,
    )


def _given_back(exposure: Exposure, was: Switch, version: int, now: datetime) -> Switch:
    other = exposure.planned(was.scope, was.starts_at)
    if other is not None and other.id != was.id:
        raise ScopeTaken(f"switch {other.id} has {was.scope} now: change or revert that one")
    return msgspec.structs.replace(was, version=version, updated_at=now)


def _same(known: Switch, wanted: Change) -> bool:
    """Whether the change would change nothing; who asks again does not become the owner."""
    asked = msgspec.structs.asdict(wanted)
    if not asked["owner"]:
        del asked["owner"]
    return all(getattr(known, name) == value for name, value in asked.items())
