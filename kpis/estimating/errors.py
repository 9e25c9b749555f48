"""Errors: what was told, beside the waits of those who came in the minute after it."""

from __future__ import annotations

from datetime import datetime, timedelta

import msgspec
from sqlalchemy import Connection, Integer, and_, cast, func, select

from ingest.schema import contacts
from kpis.estimate_schema import estimates
from kpis.measures import inbound

#: An estimate speaks of those who come within so long.
SPEAKS = timedelta(minutes=1)


class EstimateError(msgspec.Struct, frozen=True):
    """One channel.  Each answered contact counts once an estimate; seconds.

    `mae_s`: mean absolute error.  `compared`: of those for whom there was a mean wait of the
    last half hour too, `compared_mae_s` the error over them and `recent_mae_s` that of the mean.
    `bias_s`: told minus waited, on average.  `unanswered`: they left, or still wait: their wait
    is not known and they are not in the error.
    """

    channel: str
    occasion: str
    contacts: int
    mean_wait_s: float | None
    mae_s: float | None
    bias_s: float | None
    compared: int
    compared_mae_s: float | None
    recent_mae_s: float | None
    unanswered: int


def read_errors(connection: Connection, start: datetime, end: datetime) -> list[EstimateError]:
    """By channel and occasion, of the estimates told in [start, end)."""
    c, e = contacts.c, estimates.c
    met = and_(
        c.channel == e.channel, func.coalesce(c.queue, "") == e.queue,
        c.offered_at >= e.at, c.offered_at < e.at + SPEAKS,
    )  # fmt: skip
    wait = cast(func.date_part("epoch", c.left_at - c.offered_at) * 1000, Integer)
    answered = c.outcome == "answered"
    compared = and_(answered, e.recent_ms.is_not(None))
    off = func.abs(e.estimate_ms - wait)
    rows = connection.execute(
        select(
            e.channel,
            e.occasion,
            func.count().filter(answered),
            func.avg(wait).filter(answered),
            func.avg(off).filter(answered),
            func.avg(e.estimate_ms - wait).filter(answered),
            func.count().filter(compared),
            func.avg(off).filter(compared),
            func.avg(func.abs(e.recent_ms - wait)).filter(compared),
            func.count().filter(~answered),
        )
        .join_from(estimates, contacts, met)
        .where(e.at >= start, e.at < end, c.offered_at >= start, c.offered_at < end + SPEAKS)
        .where(inbound(c))
        .group_by(e.channel, e.occasion)
        .order_by(e.channel, e.occasion)
    )
    return [_row(*row) for row in rows]


def _row(channel: str, occasion: str, many: int, *rest: float | None) -> EstimateError:
    wait, mae, bias, compared, compared_mae, recent_mae, unanswered = rest
    return EstimateError(
        channel=channel,
        occasion=occasion,
        contacts=many,
        mean_wait_s=_seconds(wait),
        mae_s=_seconds(mae),
        bias_s=_seconds(bias),
        compared=int(compared or 0),
        compared_mae_s=_seconds(compared_mae),
        recent_mae_s=_seconds(recent_mae),
        unanswered=int(unanswered or 0),
    )


def _seconds(ms: float | None) -> float | None:
    return None if ms is None else round(float(ms) / 1000, 3)
