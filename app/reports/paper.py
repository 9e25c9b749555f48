"""What of a table stands on paper: the columns people read, those without any value left out."""

from __future__ import annotations

import msgspec

from app.reports.model import Cell, Column, Table


def worth(table: Table) -> Table:
    """The table without the groups of which nothing is to tell: a channel where nobody came."""
    if table.total is None or not table.columns or table.columns[0].kind != "text":
        return table
    numbers = [at for at, one in enumerate(table.columns) if one.main and one.kind != "text"]
    rows = tuple(row for row in table.rows if any(row[at] for at in numbers))
    return msgspec.structs.replace(table, rows=rows)


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
