"""A rule as the fields of its form hold it, and back: minutes, percents, «10, 50, 100».

What is wrong is told for each field by itself (:class:`FieldsRefused`).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from math import ceil, floor
from typing import Final

from app.errors import WrongUse
from app.exposure.errors import InvalidChange
from app.exposure.model import ANY, state_of
from app.exposure.rules.model import HYSTERESIS, RANGES, Condition, Doing, Measure, Rule
from app.i18n import _, decimal, integer

Cell = str | float | None
#: As many conditions as there are readings: two on one reading are one too many.
ROWS: Final = len(Measure)
#: The choice of the watched channel or reason for what is set.
SAME: Final = "="
#: The fields that hold minutes, with the seconds of the rule that they stand for.
_TIMES: Final = {
    "held": "held_s", "window": "window_s", "dwell": "dwell_s", "cooldown": "cooldown_s",
    "step": "ramp_s", "stale": "stale_s", "lasts": "lasts_s",
}  # fmt: skip
_CONDITIONS = tuple(
    f"{part}-{n}" for n in range(1, ROWS + 1) for part in ("measure", "enter", "exit")
)
#: What a rule is written from, in the order the callbacks receive it.
FIELDS = (
    "rule", "channel", "queue", "reason", *_CONDITIONS, "state", "ramp", "message-fr",
    "message-en", *_TIMES, "cap", "to-channel", "to-reason", "to-segment", "to-surface",
)  # fmt: skip
_PERCENT, _MINUTES = (Measure.SERVICE_LEVEL,), (
    Measure.LONGEST_WAIT, Measure.AVERAGE_WAIT, Measure.BACKLOG_AGE,
)  # fmt: skip
#: What stands behind the thresholds of a reading.
SUFFIXES = {each.value: " min" for each in _MINUTES} | {each.value: " %" for each in _PERCENT}
#: Which field a refusal of the model is about, where it has another name there.
_SAID_OF = {
    "name": "rule", "conditions": "measure-1", "message_fr": "message-fr",
    "message_en": "message-en", **{seconds: field for field, seconds in _TIMES.items()},
}  # fmt: skip


class FieldsRefused(WrongUse):
    """What the form tells is no rule; `wrong` says why, by field, in the reader's words."""

    def __init__(self, wrong: Mapping[str, str]) -> None:
        super().__init__("; ".join(f"{field}: {words}" for field, words in wrong.items()))
        self.wrong = dict(wrong)


def rule_of(values: Mapping[str, Cell]) -> Rule:
    """The rule that the form says.  Raises FieldsRefused, UnknownWord."""
    read = _Reading(values)
    conditions = tuple(filter(None, (read.condition(row) for row in range(1, ROWS + 1))))
    times = {seconds: read.seconds(field, seconds) for field, seconds in _TIMES.items()}
    cap = read.whole("cap")
    ramp = read.shares("ramp")
    if read.wrong:
        raise FieldsRefused(read.wrong)
    return Rule(
        name=read.text("rule") or "",
        channel=read.text("channel") or "",
        queue=read.text("queue") or ANY,
        reason=read.text("reason") or ANY,
        conditions=conditions,
        ramp=ramp,
        cap=cap,
        doing=_doing(read),
        **times,
    )


def values_of(rule: Rule) -> tuple[Cell, ...]:
    """What the fields hold for that rule, in the order of `FIELDS`."""
    doing = rule.doing
    cells: dict[str, Cell] = dict.fromkeys(FIELDS, "")
    cells |= {
        "rule": rule.name,
        "channel": rule.channel,
        "queue": "" if rule.queue == ANY else rule.queue,
        "reason": rule.reason,
        "state": doing.state.value,
        "ramp": ", ".join(map(str, rule.ramp)),
        "message-fr": doing.message_fr or "",
        "message-en": doing.message_en or "",
        "cap": rule.cap,
        "to-channel": doing.channel or SAME,
        "to-reason": doing.reason or SAME,
        "to-segment": doing.segment,
        "to-surface": doing.surface,
    }
    cells |= {field: _short(getattr(rule, name) / 60) for field, name in _TIMES.items()}
    for row, each in enumerate(rule.conditions, 1):
        unit = _unit(each.measure)
        cells[f"measure-{row}"] = each.measure.value
        cells[f"enter-{row}"] = _short(each.enter / unit)
        cells[f"exit-{row}"] = _short(each.exit / unit)
    return tuple(cells[field] for field in FIELDS)


def usual(field: str) -> Cell:
    """What a field of an empty form holds: the usual of a rule over the longest wait."""
    return _USUAL[field]


def field_of(error: InvalidChange) -> str | None:
    """The field that a refusal of the model is about."""
    field = _SAID_OF.get(error.field, error.field)
    return field if field in FIELDS else None


