"""What a rule writes into the audit as the reason of a change: reading, threshold, version."""

from __future__ import annotations

from app.exposure.rules.deciding import Move, Reading
from app.exposure.rules.model import Condition, Measure
from app.exposure.rules.records import Kept

_WORDS = {
    Measure.LONGEST_WAIT: "wait",
    Measure.AVERAGE_WAIT: "average wait",
    Measure.SERVICE_LEVEL: "service level",
    Measure.BACKLOG_AGE: "backlog age",
    Measure.AGENTS_FREE: "agents free",
    Measure.COST: "cost",
}
_TIMES = (Measure.LONGEST_WAIT, Measure.AVERAGE_WAIT, Measure.BACKLOG_AGE)


def why_of(known: Kept, move: Move, reading: Reading) -> str:
    """«rule phone-overload v3: wait 6:10 (enter 5:00)»."""
    ends = move is Move.RELEASE
    told = ", ".join(_told(each, reading, ends) for each in known.rule.conditions)
    return f"rule {known.rule.name} v{known.version}: {told}"[:500]


def _told(each: Condition, reading: Reading, ends: bool) -> str:
    word, bound = ("exit", each.exit) if ends else ("enter", each.enter)
    value = reading.value(each.measure)
    now = "–" if value is None else shown(each.measure, value)
    return f"{_WORDS[each.measure]} {now} ({word} {shown(each.measure, bound)})"


def shown(measure: Measure, value: float) -> str:
    """6:10, 1:02:05, 80 %, 12.5."""
    if measure is Measure.SERVICE_LEVEL:
        return f"{value:.0%}"
    if measure not in _TIMES:
        return f"{value:g}"
    minutes, seconds = divmod(round(value), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes}:{seconds:02}"
