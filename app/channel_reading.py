"""All that the page of channels shows, read as of one moment."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from app.channel_look import FIGURES, Look
from app.filters import Stretch
from kpis.distribution import Distribution, distribution
from kpis.promises import Promise, Promises
from kpis.series import KpiRow, compute


@dataclass(frozen=True, slots=True)
class Period:
    """One stretch: its line over time, its total, its waits and levels."""

    line: Sequence[KpiRow]
    total: KpiRow
    distribution: Distribution


@dataclass(frozen=True, slots=True)
class Channels:
    """The chosen period, the one it is compared with, and how the chosen one breaks down."""

    look: Look
    shown: Period
    earlier: Period | None
    #: By weekday and hour.
    heat: Sequence[KpiRow]
    parts: Sequence[KpiRow]
    #: What is promised where channel (and queue) are chosen.
    promise: Promise | None


def read_channels(connection: Connection, look: Look, promises: Promises) -> Channels:
    """Read it; the connection should see one moment (:mod:`kpis.snapshot`)."""
    return Channels(
        look=look,
        shown=_period(connection, look, look.shown),
        earlier=None if look.earlier is None else _period(connection, look, look.earlier),
        heat=compute(connection, look.query(look.shown, by=("weekday", "hour")), _drawn(look)),
        parts=compute(connection, look.query(look.shown, by=(look.by,)), _told(look)),
        promise=_promise(look, promises),
    )


def _period(connection: Connection, look: Look, of: Stretch) -> Period:
    whole = look.query(of)
    return Period(
        line=compute(connection, look.query(of, grain=look.grain), _drawn(look)),
        total=compute(connection, whole, _told(look))[0],
        distribution=distribution(connection, whole, look.modalities),
    )


def _drawn(look: Look) -> set[str]:
    """What a point needs: fewer figures are fewer statements."""
    return {look.kpi.key, "offered"}


def _told(look: Look) -> set[str]:
    return {look.kpi.key, *FIGURES}


def _promise(look: Look, promises: Promises) -> Promise | None:
    """One target at most is drawn: that of the chosen channel, or the only one there is."""
    filters = look.filters
    if filters.channel is not None:
        return promises.of(filters.channel, filters.queue)
    known = [
        promise
        for promise in promises.promises.values()
        if promises.modality(promise.channel) in look.modalities
    ]
    same = {(promise.target_ms, promise.goal) for promise in known}
    return known[0] if len(same) == 1 else None
