"""What of a table stands on paper: the columns people read, those without any value left out."""

from __future__ import annotations

import msgspec

from app.reports.model import Cell, Column, Table


def on_paper(table: Table) -> Table:
    """The table with its main columns; of these the KPIs that have a value somewhere."""
    kept = [at for at, column in enumerate(table.columns) if _kept(table, at, column)]
    return msgspec.structs.replace(
        table,
        columns=tuple(table.columns[at] for at in kept),
        rows=tuple(_only(row, kept) for row in table.rows),
        total=None if table.total is None else _only(table.total, kept),
    )


def empty(table: Table, at: int) -> bool:
    """Has no row a value in that column?"""
    return all(row[at] is None for row in table.every)


def _kept(table: Table, at: int, column: Column) -> bool:
    return column.main and (column.kind == "text" or not table.rows or not empty(table, at))


def _only(row: tuple[Cell, ...], kept: list[int]) -> tuple[Cell, ...]:
    return tuple(row[at] for at in kept)
