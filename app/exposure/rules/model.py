"""Rules as data: what is watched, from which reading on it acts, what it then does.

Times are seconds, shares fractions, costs amounts of the site's currency.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import pairwise

import msgspec

from app.exposure.errors import InvalidChange, UnknownWord
from app.exposure.model import ANY, Change, State, clean, tidy
from app.exposure.modes import Mode, Word
from app.hysteresis import Threshold

#: Between the thresholds nothing moves: the nearer one is at most so much of the farther.
HYSTERESIS = 0.7
_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,47}")
_DAY_S = 86_400


class RuleMode(StrEnum):
    """What a rule may do: nothing, propose to people, or act by itself."""

    OFF = "off"
    ADVISE = "advise"
    AUTO = "auto"


class Measure(StrEnum):
    """What a condition reads, of one channel (and queue, and reason)."""

    #: How long the one who holds the line for longest has waited by now.
    LONGEST_WAIT = "longest_wait"
    #: The mean wait of those who left the queue within the window.
    AVERAGE_WAIT = "average_wait"
    #: The share in time of those judged within the window, or late by now.
    SERVICE_LEVEL = "service_level"
    #: The age of the oldest written contact without an answer.
    BACKLOG_AGE = "backlog_age"
    AGENTS_FREE = "agents_free"
    #: What those who came within the window cost.
    COST = "cost"

    @property
    def falls(self) -> bool:
        """Whether less is worse: then a rule acts below its threshold."""
        return self in (Measure.SERVICE_LEVEL, Measure.AGENTS_FREE)


class Condition(msgspec.Struct, frozen=True, kw_only=True):
    """A measure beyond `enter` makes the rule act, back within `exit` makes it let go."""

    measure: Measure
    enter: float
    exit: float

    @property
    def threshold(self) -> Threshold:
        return Threshold(enter=self.enter, exit=self.exit, falls=self.measure.falls)


class Doing(msgspec.Struct, frozen=True, kw_only=True):
    """What the rule does: the switch it sets; an empty channel or reason is the watched one."""

    state: State = State.TUCKED
    channel: str = ""
    reason: str = ""
    segment: str = ANY
    surface: str = ANY
    message_fr: str | None = None
    message_en: str | None = None


class Rule(msgspec.Struct, frozen=True, kw_only=True):
    """One rule: all `conditions` entered for `held_s` make it act, one left lets go.

    `window_s`: what «of the last minutes» means.  `dwell_s`: no flip sooner after another.
    `cooldown_s`: after letting go.  `ramp`: the shares it goes through, a step each `ramp_s`
    while the conditions are entered.  `cap`: flips in 24 hours, then it freezes.  `stale_s`: a
    feed silent for longer is not believed.  `lasts_s`: what it sets ends by itself after that,
    unless renewed.
    """

    name: str
    channel: str
    queue: str = ANY
    reason: str = ANY
    conditions: tuple[Condition, ...]
    window_s: int = 900
    held_s: int = 180
    dwell_s: int = 900
    cooldown_s: int = 1800
    ramp: tuple[int, ...] = (10, 50, 100)
    ramp_s: int = 300
    cap: int = 4
    stale_s: int = 300
    lasts_s: int = 3600
    doing: Doing = Doing()

    def change(self, share: int, why: str, expires_at: datetime) -> Change:
        """The change that carries the rule out for this share of visitors."""
        doing = self.doing
        return Change(
            channel=doing.channel or self.channel,
            reason=doing.reason or self.reason,
            segment=doing.segment,
            surface=doing.surface,
            state=doing.state,
            share=share,
            message_fr=doing.message_fr,
            message_en=doing.message_en,
            why=why,
            owner=self.name,
            expires_at=expires_at,
        )


def mode_of(word: str) -> RuleMode:
    """The mode of that name.  Raises UnknownWord."""
    if word not in set(RuleMode):
        raise UnknownWord("mode", word, [mode.value for mode in RuleMode])
    return RuleMode(word)


#: The least and the most of a field: seconds but for the cap.
RANGES = {
    "window_s": (60, _DAY_S),
    "held_s": (0, 14_400),
    "dwell_s": (60, _DAY_S),
    "cooldown_s": (0, _DAY_S),
    "ramp_s": (60, 14_400),
    "cap": (2, 20),
    "stale_s": (60, 3600),
    "lasts_s": (600, _DAY_S),
}


def tidy_rule(rule: Rule, modes: Iterable[Mode], words: Iterable[Word], now: datetime) -> Rule:
    """The rule with trimmed texts.  Raises InvalidChange or UnknownWord, saying what to do."""
    if not _NAME.fullmatch(rule.name):
        told = f"«{rule.name}» is no rule name: use a to z, 0 to 9 and -, at most 48"
        raise InvalidChange("rule_name", told, "name")
    known = list(modes)
    if rule.channel not in {mode.channel for mode in known}:
        raise UnknownWord("channel", rule.channel, [mode.channel for mode in known])
    for name, (least, most) in RANGES.items():
        if not least <= getattr(rule, name) <= most:
            told = f"{name} {getattr(rule, name)} is out of range: use {least} to {most}"
            raise InvalidChange("rule_range", told, name)
    _check_conditions(rule.conditions)
    _check_ramp(rule.ramp)
    sample = rule.change(100, "as the rule says", now + timedelta(seconds=rule.lasts_s))
    wanted = tidy(sample, known, words, now)
    texts = {"message_fr": wanted.message_fr, "message_en": wanted.message_en}
    doing = msgspec.structs.replace(rule.doing, **texts)
    return msgspec.structs.replace(rule, queue=clean("queue", rule.queue) or ANY, doing=doing)


def _check_conditions(conditions: tuple[Condition, ...]) -> None:
    if not conditions:
        told = "a rule needs a condition: say which reading makes it act"
        raise InvalidChange("rule_conditions", told, "conditions")
    if len({each.measure for each in conditions}) < len(conditions):
        told = "two conditions on one measure: keep one of each"
        raise InvalidChange("rule_conditions", told, "conditions")
    for each in conditions:
        far, near = (each.exit, each.enter) if each.measure.falls else (each.enter, each.exit)
        if not (0 < far < float("inf") and 0 <= near <= HYSTERESIS * far + 1e-9):
            raise InvalidChange("rule_exit", _apart(each), "exit")
        if each.measure is Measure.SERVICE_LEVEL and far > 1:
            told = "a service level is a fraction: write 0.8 for 80 %"
            raise InvalidChange("rule_exit", told, "enter")


def _apart(each: Condition) -> str:
    """What the exit may be, so that the display does not flap."""
    if each.measure.falls:
        least = max(each.enter / HYSTERESIS, 0.0)
        return f"{each.measure}: exit {each.exit:g} is too near {each.enter:g}: at least {least:g}"
    most = HYSTERESIS * each.enter
    return (
        f"{each.measure}: exit {each.exit:g} is too near enter {each.enter:g}: "
        f"at most {most:g} (70 % of it), and enter above 0"
    )


def _check_ramp(ramp: tuple[int, ...]) -> None:
    rising = all(one < other for one, other in pairwise(ramp))
    if not (1 <= len(ramp) <= 10 and rising and ramp[0] >= 1 and ramp[-1] <= 100):
        told = f"ramp {ramp} must rise within 1 to 100: write 10,50,100"
        raise InvalidChange("rule_ramp", told, "ramp")
