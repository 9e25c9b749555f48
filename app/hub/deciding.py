"""One state of knowledge → decisions, each made once.

What stands is worked out once and holds until the next switch begins or ends and until the
next minute (calendars change on minutes).  A decision is kept by what it depends on: words
that nothing names are «not told», and of a visitor only on which side of each share they are.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import msgspec

from app.exposure.effective import (
    Context,
    Offer,
    Standing,
    decided,
    deciding,
    inside,
    standing,
    understood,
)
from app.exposure.model import ANY, Switch
from app.exposure.surroundings import Surroundings
from app.hub.known import Snapshot

#: More different questions than there are words for: begin anew.
_MOST = 20_000
_MINUTE = timedelta(minutes=1)
_KINDS = ("surface", "reason", "segment")
_encode = msgspec.json.Encoder().encode
#: Surface, reason, segment, language.
_Place = tuple[str | None, str | None, str | None, str]


class Decision(msgspec.Struct, frozen=True):
    """The offers, the same as the end of the JSON answer, and a tag that changes with them."""

    context: Context
    offers: tuple[Offer, ...]
    json: bytes
    tag: bytes


@dataclass(slots=True)
class _Moment:
    """What stands in [since, until), and the decisions already made in it."""

    since: datetime
    until: datetime
    standing: Standing
    #: The switches with a share that decide there: who asks falls on one side of each.
    shares: dict[_Place, tuple[Switch, ...]] = field(default_factory=dict)
    known: dict[tuple[_Place, tuple[bool, ...]], Decision] = field(default_factory=dict)


class Decider:
    """The decisions of one snapshot; any thread may ask, none waits for another."""

    def __init__(self, snapshot: Snapshot, around: Surroundings) -> None:
        self._exposure = snapshot.exposure
        self._around = around
        self._words = _named(snapshot, around)
        self._moment = _Moment(datetime.min.replace(tzinfo=UTC), datetime.min.replace(tzinfo=UTC),
                               {})  # fmt: skip

    def decide(self, context: Context, now: datetime) -> Decision:
        """What this visitor is offered at `now`; the same as `effective` says."""
        if self._around.clues:
            context = understood(context, self._around.clues)
        moment = self._moment
        if not moment.since <= now < moment.until:
            moment = self._moment = self._begun(now)
        place = self._place(context)
        if (shares := moment.shares.get(place)) is None:
            shares = moment.shares[place] = self._shares(moment, place)
        sides = tuple([inside(switch, context.visitor) for switch in shares]) if shares else ()
        decision = moment.known.get((place, sides))
        if decision is None:
            decision = self._decided(moment, place, context, now)
            if len(moment.known) >= _MOST:
                moment.known.clear()
                moment.shares.clear()
            moment.known[place, sides] = decision
        return decision

    def _begun(self, now: datetime) -> _Moment:
        minute = now.replace(second=0, microsecond=0)
        since, until = minute, minute + _MINUTE
        for switch in self._exposure.switches:
            for edge in (switch.starts_at, switch.expires_at):
                if edge is not None and since < edge <= now:
                    since = edge
                elif edge is not None and now < edge < until:
                    until = edge
        return _Moment(since, until, standing(self._exposure.switches, now))

    def _place(self, context: Context) -> _Place:
        surfaces, reasons, segments = self._words
        return (
            context.surface if context.surface in surfaces else None,
            context.reason if context.reason in reasons else None,
            context.segment if context.segment in segments else None,
            context.language,
        )

    def _shares(self, moment: _Moment, place: _Place) -> tuple[Switch, ...]:
        context = _context(place)
        found = {
            switch.id: switch
            for mode in self._exposure.modes
            if (switch := deciding(moment.standing, mode.channel, context)) is not None
            and 0 < switch.share < 100
        }
        return tuple(found.values())

    def _decided(
        self, moment: _Moment, place: _Place, context: Context, now: datetime
    ) -> Decision:
        asked = msgspec.structs.replace(_context(place), visitor=context.visitor)
        offers = decided(moment.standing, self._exposure.modes, asked, now, self._around)
        written = _encode(offers)
        tag = b'"%d-%b"' % (self._exposure.revision, _digest(written))
        as_whom = (_encode(asked.reason), _encode(asked.segment))
        end = b'%b,"reason":%b,"segment":%b}' % (written, *as_whom)
        return Decision(asked, offers, end, tag)


def _digest(written: bytes) -> bytes:
    return hashlib.sha256(written).hexdigest()[:16].encode()


def _context(place: _Place) -> Context:
    surface, reason, segment, language = place
    return Context(surface, reason, segment, language=language)


def _named(snapshot: Snapshot, around: Surroundings) -> tuple[frozenset[str], ...]:
    """The surfaces, reasons and segments that can make a difference."""
    words = {
        kind: {word.word for word in snapshot.exposure.words if word.kind == kind}
        | {getattr(switch, kind) for switch in snapshot.exposure.switches}
        for kind in _KINDS
    }
    words["reason"] |= around.calendars.words[2] | {one.queue for one in snapshot.rows.waits}
    words["surface"] |= {one.surface for one in snapshot.rows.links}
    return tuple(frozenset(words[kind] - {ANY, ""}) for kind in _KINDS)
