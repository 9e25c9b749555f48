"""Uniform navigation statistics: the same counts and rates for every surface.

display rate = listings in sight / listings; choice rate = chosen / displays; completion rate =
completed / chosen.  The deflection funnel: `hidden` displays (of the channel, or with any mode
hidden), of those another mode `deflected_chosen`, and `deflected_completed`.  No denominator,
no rate.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from importlib.resources import files

import msgspec
from sqlalchemy import Connection

from kpis.errors import WrongQuery

#: What rows may be told apart by; a day is the site's.
DIMENSIONS = {
    "surface": "surface",
    "channel": "channel",
    "reason": "reason",
    "segment": "segment",
    "day": "(occurred_at at time zone %(zone)s)::date::text",
}
_COUNTS = (
    "displays", "listed", "displayed", "chosen", "completed", "hidden",
    "deflected_chosen", "deflected_completed",
)  # fmt: skip
_SQL = files(__package__).joinpath("statistics.sql").read_text()


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """One group: its dimensions and what was counted in it."""

    by: dict[str, str | None]
    displays: int
    listed: int
    displayed: int
    chosen: int
    completed: int
    hidden: int
    deflected_chosen: int
    deflected_completed: int
    display_rate: float | None
    choice_rate: float | None
    completion_rate: float | None
    deflection_rate: float | None


def read_statistics(
    connection: Connection, start: datetime, end: datetime, by: Sequence[str], zone: str
) -> list[Row]:
    """The rows of [start, end) in order of their dimensions.  Raises WrongQuery."""
    if start >= end:
        raise WrongQuery(f"nothing lies between {start.isoformat()} and {end.isoformat()}")
    for name in by:
        if name not in DIMENSIONS:
            raise WrongQuery(f"no dimension «{name}»: use {', '.join(DIMENSIONS)}")
    asked = {"from": start, "to": end, "by_channel": "channel" in by, "zone": zone}
    found = connection.exec_driver_sql(_statement(by), asked)
    return [_row(by, row) for row in found]


def _statement(by: Sequence[str]) -> str:
    counts = ", ".join(f"coalesce(sum({name}), 0)::bigint" for name in _COUNTS)
    names = "".join(f"{DIMENSIONS[name]}, " for name in by)
    places = ", ".join(str(at + 1) for at in range(len(by)))
    grouped = f" group by {places} order by {places}" if by else ""
    return f"{_SQL} select {names}{counts} from lines{grouped}"


def _row(by: Sequence[str], row: Sequence[object]) -> Row:
    told = {name: value or None for name, value in zip(by, row, strict=False)}
    c = dict(zip(_COUNTS, row[len(by) :], strict=True))
    return msgspec.convert(
        {
            "by": told,
            **c,
            "display_rate": _ratio(c["displayed"], c["listed"]),
            "choice_rate": _ratio(c["chosen"], c["displays"]),
            "completion_rate": _ratio(c["completed"], c["chosen"]),
            "deflection_rate": _ratio(c["deflected_chosen"], c["hidden"]),
        },
        Row,
    )


def _ratio(part: object, whole: object) -> float | None:
    assert isinstance(part, int)
    assert isinstance(whole, int)
    return round(part / whole, 6) if whole else None
