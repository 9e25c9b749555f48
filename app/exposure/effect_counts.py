"""The contacts behind the effects of many changes, counted in three statements for all of them.

The measures, waits and live rules are those of ``kpis``: over the same stretch the figures are
the same as those of the series.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    ARRAY,
    BigInteger,
    BindParameter,
    ColumnElement,
    Connection,
    DateTime,
    FromClause,
    TableValuedAlias,
    Text,
    and_,
    bindparam,
    case,
    column,
    func,
    or_,
    select,
    text,
)
from sqlalchemy.types import TypeEngine

from app.exposure.audit import Entry
from app.exposure.effects import Effect, Window, effects, felt, windows
from app.exposure.model import ANY
from ingest.schema import contacts
from kpis.measures import MEASURES, inbound
from kpis.open_counts import LIVENESS, open_counts, restarts, with_restarts
from kpis.reading import Tally
from kpis.versions import formula_in_force
from kpis.waits import bucket

Tallies = dict[tuple[int, str, str | None], Tally]
_KEYS = 4
#: The plans whose switch has a later entry from before their begin.
_CHANGED = text("""
    select plan.seq
    from unnest(
        cast(:seqs as bigint[]), cast(:switches as bigint[]), cast(:begins as timestamptz[])
    ) as plan (seq, switch_id, begins)
    where exists (
        select from exposure_audit later
        where later.switch_id = plan.switch_id and later.seq > plan.seq and later.at < plan.begins
    )
""")


def read_effects(
    connection: Connection, entries: Sequence[Entry], now: datetime
) -> dict[int, Effect]:
    """By seq what followed each of the entries, as of `now`; not of plans that never began."""
    entries = _seen(connection, entries)
    counted = count(connection, windows(entries, now), now)
    return effects(entries, counted, now, formula_in_force(connection))


def _seen(connection: Connection, entries: Sequence[Entry]) -> Sequence[Entry]:
    """Without the plans that were changed or taken back before they began."""
    begins = {entry.seq: told[1] for entry in entries if (told := felt(entry)) is not None}
    plans = [entry for entry in entries if begins.get(entry.seq, entry.at) > entry.at]
    if not plans:
        return entries
    changed = connection.execute(
        _CHANGED,
        {
            "seqs": [plan.seq for plan in plans],
            "switches": [plan.switch_id for plan in plans],
            "begins": [begins[plan.seq] for plan in plans],
        },
    )
    never = set(changed.scalars())
    return [entry for entry in entries if entry.seq not in never]


def count(connection: Connection, asked: Sequence[Window], now: datetime) -> Tallies:
    """What arrived in each window, by channel; None are the channels that it does not name."""
    tallies: Tallies = {}
    if not asked:
        return tallies
    _add_measures(tallies, connection, asked)
    _add_waits(tallies, connection, asked)
    _add_open(tallies, connection, asked, now)
    return tallies


def _add_measures(tallies: Tallies, connection: Connection, asked: Sequence[Window]) -> None:
    c = contacts.c
    told = [measure for measure in MEASURES if measure.attributed_at == "offered_at"]
    sums = [func.sum(measure.expression(c)).label(measure.key) for measure in told]
    keys, joined = _arrived(asked, contacts)
    rows = connection.execute(select(*keys, *sums).select_from(joined).group_by(*keys))
    for row in rows:
        counts = zip(row._fields[_KEYS:], row[_KEYS:], strict=True)
        _tally(tallies, row).counts.update({key: int(many) for key, many in counts if many})


def _add_waits(tallies: Tallies, connection: Connection, asked: Sequence[Window]) -> None:
    c = contacts.c
    keys, joined = _arrived(asked, contacts)
    number = bucket(c).label("bucket")
    rows = connection.execute(
        select(*keys, number, func.count())
        .select_from(joined)
        .where(c.wait_ms.is_not(None), c.outcome == "answered")
        .group_by(*keys, number)
    )
    for row in rows:
        _tally(tallies, row).waits[row[_KEYS]] += row[_KEYS + 1]


def _add_open(
    tallies: Tallies, connection: Connection, asked: Sequence[Window], now: datetime
) -> None:
    """Those whose target expired while they wait count against the service level at once."""

    def at(later: timedelta = timedelta()) -> BindParameter[datetime]:
        return bindparam(f"now_{later // timedelta.resolution}", now + later, DateTime(True))

    started = restarts(at(-LIVENESS), at())
    late = open_counts(contacts.c, started, at)["past_target"]
    keys, joined = _arrived(asked, with_restarts(contacts, started))
    rows = connection.execute(
        select(*keys, func.count())
        .select_from(joined)
        .where(contacts.c.outcome == "open", late)
        .group_by(*keys)
    )
    for row in rows:
        _tally(tallies, row).counts["past_target"] += row[_KEYS]


def _arrived(
    asked: Sequence[Window], of: FromClause
) -> tuple[list[ColumnElement[Any]], FromClause]:
    """Seq, side, channel (None: not named) and modality; the contacts beside their windows."""
    c = contacts.c
    w = _windows(asked)
    met = and_(inbound(c), c.offered_at >= w.c.start, c.offered_at < w.c.stop)
    named = or_(w.c.named == ANY, w.c.named == c.channel)
    keys: list[ColumnElement[Any]] = [
        w.c.seq,
        w.c.side,
        case((named, c.channel)).label("channel"),
        c.modality,
    ]
    return keys, w.join(of, met)


def _windows(asked: Sequence[Window]) -> TableValuedAlias:
    """The windows as a relation: of arrays, so that the statement is the same for any number."""
    columns: list[tuple[str, TypeEngine[Any], list[object]]] = [
        ("seq", BigInteger(), [one.seq for one in asked]),
        ("side", Text(), [one.side for one in asked]),
        ("named", Text(), [one.channel for one in asked]),
        ("start", DateTime(timezone=True), [one.start for one in asked]),
        ("stop", DateTime(timezone=True), [one.end for one in asked]),
    ]
    arrays = [bindparam(f"{name}s", told, ARRAY(kind)) for name, kind, told in columns]
    named = [column(name, kind) for name, kind, _told in columns]
    return func.unnest(*arrays).table_valued(*named, name="windows").render_derived()


def _tally(tallies: Tallies, row: Any) -> Any:
    seq, side, channel, modality = row[:_KEYS]
    return tallies.setdefault((seq, side, channel), Tally()).of(modality)
