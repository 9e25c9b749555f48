"""A rule in words and as data: the reason it writes into the audit, and what clients are told."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

import msgspec

from app.exposure.rules.deciding import Move, Reading
from app.exposure.rules.model import Condition, Measure, Rule
from app.exposure.rules.records import Kept, Proposal, Seen, Tried

if TYPE_CHECKING:
    from app.exposure.rules.book import Listed

_WORDS = {
    Measure.LONGEST_WAIT: "wait",
    Measure.AVERAGE_WAIT: "average wait",
    Measure.SERVICE_LEVEL: "service level",
    Measure.BACKLOG_AGE: "backlog age",
    Measure.AGENTS_FREE: "agents free",
    Measure.COST: "cost",
}
_TIMES = (Measure.LONGEST_WAIT, Measure.AVERAGE_WAIT, Measure.BACKLOG_AGE)


class RuleTold(msgspec.Struct, frozen=True, kw_only=True):
    """What `told` says."""

    name: str
    mode: str
    version: int
    acting: bool
    frozen_at: datetime | None
    note: str
    rule: Rule
    seen: Seen | None
    trial: Tried | None
    advice: tuple[Proposal, ...]
    changed_at: datetime
    changed_by: str


def told(listed: Listed) -> dict[str, object]:
    """A rule for a client: content, mode, state, last evaluation with next move, last trial."""
    kept, tried = listed.kept, listed.tried
    return {
        "name": kept.rule.name,
        "mode": kept.mode.value,
        "version": kept.version,
        "acting": kept.state.acting,
        "frozen_at": msgspec.to_builtins(kept.state.frozen_at),
        "note": kept.state.note.value,
        "rule": msgspec.to_builtins(kept.rule),
        "seen": msgspec.to_builtins(kept.seen),
        "trial": msgspec.to_builtins(tried),
        "advice": msgspec.to_builtins(listed.advice),
        "changed_at": msgspec.to_builtins(kept.changed_at),
        "changed_by": kept.changed_by,
    }


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
