"""What other targets or another formula would have made of the last seven days."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from app.components import labels
from app.i18n import N_, _
from app.site.part import Asked, Column, Foreseen
from app.site.seen import LATELY
from kpis.query import KpiQuery
from kpis.series import KpiRow, compute
from kpis.versions import Target, formula_in_force

_KEYS = ("service_level", "async_service_level", "offered")


def levels_foreseen(
    asked: Asked, targets: Sequence[Target] | None = None, formula: str | None = None
) -> Foreseen:
    """By channel the service level as it stands and as it would have been; None: as it is."""
    stands = formula_in_force(asked.connection)
    now = KpiQuery(
        from_=asked.now - LATELY, to=asked.now, now=asked.now, by=("channel",), zone=asked.zone,
        service_level_formula=stands, only=asked.within.only,
    )  # fmt: skip
    wanted = tuple(targets) if targets is not None else None
    then = replace(now, targets=wanted, service_level_formula=formula or stands)
    before = {row.place: row for row in compute(asked.connection, now, _KEYS)}
    after = {row.place: row for row in compute(asked.connection, then, _KEYS)}
    rows = [
        (labels.channel(str(row.by["channel"])), row.kpis["offered"], _level(row),
         _level(after[place]))
        for place, row in before.items() if place in after
    ]  # fmt: skip
    moved = sum(row[2] != row[3] for row in rows)
    words = _("No service level of the last 7 days would change.")
    if moved:
        words = _("Of the last 7 days {count} channels would show another service level.",
                  count=moved)  # fmt: skip
    columns = (
        Column(N_("Channel")), Column(N_("Offered"), "integer"),
        Column(N_("Service level as it is"), "percent"),
        Column(N_("as it would be"), "percent"),
    )  # fmt: skip
    return Foreseen(words, columns, rows)


def _level(row: KpiRow) -> float | None:
    """That of those who wait, else that of those who write."""
    live, written = row.kpis["service_level"], row.kpis["async_service_level"]
    found = live if live is not None else written
    return None if found is None else round(float(found), 6)
