"""What a change of targets makes of those that stand: pure functions on lists of targets."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import msgspec

from app.decision import word
from app.errors import WrongUse
from kpis.intervals import FIRST_YEAR, LAST_YEAR, moment
from kpis.promises import ANY
from kpis.versions import Target, in_force
from kpis.waits import LONGEST_MS

SHORT_MS, GOAL = 5_000, 0.8

Targets = Sequence[Target]


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """One target as it shall be.

    What is left out stays as it is in force there (else 5 s and 80 %); `valid_from`: else now.
    """

    channel: str
    queue: str = ANY
    seconds: float
    short: float | None = None
    goal: float | None = None
    valid_from: datetime | None = None


class TargetRow(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename={"from_": "from"}):
    """A row of ``[[targets]]``; `from`: a date or date-time, the site's unless it tells."""

    channel: str
    seconds: float
    queue: str = ANY
    short: float | None = None
    goal: float | None = None
    from_: str | None = None

    def wanted(self, zone: ZoneInfo) -> Wanted:
        """The target that the row wants.  Raises WrongQuery."""
        return Wanted(
            channel=self.channel,
            queue=self.queue,
            seconds=self.seconds,
            short=self.short,
            goal=self.goal,
            valid_from=None if self.from_ is None else moment(self.from_, zone),
        )


def target(wanted: Wanted, standing: Targets, now: datetime) -> Target:
    """The target that is wanted.  Raises WrongUse: it cannot be."""
    place = word("channel", wanted.channel), word("queue", wanted.queue)
    if place[0] == ANY != place[1]:
        raise WrongUse(f"queue «{place[1]}» needs its channel: a target is of a channel's queue")
    before = in_force(standing, now)
    model = before.get(place) or before.get((place[0], ANY)) or before.get((ANY, ANY))
    goal = wanted.goal if wanted.goal is not None else model.goal if model else GOAL
    if not 0 < goal <= 1:
        raise WrongUse(f"a goal of {goal:g} is no share: write 0.8 for 80 %")
    short_ms = model.short_ms if model else SHORT_MS
    return Target(
        channel=place[0],
        queue=place[1],
        valid_from=possible(wanted.valid_from or now),
        target_ms=_milliseconds("seconds", wanted.seconds),
        short_ms=short_ms if wanted.short is None else _milliseconds("short", wanted.short),
        goal=goal,
    )


def merged(before: Targets, new: Targets) -> list[Target]:
    """Those before with the new ones in; of two for one place and moment the later told."""
    found = {(*each.place, each.valid_from): each for each in (*before, *new)}
    return [found[key] for key in sorted(found)]


def moved_back(before: Targets, chosen: Targets, since: datetime, now: datetime) -> list[Target]:
    """The chosen ones in force at `now` in force from `since` on already; those between go."""
    standing = in_force(chosen, now)
    moved = [
        msgspec.structs.replace(each, valid_from=min(each.valid_from, since))
        for each in standing.values()
    ]
    gone = {each for each in chosen if since <= each.valid_from <= now and each.place in standing}
    return merged([each for each in before if each not in gone], moved)


def chosen(before: Targets, channel: str | None, queue: str | None) -> list[Target]:
    """The targets of that channel and queue; None: of all.  Raises WrongUse: there are none."""
    found = [
        each for each in before if channel in (None, each.channel) and queue in (None, each.queue)
    ]
    if not found:
        raise WrongUse("no target of that channel and queue: see `vigie targets list`")
    return found


def difference(before: Targets, after: Targets) -> list[Target]:
    """Those that are only on one side."""
    return sorted(set(before) ^ set(after), key=lambda each: (each.place, each.valid_from))


def in_words(before: Targets, after: Targets) -> str:
    """What changed, place by place: «phone: 20 s → 30 s from 2024-03-04T10:00:00Z»."""
    places = dict.fromkeys(each.place for each in difference(before, after))
    return "; ".join(_of_place(place, before, after) for place in places)


def _of_place(place: tuple[str, str], before: Targets, after: Targets) -> str:
    name = "/".join(part for part in place if part != ANY) or "any channel"
    sides = (_schedule(place, before), _schedule(place, after))
    return f"{name}: {' → '.join(sides)}"


def _schedule(place: tuple[str, str], targets: Targets) -> str:
    told = [
        f"{each.target_ms / 1000:g} s (short {each.short_ms / 1000:g} s, {each.goal:.0%}) "
        f"from {each.valid_from.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
        for each in targets
        if each.place == place
    ]
    return ", ".join(told) or "none"


def _milliseconds(name: str, seconds: float) -> int:
    if not 0 <= seconds * 1000 <= LONGEST_MS:  # a NaN is not
        raise WrongUse(f"{name} of {seconds:g}: write 0 to {LONGEST_MS // 1000}")
    return round(seconds * 1000)


def possible(at: datetime) -> datetime:
    """The moment in UTC.  Raises WrongUse: a naive or absurd one."""
    if at.tzinfo is None or not FIRST_YEAR < at.year < LAST_YEAR:
        raise WrongUse(f"{at.isoformat()} is no time that a target can begin at")
    return at.astimezone(UTC)
