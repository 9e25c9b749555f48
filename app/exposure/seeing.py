"""What the guardrails look at beside the switches, read in the transaction of the change."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import msgspec

from app.exposure import records
from app.exposure.audit import Entry
from app.exposure.desk import Desk
from app.exposure.guardrails.attempt import Board, Seen, minutes
from app.exposure.guardrails.flips import HOUR
from app.exposure.guardrails.values import Guardrails, read_values
from app.exposure.model import EARLIEST, Scope, State, Switch
from app.exposure.reading import Exposure
from kpis.calendars import Calendars
from kpis.calendars import read as read_calendars
from kpis.intervals import day_of
from kpis.series import KpiQuery, compute


@dataclass(frozen=True, slots=True)
class View:
    """What is the same for every scope that one transaction changes."""

    desk: Desk
    values: Guardrails
    calendars: Calendars
    recent: tuple[Entry, ...]
    now: datetime

    @classmethod
    def of(cls, desk: Desk, now: datetime) -> View:
        values = read_values(desk.rows)
        back = max(
            HOUR,
            timedelta(seconds=values.dwell_s),
            minutes(2 * values.emergency_minutes),
            minutes(values.rules_rest_minutes),
        )
        recent = tuple(one for one in records.since(desk.rows, now - back) if one.switch_id > 0)
        return cls(desk, values, read_calendars(desk.tables), recent, now)

    def around(self, exposure: Exposure, scope: Scope, effect: datetime) -> Seen:
        """What the guardrails see of a change of that scope."""
        opened = [entry.at for entry in self.recent if entry.action == "all_open"]
        return Seen(
            values=self.values,
            calendars=self.calendars,
            flips=sorted(
                {
                    flip
                    for flip in (*_told(self.recent, scope), *_by_time(exposure.of(scope)))
                    if flip <= effect
                }
            ),
            emergencies=sorted(
                entry.at
                for entry in self.recent
                if entry.action == "emergency" and _meets(scope, _switch(entry.after))
            ),
            opened=max(opened, default=None),
            past=_past(self.recent, exposure.switches, scope),
            spent=self._spent,
        )

    def _spent(self, channel: str) -> float:
        """What the contacts of the local day have cost so far, in the currency of the costs."""
        zone = self.values.budgets[channel].tz
        start, _end = day_of(self.now, zone)
        if start >= self.now:
            return 0.0
        query = KpiQuery(
            from_=start, to=self.now, now=self.now, where={"channel": channel}, zone=zone
        )
        [row] = compute(self.desk.tables, query)
        return float(row.kpis["cost"] or 0)


def _told(entries: Iterable[Entry], scope: Scope) -> Iterator[datetime]:
    """The moments at which changes of the scope changed its state; plans are not yet changes."""
    for entry in entries:
        before, after = _switch(entry.before), _switch(entry.after)
        touched = after or before
        if touched is None or touched.scope != scope:
            continue
        if _state(before, entry.at) is not _state(after, entry.at):
            yield entry.at.astimezone(UTC)


def _by_time(switches: Iterable[Switch]) -> Iterator[datetime]:
    """The moments at which switches begin and end by themselves."""
    for switch in switches:
        if switch.state is not State.OPEN:
            yield from (edge for edge in (switch.starts_at, switch.expires_at) if edge)


def _state(switch: Switch | None, at: datetime) -> State:
    return switch.state if switch is not None and switch.in_force(at) else State.OPEN


def _switch(text: str | None) -> Switch | None:
    """The switch of an entry; None for none."""
    return None if text is None else msgspec.json.decode(text, type=Switch)


def _meets(scope: Scope, switch: Switch | None) -> bool:
    """Whether there is anybody whom both concern."""
    return switch is not None and scope.meets(switch.scope)


def _past(entries: Sequence[Entry], switches: Iterable[Switch], scope: Scope) -> tuple[Board, ...]:
    """The boards that the entries have made, the oldest first, of switches that meet the scope."""
    standing = {one.id: one for one in switches if scope.meets(one.scope)}
    found: list[Board] = []
    for entry in reversed(entries):
        before = _switch(entry.before)
        if not (_meets(scope, before) or _meets(scope, _switch(entry.after))):
            continue
        found.append((entry.at.astimezone(UTC), tuple(standing.values())))
        standing.pop(entry.switch_id, None)
        if before is not None:
            standing[entry.switch_id] = before
    return ((EARLIEST, tuple(standing.values())), *reversed(found))
