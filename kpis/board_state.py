"""The board's state: what has come today and all that is open, line by line.

A line is a place: all, a channel, or a queue of one.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from itertools import chain
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from ingest.asking import Later, Question
from kpis.capacity import Queue, answered_before
from kpis.catalogue import catalogue
from kpis.columns import Columns, Group, whole
from kpis.counting import count
from kpis.intervals import day_of
from kpis.open_contacts import add_open
from kpis.past import Past
from kpis.query import KpiQuery
from kpis.reading import SYNC
from kpis.staff import Place, Staff
from kpis.subject import Subject
from kpis.tallies import Tallies
from kpis.together import LineReadings, Placed

TOTAL: Place = (None, None)


@dataclass(frozen=True, slots=True)
class State:
    """What was counted, as of `now`; to be asked before it is read."""

    now: datetime
    today: Tallies
    #: All that is open, whatever day it came; in interval 1 those of today.
    open: Tallies
    #: Written contacts answered in the last week.
    answered: Later[Mapping[Queue, int]]

    @classmethod
    def at(cls, connection: Connection, now: datetime, zone: ZoneInfo, past: Past) -> State:
        """As of `now`; today is the local day of `zone`."""
        start, end = day_of(now, zone)
        by = "channel", "queue"
        query = KpiQuery(from_=start, to=end, now=now, by=by, zone=zone, lasting=True)
        waiting = Tallies()
        add_open(waiting, query, all_days=True)
        answered = past.of(answered_before, now, zone)
        return cls(now, count(connection, query, _of_stretches()), waiting, answered)

    @property
    def questions(self) -> list[Question]:
        """What has to be asked before anything can be read."""
        return [*self.today.questions, *self.open.questions, *self.answered.questions]

    def places(self) -> Iterator[Place]:
        """The channels and queues in which something was counted."""
        groups = chain(self.today.groups(), *(each.groups for each in self.open.columns))
        for channel, queue in {(str(group[1]), str(group[2])) for group in groups}:
            yield channel, None
            if queue:
                yield channel, queue


def _of_stretches() -> tuple[Subject, ...]:
    """What the KPIs of a stretch of time read."""
    return tuple(dict.fromkeys(kpi.reads for kpi in catalogue().values() if not kpi.live))


class Lines:
    """A state, added up to lines of the `places`, under a service-level formula."""

    def __init__(
        self, state: State, places: Sequence[Place], staff: Mapping[Place, Staff], formula: str
    ) -> None:
        self._state = state
        self._formula = formula
        self._numbers = {place: number for number, place in enumerate(places)}
        self._staff = [staff.get(place) for place in places]

    @cached_property
    def today(self) -> LineReadings:
        """Of those that came today."""
        waiting = self._placed(self._state.open, today=True)
        return self._readings([*self._placed(self._state.today), *waiting])

    @cached_property
    def open(self) -> LineReadings:
        """Of all that is open."""
        return self._readings([*self._placed(self._state.open), self._heads()])

    def answered(self) -> list[int]:
        """Written contacts answered in the last week."""
        found = [0] * len(self._numbers)
        for (channel, queue), many in self._state.answered.told().items():
            for number in self._of(channel, queue):
                found[number] += many
        return found

    def _readings(self, placed: Sequence[Placed]) -> LineReadings:
        return LineReadings(len(self._numbers), placed, self._state.now, self._formula)

    def _placed(self, tallies: Tallies, *, today: bool = False) -> list[Placed]:
        lines = self._lines
        if today:
            lines = {group: lines[group] for group in lines if group[0] == 1}
        return tallies.placed(lines)

    @cached_property
    def _lines(self) -> dict[Group, list[int]]:
        """The lines that each group adds to."""
        counted = (*self._state.today.columns, *self._state.open.columns)
        groups = set(chain.from_iterable(each.groups for each in counted))
        return {group: self._of(*group[1:]) for group in groups}

    def _of(self, channel: object, queue: object) -> list[int]:
        """The lines that a group adds to."""
        places = (TOTAL, (str(channel), None), (str(channel), str(queue) or None))
        return [self._numbers[at] for at in dict.fromkeys(places) if at in self._numbers]

    def _heads(self) -> Placed:
        """The live KPIs of agents count heads where those of a stretch count milliseconds."""
        told = [(n, s) for n, s in enumerate(self._staff) if s and s.occupancy is not None]
        heads = {
            "engaged_ms": [staff.engaged or 0 for _, staff in told],
            "available_ms": [staff.free for _, staff in told],
            "held_ms": [staff.held for _, staff in told],
            "holding_ms": [staff.holding for _, staff in told],
        }
        counts = {key: whole(numbers) for key, numbers in heads.items()}
        groups: list[Group] = [(number,) for number, _ in told]
        columns = Columns(groups, [*SYNC] * len(told), counts)
        return Placed.of(columns, {(number,): (number,) for number, _ in told})
