"""The desk a report is written at: one moment of the database, and what a report asks of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property

from sqlalchemy import Connection

from app.reports.asking import Asked, Span
from kpis.kpi import Number
from kpis.promises import Promises, read_promises
from kpis.query import KpiQuery
from kpis.series import KpiRow, compute
from kpis.versions import Version, formula_in_force, read_versions


@dataclass
class Desk:
    """All topics read through one connection, whose reads see the same commits.

    What two topics ask is computed once.
    """

    connection: Connection
    asked: Asked
    _known: dict[tuple[object, ...], list[KpiRow]] = field(default_factory=dict)

    @property
    def span(self) -> Span:
        """The stretch of time of the report."""
        return self.asked.period.span

    @cached_property
    def formula(self) -> str:
        """The id of the service-level formula in force."""
        return formula_in_force(self.connection)

    @cached_property
    def version(self) -> Version | None:
        """What service levels are judged by; None: nobody has decided anything yet."""
        return next(iter(read_versions(self.connection, limit=1)), None)

    @cached_property
    def promises(self) -> Promises:
        """The targets in force when the period ended, or as of now."""
        return read_promises(self.connection, min(self.span.end, self.asked.as_of))

    def rows(self, *by: str, grain: str = "total", span: Span | None = None) -> list[KpiRow]:
        """The KPIs by dimensions and interval; intervals that have not begun are left out."""
        span = self.span if span is None else span
        place = (by, grain, span)
        if place not in self._known:
            self._known[place] = compute(self.connection, self.query(by, grain, span))
        rows = [row for row in self._known[place] if row.start < self.asked.as_of]
        return sorted(rows, key=self._position)

    def total(self, span: Span | None = None) -> dict[str, Number | None]:
        """The KPIs of a whole stretch of time; none where it has not begun."""
        return next((row.kpis for row in self.rows(span=span)), {})

    def _position(self, row: KpiRow) -> tuple[datetime, tuple[int, str]]:
        """Channels in the order of the house, all else as it was read."""
        return row.start.astimezone(UTC), self.promises.position(str(row.by.get("channel", "")))

    def query(self, by: tuple[str, ...], grain: str, span: Span) -> KpiQuery:
        """The question of these rows, as ``vigie kpis`` would ask it."""
        return KpiQuery(
            from_=span.start,
            to=span.end,
            now=self.asked.as_of,
            by=by,
            only=self.asked.scope.only,
            grain=grain,
            zone=self.asked.zone,
            service_level_formula=self.formula,
        )