def _doing(read: _Reading) -> Doing:
    channel, reason = read.text("to-channel") or SAME, read.text("to-reason") or SAME
    return Doing(
        state=state_of(read.text("state") or ""),
        channel="" if channel == SAME else channel,
        reason="" if reason == SAME else reason,
        segment=read.text("to-segment") or ANY,
        surface=read.text("to-surface") or ANY,
        message_fr=read.text("message-fr"),
        message_en=read.text("message-en"),
    )


class _Reading:
    """Reads the fields one by one; what is wrong is kept by field, in words."""

    def __init__(self, values: Mapping[str, Cell]) -> None:
        self._values = values
        self.wrong: dict[str, str] = {}

    def text(self, field: str) -> str | None:
        value = self._values.get(field)
        return str(value).strip() or None if value is not None else None

    def number(self, field: str) -> float | None:
        """Zero or more; None says that it is wrong."""
        try:
            found = float((self.text(field) or "").replace(",", "."))
        except ValueError:
            found = -1.0
        if 0 <= found < 1e9:
            return found
        self.wrong[field] = _("Write a number of zero or more.")
        return None

    def seconds(self, field: str, name: str) -> int:
        """The minutes of the field as seconds within what the model takes."""
        told = self.number(field)
        found, (least, most) = round((told or 0) * 60), RANGES[name]
        if told is not None and not least <= found <= most:
            self.wrong[field] = _(
                "From {least} to {most} minutes.",
                least=integer(least // 60), most=integer(most // 60),
            )  # fmt: skip
        return found

    def whole(self, field: str) -> int:
        told, (least, most) = self.number(field), RANGES[field]
        if told is not None and not (told == int(told) and least <= told <= most):
            self.wrong[field] = _("A whole number from {least} to {most}.", least=least, most=most)
        return int(told or 0)

    def shares(self, field: str) -> tuple[int, ...]:
        """«10, 50, 100»; whether they rise is the model's to say."""
        parts = [part for part in re.split(r"[\s,;%]+", self.text(field) or "") if part]
        if parts and all(part.isascii() and part.isdigit() and len(part) < 5 for part in parts):
            return tuple(map(int, parts))
        self.wrong[field] = _("Rising numbers from 1 to 100, such as 10, 50, 100.")
        return ()

    def condition(self, row: int) -> Condition | None:
        """The condition of that row; None where there is none, or it is wrong."""
        word = self.text(f"measure-{row}")
        if word is None and row > 1:
            return None
        if word not in set(Measure):
            self.wrong[f"measure-{row}"] = _("Choose a reading.")
            return None
        if word in [self.text(f"measure-{before}") for before in range(1, row)]:
            self.wrong[f"measure-{row}"] = _("This reading has its condition already.")
            return None
        measure = Measure(word)
        enter, exit = self.number(f"enter-{row}"), self.number(f"exit-{row}")
        if enter is None or exit is None:
            return None
        self._apart(row, measure, enter, exit)
        unit = _unit(measure)
        return Condition(measure=measure, enter=enter * unit, exit=exit * unit)

    def _apart(self, row: int, measure: Measure, enter: float, exit: float) -> None:
        """The two thresholds as the model wants them, told with the number that would do."""
        far, near = (exit, enter) if measure.falls else (enter, exit)
        if not far:
            field = "exit" if measure.falls else "enter"
            self.wrong[f"{field}-{row}"] = _("Above zero.")
        elif measure in _PERCENT and far > 100:
            self.wrong[f"exit-{row}"] = _("A share is 100 % at most.")
        elif near > HYSTERESIS * far + 1e-9:
            self.wrong[f"exit-{row}"] = _too_near(measure, enter)


def _too_near(measure: Measure, enter: float) -> str:
    if measure.falls:
        least = _rounded(ceil, enter / HYSTERESIS)
        return _("Too near: {value} at least, so that nothing flaps.", value=decimal(least, 1))
    most = _rounded(floor, enter * HYSTERESIS)
    return _("Too near: {value} at most, so that nothing flaps.", value=decimal(most, 1))


def _rounded(to: Callable[[float], int], value: float) -> float:
    """To tenths, on the side that is allowed."""
    return to(round(value * 10, 6)) / 10


def _unit(measure: Measure) -> float:
    """What one of the form is in the rule."""
    return 60.0 if measure in _MINUTES else 0.01 if measure in _PERCENT else 1.0


def _short(value: float) -> float:
    """Without the tail of a division: 3, not 3.0000000000000004."""
    found = round(value, 6)
    return int(found) if found == int(found) else found


_EMPTY = Rule(
    name="",
    channel="",
    conditions=(Condition(measure=Measure.LONGEST_WAIT, enter=300, exit=180),),
)
_USUAL: Mapping[str, Cell] = dict(zip(FIELDS, values_of(_EMPTY), strict=True))
