"""Dimensions: what contacts can be grouped and filtered by."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Date, Integer, cast, func

from kpis.errors import UnknownWord, WrongQuery
from kpis.measures import ContactColumns

#: What a group is called: a name, a number, or nothing told.
Value = str | int | None
#: (columns, the moment it counts at, zone name) → the dimension's value.
Expression = Callable[[ContactColumns, ColumnElement[Any], str], ColumnElement[Any]]


@dataclass(frozen=True, slots=True)
class Dimension:
    """One dimension.  `rolled`: the rollups know it."""

    key: str
    expression: Expression
    parse: Callable[[str], object] = str
    rolled: bool = False
    #: Personal data of agents: only where it is explicitly allowed.
    restricted: bool = False

    def wanted(self, text: str) -> object:
        """The value of a filter.  Raises WrongQuery."""
        try:
            return self.parse(text)
        except ValueError as error:
            kind = "a date such as 2024-01-31" if self.key == "day" else "a whole number"
            raise WrongQuery(f"{self.key}={text}: write {kind}") from error


def _word(name: str, *, rolled: bool = False, restricted: bool = False) -> Dimension:
    def told(c: ContactColumns, at: ColumnElement[Any], zone: str) -> ColumnElement[Any]:
        # Of what is always told, nothing stands between the column and its index.
        return func.coalesce(c[name], "") if getattr(c[name], "nullable", True) else c[name]

    return Dimension(name, told, rolled=rolled, restricted=restricted)


def _part(key: str, field: str) -> Dimension:
    return Dimension(
        key,
        lambda c, at, zone: cast(func.date_part(field, func.timezone(zone, at)), Integer),
        parse=int,
        rolled=True,
    )


_ALL = (
    _word("channel", rolled=True),
    _word("queue", rolled=True),
    _word("reason"),
    _word("segment"),
    _word("site"),
    _word("source"),
    _word("agent", restricted=True),
    #: 0 to 23, in the zone.
    _part("hour", "hour"),
    Dimension(
        "day",
        lambda c, at, zone: cast(func.timezone(zone, at), Date),
        parse=date.fromisoformat,
        rolled=True,
    ),
    #: 1 Monday to 7 Sunday.
    _part("weekday", "isodow"),
)

DIMENSIONS: dict[str, Dimension] = {dimension.key: dimension for dimension in _ALL}


def dimension_named(key: str, *, agents: bool = False) -> Dimension:
    """The dimension of that key.  Raises UnknownWord; WrongQuery where it is restricted."""
    if key not in DIMENSIONS:
        raise UnknownWord("dimension", key, list(DIMENSIONS))
    dimension = DIMENSIONS[key]
    if dimension.restricted and not agents:
        raise WrongQuery(f"{key} is personal data: figures by {key} are not given out here")
    return dimension


def shown(value: object) -> Value:
    """A group's value as it is given out: dates as text, nothing told as None."""
    if isinstance(value, date):
        return value.isoformat()
    return value if isinstance(value, int) else str(value) or None
