"""The figures of a report by what they are of: language and layout left aside, for comparing.

Left out is what moves while nothing is told any more: what ripens with its window (repeats) and
ages; and the figures of the finest intervals, which those of the coarser ones hold.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from operator import itemgetter
from typing import Literal

import msgspec

from app.reports.model import Cell, Content, Table
from kpis.callbacks import CALLBACK_REPEATS
from kpis.catalogue import catalogue
from kpis.kpi import Kpi, Number
from kpis.repeats import REPEATS

#: What a figure is of: the dimensions and the interval of its row, and the KPI.
Place = tuple[tuple[tuple[str, str], ...], str]
Figures = dict[Place, Number | None]
_Row = tuple[tuple[tuple[str, str], ...], str, int | float | None]
#: Of what is kept; another one where a figure's place is told otherwise.
FORM = 1


class Spot(msgspec.Struct, frozen=True):
    """Where a figure stands in the tables of a report."""

    place: Place
    table: Table
    row: tuple[Cell, ...]


def figures(content: Content) -> Figures:
    """Every figure of the report that only news can change."""
    return {
        spot.place: value
        for spot, value in _every(content)
        if isinstance(value, int | float) or value is None
    }


def spots(content: Content) -> dict[Place, Spot]:
    """Where each stands; in the first table that tells it."""
    found: dict[Place, Spot] = {}
    for spot, _value in _every(content):
        found.setdefault(spot.place, spot)
    return found


def steady(kpi: Kpi) -> bool:
    """Does it stand still while nothing is told?"""
    return kpi.reads not in (REPEATS, CALLBACK_REPEATS) and not (kpi.live and kpi.unit == "seconds")


def packed(told: Figures) -> bytes:
    """As they are kept: the same bytes for the same figures."""
    rows = sorted(
        ((place, key, value) for (place, key), value in told.items()), key=itemgetter(0, 1)
    )
    return msgspec.msgpack.encode((FORM, rows))


def unpacked(kept: bytes) -> Figures | None:
    """What `packed` packed; None: in another form, with which nothing can be compared."""
    try:
        _form, rows = msgspec.msgpack.decode(kept, type=tuple[Literal[1], list[_Row]])
    except msgspec.ValidationError:
        return None
    return {(place, key): value for place, key, value in rows}


def _every(content: Content) -> Iterator[tuple[Spot, Cell]]:
    wanted = {key for key, kpi in catalogue().items() if steady(kpi)}
    for section in content.sections:
        for table in section.tables:
            if table.printed and section.key not in ("changes", "repeats"):
                yield from _of(table, wanted)


def _of(table: Table, wanted: set[str]) -> Iterator[tuple[Spot, Cell]]:
    for row in table.every:
        named = tuple(
            (column.key, _name(value))
            for column, value in zip(table.columns, row, strict=True)
            if value is not None and (column.kind == "text" or column.key == "from")
        )
        for column, value in zip(table.columns, row, strict=True):
            if column.key in wanted:
                yield Spot((named, column.key), table, row), value


def _name(value: Cell) -> str:
    return value.astimezone(UTC).isoformat() if isinstance(value, datetime) else str(value)
