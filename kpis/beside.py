"""What can be asked for beside the rows of an answer: another version, business hours."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection

from kpis.query import KpiQuery
from kpis.series import KpiRow


def beside(
    connection: Connection,
    query: KpiQuery,
    rows: Sequence[KpiRow],
    *,
    compare: str | None = None,
    business_hours: bool = False,
) -> list[dict[str, object]]:
    """For each row the fields that were asked for (:mod:`kpis.comparison`,
    :mod:`kpis.business_time`).  Raises WrongQuery.
    """
    told: list[dict[str, object]] = [{} for _ in rows]
    if compare is not None:
        from kpis.comparison import compared

        _add(told, compared(connection, query, rows, compare))
    if business_hours:
        from kpis.business_time import business_beside

        _add(told, business_beside(connection, query, rows))
    return told


def _add(told: list[dict[str, object]], more: list[dict[str, object]]) -> None:
    for fields, others in zip(told, more, strict=True):
        fields |= others
