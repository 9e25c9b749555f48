"""Closing needs a second person; in an emergency one may close alone, for an hour at most.

A change closes when anywhere, at any moment from now on, more visitors meet a closed channel
than without it: by a switch, by a greater share, by a later end, and also by taking away what
had been opened more specifically.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import product

from app.exposure.effective import Context, Standing, deciding, standing
from app.exposure.errors import GuardrailRefused
from app.exposure.guardrails.attempt import Attempt, clock, minutes, moments, touched
from app.exposure.guardrails.last_human import places
from app.exposure.model import ANY, State
from app.exposure.reading import Exposure

NAME = "two people"


@dataclass(frozen=True, slots=True)
class Consent:
    """On what ground a closing is carried out: a second person, an emergency, or (only hours)
    that the site is set up at the terminal of its server."""

    second: bool = False
    emergency: bool = False
    terminal: bool = False


def required(attempt: Attempt, consent: Consent) -> bool:
    """Whether the change closes.

    Raises GuardrailRefused where it does and nobody but its author agrees to it.
    """
    spans = list(_closings(attempt))
    if not spans or consent.second:
        return bool(spans)
    if attempt.actor.kind == "rule" and attempt.seen.values.rules_may_close:
        return True
    if not consent.emergency or attempt.actor.kind == "rule":
        raise GuardrailRefused(
            NAME,
            f"closing {attempt.scope} needs a second person",
            "propose it and have somebody else approve it, tuck it instead, or close it as an "
            f"emergency for {attempt.seen.values.emergency_minutes} minutes at most",
        )
    _require_short(attempt, spans)
    return True


def uneven(
    exposure: Exposure,
    reasons: Iterable[str | None],
    segments: Iterable[str | None],
    now: datetime,
) -> bool:
    """Whether some of these reasons, or of these segments, meet more closed than others, ever.

    Then who tells visitors apart otherwise closes for some, and that takes two people.
    """
    groups = list(_alike(exposure, frozenset(reasons), frozenset(segments)))
    for at in moments(exposure.switches, now):
        current = standing(exposure.switches, at)
        for mode, group in product(exposure.modes, groups):
            if len({_closed(current, mode.channel, place) for place in group}) > 1:
                return True
    return False


def _alike(
    exposure: Exposure, reasons: frozenset[str | None], segments: frozenset[str | None]
) -> Iterator[list[Context]]:
    """The places that differ in nothing but the reason, or but the segment, of those."""
    named = {
        kind: {None, *(getattr(switch, kind) for switch in exposure.switches)} - {ANY}
        for kind in ("reason", "segment", "surface")
    }
    for surface in named["surface"]:
        for segment in named["segment"] | segments:
            yield [Context(surface, reason, segment) for reason in reasons]
        for reason in named["reason"] | reasons:
            yield [Context(surface, reason, segment) for segment in segments]


def _require_short(attempt: Attempt, spans: list[tuple[datetime, datetime | None]]) -> None:
    """An emergency is not prolonged by the next one: the first of them sets the end."""
    longest = minutes(attempt.seen.values.emergency_minutes)
    recent = [at for at in attempt.seen.emergencies if at > attempt.now - 2 * longest]
    latest = min([attempt.now, *recent]) + longest
    if latest <= attempt.now:
        again = min(recent) + 2 * longest
        raise GuardrailRefused(
            NAME,
            f"{attempt.scope} was closed in an emergency at {clock(min(recent))} already",
            f"a second person may approve it; alone again from {clock(again)} on",
            again,
        )
    if any(end is None or end > latest for _start, end in spans):
        raise GuardrailRefused(
            NAME,
            f"an emergency closes for {attempt.seen.values.emergency_minutes} minutes at most",
            f"let it end by {clock(latest)}, or propose it to a second person",
        )


def _closings(attempt: Attempt) -> Iterator[tuple[datetime, datetime | None]]:
    """The stretches of time in which more is closed than before."""
    differing = touched(attempt.before, attempt.after)
    edges = moments([*attempt.before, *attempt.after], attempt.now)
    where = places([*attempt.before, *attempt.after], attempt.scope)
    named = attempt.scope.channel
    channels = [mode.channel for mode in attempt.modes] if named == ANY else [named]
    for start, end in zip(edges, [*edges[1:], None], strict=True):
        if not any(switch.in_force(start) for switch in differing):
            continue
        then, now = standing(attempt.before, start), standing(attempt.after, start)
        if any(
            _closed(now, channel, place) > _closed(then, channel, place)
            for place in where
            for channel in channels
        ):
            yield start, end


def _closed(current: Standing, channel: str, place: Context) -> int:
    """The percentage of visitors that meet it closed."""
    switch = deciding(current, channel, place)
    return switch.share if switch is not None and switch.state is State.CLOSED else 0
