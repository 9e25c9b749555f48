"""What other targets or another formula would have made of the last seven days."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from app import labels
from app.i18n import N_, _
from app.site.part import Asked, Column, Foreseen
from app.site.seen import LATELY
from kpis.query import KpiQuery
from kpis.series import KpiRow, compute
from kpis.versions import Target, formula_in_force, read_targets

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
    before = _levels(asked, now)
    after = dict(before)
    if formula is not None:
        after |= _levels(asked, replace(now, service_level_formula=formula))
    if targets is not None:
        after |= _judged_anew(asked, now, targets)
    rows = [
        (labels.channel(channel), offered, level, after[channel][1])
        for channel, (offered, level) in before.items()
    ]
    return Foreseen(_words(rows), _COLUMNS, rows)


_COLUMNS = (
    Column(N_("Channel")),
    Column(N_("Offered"), "integer"),
    Column(N_("Service level as it is"), "percent"),
    Column(N_("as it would be"), "percent"),
)
_Level = tuple[int | float | None, float | None]


def _levels(asked: Asked, query: KpiQuery) -> dict[str, _Level]:
    rows = compute(asked.connection, query, _KEYS)
    return {str(row.by["channel"]): (row.kpis["offered"], _level(row)) for row in rows}


def _judged_anew(asked: Asked, query: KpiQuery, targets: Sequence[Target]) -> dict[str, _Level]:
    """The channels that these targets judge otherwise than those that stand do.

    A callback is due at the time that was promised, which no target moves: what is judged alike
    keeps its number.
    """
    standing = tuple(read_targets(asked.connection))
    alike = _levels(asked, replace(query, targets=standing))
    wanted = _levels(asked, replace(query, targets=tuple(targets)))
    return {channel: found for channel, found in wanted.items() if alike.get(channel) != found}


def _words(rows: Sequence[Sequence[object]]) -> str:
    moved = sum(row[2] != row[3] for row in rows)
    if not moved:
        return _("No service level of the last 7 days would change.")
    return _("Of the last 7 days {count} channels would show another service level.", count=moved)


def _level(row: KpiRow) -> float | None:
    """That of those who wait, else that of those who write."""
    live, written = row.kpis["service_level"], row.kpis["async_service_level"]
    found = live if live is not None else written
    return None if found is None else round(float(found), 6)
