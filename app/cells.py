"""The live numbers as a flat picture: cell path → value; and what changed between two.

Paths: ``total.waiting``, ``channel.phone.service_level``, ``queue.phone/billing.waiting``,
``source.bank.lag_s``, ``trend.today``; and whole lists of rows: ``channels``, ``queues``,
``sources``, ``exposure``.  Raw numbers, ages in whole seconds; the browser formats.  The rows
of ``sources`` are without what changes every second or seldom: ``source.bank.lag_s``,
``source.bank.arrived`` (today's contacts by quarter hour).  ``trend.today`` has the quarters that
are over, ``trend.running`` the one that runs: what is over is not told again with each contact.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from app.exposure.model import Switch
    from app.sources import SourceState
    from kpis.board import Board, Line, Trend

Cell = str | int | float | bool | None | list["Cell"] | dict[str, "Cell"]
Cells = dict[str, Cell]

#: These grow by themselves: told in whole seconds, so that nothing changes in between.
_AGES = ("longest_wait_s", "oldest_s", "lag_s")
#: What a source has cells of its own for.
_OF_A_SOURCE = ("state", "last_event_at", "lag_s", "rate")


def picture(
    board: Board,
    switches: Iterable[Switch],
    sources: Sequence[SourceState] = (),
    arrived: Mapping[str, Sequence[int]] = MappingProxyType({}),
    mark: str = "",
    customers_mark: str = "",
) -> Cells:
    """Every cell of the board, of the sources and of the exposure, whose `mark` changes with it.

    Of customers there is but a mark that changes when something is told of any of them.
    """
    channels = [_row(line) for line in board.channels]
    queues = [_row(line) for line in board.queues]
    cells: Cells = {"formula": board.formula, "zone": board.zone}
    cells |= _under("total", _row(board.total))
    cells |= _under("trend", _trend(board.trend))
    for row in channels:
        cells |= _under(f"channel.{row['channel']}", row)
    for row in queues:
        cells |= _under(f"queue.{row['channel']}/{row['queue']}", row)
    return cells | _sources(sources, arrived) | {
        "channels": list(channels),
        "queues": list(queues),
        "exposure": list(_rows(list(switches))),
        "exposure.mark": mark,
        "customers.mark": customers_mark,
    }  # fmt: skip


def _sources(sources: Sequence[SourceState], arrived: Mapping[str, Sequence[int]]) -> Cells:
    rows = [_whole_ages(row) for row in _rows(sources)]
    cells: Cells = {}
    for row in rows:
        named = {name: row[name] for name in _OF_A_SOURCE}
        cells |= _under(f"source.{row['source']}", named)
        row.pop("lag_s")
    cells |= {f"source.{name}.arrived": list(points) for name, points in arrived.items()}
    return cells | {"sources": list(rows)}


def changed(before: Mapping[str, Cell], after: Mapping[str, Cell]) -> Cells:
    """The cells that differ; one that is gone is None."""
    new = {path: value for path, value in after.items() if before.get(path, ...) != value}
    return new | {path: None for path in before if path not in after and before[path] is not None}


def _trend(trend: Trend) -> Cells:
    """The trend, its running quarter apart."""
    told: Cells = msgspec.to_builtins(trend)
    begun = sum(count is not None for count in trend.today)
    over = max(0, begun - 1)
    today: list[Cell] = [*trend.today[:over], *([None] * (len(trend.today) - over))]
    return told | {"today": today, "running": trend.today[over] if begun else None}


def _row(line: Line) -> Cells:
    """A line with its KPIs beside its live state."""
    row: Cells = msgspec.to_builtins(line)
    kpis = row.pop("kpis")
    assert isinstance(kpis, dict)
    return _whole_ages({**kpis, **row})


def _whole_ages(row: Cells) -> Cells:
    ages = {name: row[name] for name in _AGES if name in row}
    return row | {name: int(age) for name, age in ages.items() if isinstance(age, float)}


def _rows(structs: Sequence[msgspec.Struct]) -> list[Cells]:
    return [msgspec.to_builtins(struct) for struct in structs]


def _under(prefix: str, row: Mapping[str, Cell]) -> Cells:
    return dict(_prefixed(prefix, row))


def _prefixed(prefix: str, row: Mapping[str, Cell]) -> Iterator[tuple[str, Cell]]:
    for name, value in row.items():
        yield f"{prefix}.{name}", value
