"""The board's state: what has come today and all that is open, by channel and queue."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from kpis.capacity import answered_per_day
from kpis.catalogue import catalogue
from kpis.intervals import day_of
from kpis.keys import Tallies
from kpis.open_contacts import add_open, backlog_ages
from kpis.query import KpiQuery
from kpis.reading import SYNC, Tally
from kpis.staff import Place, Staff
from kpis.subject import Subject


@dataclass(slots=True)
class State:
    """The tallies of a group: of those that came today, and of all that are open."""

    today: Tally = field(default_factory=Tally)
    open: Tally = field(default_factory=Tally)
    #: The ages of the backlog, by bucket.
    ages: Counter[int] = field(default_factory=Counter)
    #: Written contacts answered on a day of work.
    per_day: float = 0.0

    def add(self, other: State) -> None:
        self.today.add(other.today)
        self.open.add(other.open)
        self.ages.update(other.ages)
        self.per_day += other.per_day

    def holds(self, staff: Staff | None) -> None:
        """The live KPIs of agents count heads where those of a stretch count milliseconds."""
        if staff is not None and staff.occupancy is not None:
            self.open.of(SYNC[0]).counts.update(
                engaged_ms=staff.engaged or 0,
                available_ms=staff.free,
                held_ms=staff.held,
                holding_ms=staff.holding,
            )


def read_states(connection: Connection, now: datetime, zone: ZoneInfo) -> dict[Place, State]:
    """By channel and queue, as of `now`; today is the local day of `zone`."""
    start, end = day_of(now, zone)
    query = KpiQuery(from_=start, to=end, now=now, by=("channel", "queue"), zone=zone)
    states: dict[Place, State] = {}

    def at(channel: object, queue: object) -> State:
        return states.setdefault((str(channel), str(queue) or None), State())

    for (_number, channel, queue), tally in _today(connection, query).items():
        at(channel, queue).today.add(tally)
    for (number, channel, queue), tally in _open(connection, query).items():
        at(channel, queue).open.add(tally)
        if number == 1:
            at(channel, queue).today.add(tally)
    for (_number, channel, queue), ages in backlog_ages(connection, query).items():
        at(channel, queue).ages.update(ages)
    for (channel, queue), many in answered_per_day(connection, now, zone).items():
        if (channel, queue or None) in states:
            at(channel, queue).per_day = many
    return states


def _today(connection: Connection, query: KpiQuery) -> Tallies:
    """What the KPIs of a stretch of time read; cells of zeros only are no cells."""
    tallies: Tallies = {}
    for subject in _of_stretches():
        subject.count(tallies, connection, query)
    return {group: tally for group, tally in tallies.items() if not tally.empty()}


def _of_stretches() -> tuple[Subject, ...]:
    return tuple(dict.fromkeys(kpi.reads for kpi in catalogue().values() if not kpi.live))


def _open(connection: Connection, query: KpiQuery) -> Tallies:
    """All that is open, whatever day it came; in interval 1 those of today."""
    tallies: Tallies = {}
    add_open(tallies, connection, query, all_days=True)
    return tallies
