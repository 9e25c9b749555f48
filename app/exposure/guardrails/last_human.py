"""For every reason × segment × surface a channel where people answer stays within reach.

Within its opening hours: whenever by their calendars people answer on any channel, they do on
one that is promoted or open, now and at every later moment that is already decided, that is
also after each start and each expiry.  Protected reasons keep theirs at every hour.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import product

from app.exposure.effective import Context, Standing, deciding, standing
from app.exposure.errors import GuardrailRefused
from app.exposure.guardrails.attempt import Attempt, clock, moments
from app.exposure.model import ANY, Scope, Switch
from app.exposure.modes import Mode
from kpis.calendars import HORIZON, Calendars, Span
from kpis.calendars import Scope as Whose

NAME = "last human channel"
PROTECTED = "protected reason"


def check(attempt: Attempt) -> None:
    """Refuse what leaves somebody within the scope without people to speak to."""
    require_human(
        attempt.after,
        attempt.modes,
        attempt.scope,
        attempt.now,
        calendars=attempt.seen.calendars,
        protected=attempt.seen.values.protected,
    )


def require_human(
    switches: Sequence[Switch],
    modes: Iterable[Mode],
    scope: Scope,
    now: datetime,
    *,
    calendars: Calendars | None = None,
    protected: Mapping[str, str] | None = None,
) -> None:
    """Refuse switches that leave somebody within `scope` without a human channel.

    `switches` are all of them as they would be after the change of `scope`.  Raises
    GuardrailRefused naming where, when and what would be allowed.
    """
    human = [mode.channel for mode in modes if mode.human]
    hours = _Hours(calendars or Calendars())
    guarded = protected or {}
    edges = moments(switches, now)
    for start, end in zip(edges, [*edges[1:], None], strict=True):
        current = standing(switches, start)
        for place in places(switches, scope, guarded):
            shown = [channel for channel in human if _reachable(current, channel, place)]
            _require_protected(guarded, place, current, shown, start)
            if len(shown) == len(human) > 0:
                continue
            if (moment := hours.lonely(place, human, shown, start, end)) is not None:
                raise GuardrailRefused(NAME, *_words(place, moment, now, human))


def places(switches: Iterable[Switch], scope: Scope, also: Iterable[str] = ()) -> list[Context]:
    """The combinations that a change of `scope` touches; `also` are reasons to look at apart.

    Words that no switch names all fare like «not told» (None), so naming them adds nothing.
    """
    known = list(switches)
    kinds = ("reason", "segment", "surface")
    named = {kind: {getattr(s, kind) for s in known} for kind in kinds}
    named["reason"] |= set(also)
    columns = [_told(getattr(scope, kind), named[kind]) for kind in kinds]
    return [
        Context(reason=reason, segment=segment, surface=surface)
        for reason, segment, surface in product(*columns)
    ]


@dataclass(slots=True)
class _Hours:
    """When people answer, by the calendars; what was worked out once is remembered."""

    calendars: Calendars
    known: dict[tuple[Whose, datetime, datetime], list[Span]] = field(default_factory=dict)

    def lonely(
        self,
        place: Context,
        human: list[str],
        shown: list[str],
        start: datetime,
        end: datetime | None,
    ) -> datetime | None:
        """The first moment of [start, end) with people somewhere, but on no shown channel."""
        if not human:
            return start
        until = min(end or start + HORIZON, start + HORIZON)
        reached = self._open(place, shown, start, until)
        for begins, ends in self._open(place, human, start, until):
            for opens, closes in reached:
                if opens <= begins < closes:
                    begins = closes
            if begins < ends:
                return begins
        return None

    def _open(
        self, place: Context, channels: list[str], start: datetime, end: datetime
    ) -> list[Span]:
        spans = [span for channel in channels for span in self._spans(channel, place, start, end)]
        return list(_joined(sorted(spans)))

    def _spans(self, channel: str, place: Context, start: datetime, end: datetime) -> list[Span]:
        whose = self.calendars.as_known(Whose(channel=channel, reason=place.reason or ANY))
        key = (whose, start, end)
        if key not in self.known:
            self.known[key] = self.calendars.open_spans(whose, start, end)
        return self.known[key]


def _joined(spans: Iterable[Span]) -> Iterator[Span]:
    """The spans, those that touch made one."""
    last: Span | None = None
    for start, end in spans:
        if last is not None and start <= last[1]:
            last = (last[0], max(last[1], end))
            continue
        if last is not None:
            yield last
        last = (start, end)
    if last is not None:
        yield last


def _reachable(current: Standing, channel: str, place: Context) -> bool:
    """For everybody: a hiding switch counts as soon as its share is above nobody."""
    switch = deciding(current, channel, place)
    return switch is None or switch.share == 0 or not switch.state.hides


def _require_protected(
    protected: Mapping[str, str],
    place: Context,
    current: Standing,
    shown: list[str],
    moment: datetime,
) -> None:
    if place.reason is None or (keeps := protected.get(place.reason)) is None:
        return
    if not shown if keeps == ANY else not _reachable(current, keeps, place):
        channel = "a channel with people" if keeps == ANY else keeps
        raise GuardrailRefused(
            PROTECTED,
            f"reason {place.reason} keeps {channel} at every hour, and from {clock(moment)} on "
            "it would not",
            f"first open {channel} for reason {place.reason}, or leave that reason out",
        )


def _told(asked: str, named: set[str]) -> list[str | None]:
    if asked != ANY:
        return [asked]
    return [None, *sorted(named - {ANY})]


def _words(place: Context, moment: datetime, now: datetime, human: list[str]) -> tuple[str, str]:
    where = ", ".join(
        f"{kind} {word or 'any'}"
        for kind, word in (
            ("reason", place.reason),
            ("segment", place.segment),
            ("surface", place.surface),
        )
    )
    when = "" if moment - now < timedelta(seconds=1) else f" from {clock(moment)} on"
    if not human:
        return f"no mode is answered by people ({where})", "mark one in channels first"
    return (
        f"for {where} no channel with people would stay open{when}",
        f"keep one of {', '.join(human)} open or promoted there",
    )
