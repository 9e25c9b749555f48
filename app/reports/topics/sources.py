"""The sources: what each brought, what went wrong with it, when it was silent."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, select

from app.i18n import _
from app.reports.asking import Span
from app.reports.desk import Desk
from app.reports.gaps import gaps
from app.reports.model import Cell, Column, Section, Table
from app.reports.scope import told_of
from ingest.schema import contacts, quarantine, sources
from kpis.measures import inbound

ORDER = 100


def section(desk: Desk) -> Section:
    """Every source that is known, and the incidents of the period."""
    return Section(
        key="sources",
        title=_("Sources and incidents"),
        tables=(_standing(desk), _silences(desk), _errors(desk)),
    )


def _standing(desk: Desk) -> Table:
    whole = desk.asked.scope.whole
    offered = _offered(desk, desk.span)
    refused = _quarantined(desk) if whole else {}
    rows = [
        (row.source, row.connector, offered.get(row.source, Came()).many,
         refused.get(row.source, 0) if whole else None,
         row.last_event_at if whole else offered.get(row.source, Came()).last)
        for row in _known(desk)
    ]  # fmt: skip
    columns = (
        Column(key="source", label=_("Source")),
        Column(key="connector", label=_("Connector")),
        Column(key="offered", label=_("Offered"), kind="count"),
        Column(key="quarantined", label=_("Set aside"), kind="count"),
        Column(key="last_event_at", label=_("Last event"), kind="moment"),
    )
    return Table(
        key="sources",
        title=_("Sources"),
        columns=columns,
        rows=tuple(rows),
        note=_("Set aside: records received in the period that could not be used.")
        if whole
        else _("The sources that brought something of this scope, and its last contact."),
        empty=_("No source is connected yet."),
    )


def _silences(desk: Desk) -> Table:
    columns = (
        Column(key="source", label=_("Source")),
        Column(key="from", label=_("From"), kind="moment"),
        Column(key="to", label=_("To"), kind="moment"),
        Column(key="usual", label=_("A week earlier"), kind="count"),
    )
    return Table(
        key="silences",
        title=_("Silences"),
        columns=columns,
        rows=tuple((gap.source, gap.start, gap.end, gap.usual) for gap in gaps(desk)),
        note=_("Quarter hours without any contact, although some came in a week earlier."),
        empty=_("No source was silent when it usually is not."),
    )


def _errors(desk: Desk) -> Table:
    """The last error of each source, where it came in the period."""
    end = min(desk.span.end, desk.asked.as_of)
    found: list[tuple[Cell, ...]] = [
        (row.source, row.error_at, row.error)
        for row in _known(desk)
        if row.error is not None and desk.span.start <= row.error_at < end
    ]
    columns = (
        Column(key="source", label=_("Source")),
        Column(key="at", label=_("When"), kind="moment"),
        Column(key="error", label=_("Error")),
    )
    return Table(
        key="source_errors",
        title=_("Errors of sources"),
        columns=columns,
        rows=tuple(found),
        empty=_("No source ended the period with an error."),
    )


def _known(desk: Desk) -> list[Any]:
    """Every source; of a scope those that brought something of it, then or a week earlier."""
    known = list(desk.connection.execute(select(sources).order_by(sources.c.source)))
    if desk.asked.scope.whole:
        return known
    week = Span(desk.span.start - timedelta(days=7), desk.span.end)
    told = _offered(desk, week)
    return [row for row in known if row.source in told]


@dataclass(frozen=True, slots=True)
class Came:
    """What a source brought: how many contacts, when the last."""

    many: int = 0
    last: datetime | None = None


def _offered(desk: Desk, span: Span) -> dict[str, Came]:
    """The contacts of the measure «offered»; every other KPI by source would cost a second."""
    c = contacts.c
    rows = desk.connection.execute(
        select(c.source, func.count(), func.max(c.offered_at))
        .where(inbound(c), c.offered_at >= span.start, c.offered_at < span.end)
        .where(*told_of(desk.asked.scope, c))
        .group_by(c.source)
    )
    return {source: Came(int(many), last) for source, many, last in rows}


def _quarantined(desk: Desk) -> dict[str, int]:
    c = quarantine.c
    within: tuple[datetime, datetime] = (desk.span.start, desk.span.end)
    rows = desk.connection.execute(
        select(c.source, func.count())
        .where(c.received_at >= within[0], c.received_at < within[1])
        .group_by(c.source)
    )
    return {row[0]: int(row[1]) for row in rows}
