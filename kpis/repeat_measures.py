"""What one link between a customer's contacts adds to the counts, for every window.

A link (:mod:`ingest.links`) tells how long after a contact the next one of the same customer
came, and how long before it the previous one: on any channel for any reason, on the same
channel, for the same reason, both.  Here the windows are applied, all five beforehand: a
repeat is charged to the EARLIER contact, its interval, channel and queue.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product

from sqlalchemy import ColumnElement, and_, case, literal, or_, true

from kpis.measures import Condition, ContactColumns, Expression, Measure, Moment
from kpis.windows import DAYS

#: Whoever is linked counts, when the request began.
POPULATION: dict[Moment, Condition] = {"arrived_at": lambda c: true()}


@dataclass(frozen=True, slots=True)
class Scope:
    """Which other contacts count as the previous and the next one: columns of ``links``."""

    key: str
    since: str
    until: str
    #: The channel of the next one; None where it is the same by definition.
    next_channel: str | None = None

    def named(self, what: str, days: int) -> str:
        """The key of a measure: «followed_any_7»."""
        return f"{what}_{self.key}_{days}"


_ALL = (
    Scope("any", "since_ms", "until_ms", "next_channel"),
    Scope("reason", "since_reason_ms", "until_reason_ms", "next_reason_channel"),
    Scope("channel", "since_channel_ms", "until_channel_ms"),
    Scope("both", "since_both_ms", "until_both_ms"),
)


def scope(*, same_reason: bool, same_channel: bool) -> Scope:
    """The one that asks for these to be the same."""
    return _ALL[2 * same_channel + same_reason]


def _when(condition: Condition) -> Expression:
    """1 where it holds, else 0."""
    return lambda c: case((condition(c), 1), else_=0)


def _both(one: Condition, other: Condition) -> Condition:
    return lambda c: and_(one(c), other(c))


def _left(outcome: str) -> Condition:
    return lambda c: c.outcome == outcome


def _within(column: str, days: int) -> Condition:
    """Another contact lies at most so far away."""
    return lambda c: c[column] <= literal(days * 86_400_000)


def _first(which: Scope, days: int) -> Condition:
    """No repeat itself."""

    def condition(c: ContactColumns) -> ColumnElement[bool]:
        since = c[which.since]
        return or_(since.is_(None), since > literal(days * 86_400_000))

    return condition


def _measures() -> Iterator[Measure]:
    yield _measure("identified", "by a known customer", lambda c: literal(1))
    for outcome in ("answered", "abandoned"):
        doc = f"{outcome}, by a known customer"
        yield _measure(f"identified_{outcome}", doc, _when(_left(outcome)))
    for which, days in product(_ALL, DAYS):
        yield from _windowed(which, days)


def _windowed(which: Scope, days: int) -> Iterator[Measure]:
    followed, first = _within(which.until, days), _first(which, days)
    counts = {
        "followed": followed,
        "followed_answered": _both(followed, _left("answered")),
        "followed_abandoned": _both(followed, _left("abandoned")),
        "first": first,
        "first_followed": _both(first, followed),
    }
    if (channel := which.next_channel) is not None:
        counts["crossed"] = _both(followed, lambda c: c[channel] != c.channel)
    for what, condition in counts.items():
        doc = f"{what.replace('_', ', ')}: scope {which.key}, window {days} days"
        yield _measure(which.named(what, days), doc, _when(condition))


def _measure(key: str, doc: str, expression: Expression) -> Measure:
    return Measure(key, doc, expression, attributed_at="arrived_at")


MEASURES: dict[str, Measure] = {measure.key: measure for measure in _measures()}
