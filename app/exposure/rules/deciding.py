"""The pure core: `decide(rule, state, reading, now)` → the next state, and what to do if anything.

It never flaps: thresholds apart, a condition held, minimum dwell, cool-down, and a cap of flips
after which it freezes and says so.  A stale or missing feed holds the last state.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum

import msgspec
from msgspec.structs import replace

from app.exposure.model import Change
from app.exposure.rules.model import Measure, Rule
from app.hysteresis import held_since, is_stale

_DAY = timedelta(days=1)


class Reading(msgspec.Struct, frozen=True, kw_only=True):
    """What was read at `at`; None: no value.  `fed_at`: until when the feed is known to tell all.

    `fed_by` names the source that is farthest behind.
    """

    at: datetime
    fed_at: datetime | None
    fed_by: str = ""
    longest_wait: float | None = None
    average_wait: float | None = None
    service_level: float | None = None
    backlog_age: float | None = None
    agents_free: float | None = None
    cost: float | None = None

    def value(self, measure: Measure) -> float | None:
        found: float | None = getattr(self, measure.value)
        return found


class Note(StrEnum):
    """Why a rule does nothing although it might."""

    NONE = ""
    STALE = "stale"
    MISSING = "missing"
    RESTING = "resting"
    FROZEN = "frozen"
    REFUSED = "refused"
    TAKEN_OVER = "taken_over"


class Move(StrEnum):
    """What a rule does next; `act` and `release` are flips."""

    ACT = "act"
    RAMP = "ramp"
    RENEW = "renew"
    RELEASE = "release"


class Action(msgspec.Struct, frozen=True):
    """What to carry out now, for this share of visitors."""

    move: Move
    share: int


class RuleState(msgspec.Struct, frozen=True, kw_only=True):
    """All that the rule remembers between two evaluations.

    `since`: what the next flip needs has held since then, read without a gap until `seen_at`.
    `change`, `switch_version`, `expires_at`: what it has set and until when.
    """

    acting: bool = False
    since: datetime | None = None
    seen_at: datetime | None = None
    flipped_at: datetime | None = None
    not_before: datetime | None = None
    flips: tuple[datetime, ...] = ()
    step: int = 0
    stepped_at: datetime | None = None
    change: Change | None = None
    switch_version: int | None = None
    expires_at: datetime | None = None
    frozen_at: datetime | None = None
    note: Note = Note.NONE


def decide(
    rule: Rule, state: RuleState, reading: Reading, now: datetime
) -> tuple[RuleState, Action | None]:
    """The state after this evaluation, as if the action were carried out."""
    state = _lapsed(rule, state, now)
    if state.frozen_at is not None:
        return replace(state, since=None, seen_at=now, note=Note.FROZEN), None
    if note := gate(rule, reading, now):
        return replace(state, since=None, seen_at=now, note=note), None
    turning = left(rule, reading) if state.acting else entered(rule, reading)
    since = held_since(state.since, state.seen_at, now, rule.stale_s) if turning else None
    state = replace(state, since=since, seen_at=now, note=Note.NONE)
    if since is not None and now - since >= timedelta(seconds=rule.held_s):
        return _flip(rule, state, now)
    return _keep(rule, state, reading, now) if state.acting else (state, None)


def gate(rule: Rule, reading: Reading, now: datetime) -> Note:
    """Whether the reading may move anything: the feed is fresh and every value is there."""
    if is_stale(reading.fed_at, now, rule.stale_s):
        return Note.STALE
    known = (reading.value(each.measure) for each in rule.conditions)
    return Note.MISSING if None in known else Note.NONE


def entered(rule: Rule, reading: Reading) -> bool:
    """Every condition is beyond its enter threshold."""
    values = ((each, reading.value(each.measure)) for each in rule.conditions)
    return all(value is not None and each.threshold.entered(value) for each, value in values)


def left(rule: Rule, reading: Reading) -> bool:
    """One condition is back within its exit threshold."""
    values = ((each, reading.value(each.measure)) for each in rule.conditions)
    return any(value is not None and each.threshold.left(value) for each, value in values)


def ready_at(rule: Rule, state: RuleState) -> datetime | None:
    """Before when neither dwell nor cool-down allows a flip; None: at once."""
    dwelt = state.flipped_at and state.flipped_at + timedelta(seconds=rule.dwell_s)
    return max(filter(None, (dwelt, state.not_before)), default=None)


def carried(state: RuleState, change: Change, version: int) -> RuleState:
    """The state once the action stands, as version `version` of its switch."""
    return replace(state, change=change, switch_version=version, expires_at=change.expires_at)


def refused(rule: Rule, was: RuleState, move: Move, note: Note, now: datetime) -> RuleState:
    """The state where the action could not be carried out: as before, and cooling down."""
    cooled = now + timedelta(seconds=max(rule.cooldown_s, 60))
    state = replace(was, since=None, seen_at=now, not_before=cooled, note=note)
    if note is Note.TAKEN_OVER:
        return _idle(state)
    return replace(state, stepped_at=now) if move in (Move.RAMP, Move.RENEW) else state


def _flip(rule: Rule, state: RuleState, now: datetime) -> tuple[RuleState, Action | None]:
    ready = ready_at(rule, state)
    if ready is not None and now < ready:
        return replace(state, note=Note.RESTING), None
    recent = tuple(at for at in state.flips if now - at < _DAY)
    if state.acting:
        cooled = now + timedelta(seconds=rule.cooldown_s)
        freed = _idle(replace(state, flips=(*recent, now), flipped_at=now, not_before=cooled))
        return freed, Action(Move.RELEASE, rule.ramp[min(state.step, len(rule.ramp) - 1)])
    if len(recent) + 2 > rule.cap:  # what it begins it must be able to end
        return replace(state, since=None, frozen_at=now, flips=recent, note=Note.FROZEN), None
    begun = replace(
        state, acting=True, since=None, flipped_at=now, flips=(*recent, now), step=0, stepped_at=now
    )
    return begun, Action(Move.ACT, rule.ramp[0])


def _keep(
    rule: Rule, state: RuleState, reading: Reading, now: datetime
) -> tuple[RuleState, Action | None]:
    """While it acts: the next step of the ramp, or a later end for what is set."""
    step = min(state.step, len(rule.ramp) - 1)
    due = state.stepped_at is None or now - state.stepped_at >= timedelta(seconds=rule.ramp_s)
    if due and step + 1 < len(rule.ramp) and entered(rule, reading):
        stepped = replace(state, step=step + 1, stepped_at=now)
        return stepped, Action(Move.RAMP, rule.ramp[step + 1])
    if state.expires_at is not None and due and not left(rule, reading):
        remaining = state.expires_at - now
        if remaining < timedelta(seconds=rule.lasts_s / 2):
            return replace(state, stepped_at=now), Action(Move.RENEW, rule.ramp[step])
    return state, None


def _lapsed(rule: Rule, state: RuleState, now: datetime) -> RuleState:
    """What it has set is over by itself: that too is a flip that customers saw."""
    end = state.expires_at
    if not state.acting or end is None or end > now:
        return state
    cooled = end + timedelta(seconds=rule.cooldown_s)
    return _idle(replace(state, flips=(*state.flips, end), flipped_at=end, not_before=cooled))


def _idle(state: RuleState) -> RuleState:
    return replace(
        state, acting=False, since=None, step=0, stepped_at=None, change=None,
        switch_version=None, expires_at=None,
    )  # fmt: skip
