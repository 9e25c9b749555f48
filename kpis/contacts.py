"""Contacts behind a number: exactly those that make it, page by page.

A number is a row of :mod:`kpis.series` and a KPI in it.  Its formula tells which counts it adds
up (:mod:`kpis.parts`), each count what a row adds to it (:mod:`kpis.rows`): the contacts behind
it are those that add something.  Of a ratio there are those above and those below the line.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    Row,
    Select,
    and_,
    case,
    cast,
    func,
    literal,
    or_,
    select,
    tuple_,
)

from kpis.catalogue import catalogue, subjects
from kpis.errors import UnknownWord, WrongQuery
from kpis.keys import Keys, of_modalities
from kpis.kpi import Kpi
from kpis.parts import DENOMINATOR, NUMERATOR, NoParts, Parts, parts_of
from kpis.query import KpiQuery
from kpis.reading import ALL, BOT
from kpis.rows import Moment, Rows
from kpis.subject import Subject
from kpis.waits import OUTCOMES, bucket, buckets_within

#: A page at most.
MOST = 1000

_EPOCH = datetime.fromtimestamp(0, UTC)
_ANY = KpiQuery(from_=_EPOCH, to=_EPOCH + timedelta(days=1), now=_EPOCH)

#: (arrived_at, thread_key, turn) of the last contact of a page.
Place = tuple[datetime, int, int]
Words = Mapping[str, str | None]


@dataclass(frozen=True, slots=True)
class Found:
    """One contact: where it stands, what it adds to the number, its dimensions as they count."""

    place: Place
    adds: int
    words: Words

    @property
    def key(self) -> tuple[int, int]:
        """(thread_key, turn); the turn is 0 of a thread that became no contact."""
        return self.place[1:]


@dataclass(frozen=True, slots=True)
class Behind:
    """The contacts behind one part of one number, in order of arrival."""

    query: KpiQuery
    kpi: str
    part: str
    parts: Parts
    rows: Rows
    modalities: tuple[str, ...]
    #: Only those who left after a wait of these buckets of :mod:`kpis.waits`.
    waited: tuple[int, int] | None = None

    def totals(self, connection: Connection) -> tuple[int, int]:
        """How many contacts there are, and the sum of what they add."""
        value = self._value()
        statement = select(func.count(), func.sum(cast(value, BigInteger))).where(*self._where())
        many, total = connection.execute(statement.select_from(self.rows.of)).one()
        return int(many), int(total or 0)

    def page(self, connection: Connection, limit: int, after: Place | None = None) -> list[Found]:
        """The next `limit` contacts `after` a place.  Who comes or leaves meanwhile moves nobody
        from one page to another.
        """
        statement = self._select().where(*self._where()).limit(limit)
        if after is not None:
            # The first comparison is for the index.
            beyond = tuple_(*self._place()) > tuple_(*map(literal, after))
            statement = statement.where(self.rows.arrived_at >= after[0], beyond)
        return [_found(row) for row in connection.execute(statement)]

    def _select(self) -> Select[Any]:
        words = [self.rows.c[name] for name in _WORDS]
        columns = [*self._place(), cast(self._value(), BigInteger).label("adds"), *words]
        return select(*columns).select_from(self.rows.of).order_by(*self._place())

    def _place(self) -> list[ColumnElement[Any]]:
        return [self.rows.arrived_at.label("arrived_at"), self.rows.c.thread_key, self.rows.c.turn]

    def _where(self) -> list[ColumnElement[bool]]:
        """Arrived when it may count, counts at one of the moments, and adds something."""
        moments = self._moments()
        latest = max(moment.after for moment in moments.values())
        at, query = self.rows.arrived_at, self.query
        return [
            at >= query.from_ - latest,
            at < query.to,
            *of_modalities(self.rows.c, self.modalities),
            *self._waited(),
            or_(*[and_(*self._counts_at(moment)) for moment in moments.values()]),
            self._value() != 0,
        ]

    def _waited(self) -> list[ColumnElement[bool]]:
        """As the histogram has them: left in one of its ways, after such a wait."""
        if self.waited is None:
            return []
        c = self.rows.c
        first, last = self.waited
        left = [c.outcome.in_(OUTCOMES), c.wait_ms.is_not(None)]
        return [*left, bucket(c) >= first, bucket(c) <= last]

    def _counts_at(self, moment: Moment) -> list[ColumnElement[bool]]:
        """The rows that count then, within the query."""
        keys = Keys.of(self.query)
        chosen = keys.chosen(self.rows.c, moment.at)
        return [moment.who, *keys.within(moment.at), *chosen]

    def _value(self) -> ColumnElement[int]:
        """What a row adds: at each moment only if it counts then."""
        moments = self._moments()
        values = [self._value_at(name) for name in moments]
        if len(moments) == 1:
            return values[0]
        counted = zip(moments.values(), values, strict=True)
        cases = [case((and_(*self._counts_at(m)), value), else_=literal(0)) for m, value in counted]
        return sum(cases[1:], start=cases[0])

    def _value_at(self, moment: str) -> ColumnElement[int]:
        values = [
            self.rows.counts[key].value * times if times != 1 else self.rows.counts[key].value
            for key, times in self._terms().items()
            if self.rows.counts[key].moment == moment
        ]
        return sum(values[1:], start=values[0])

    def _moments(self) -> dict[str, Moment]:
        names = dict.fromkeys(self.rows.counts[key].moment for key in self._terms())
        return {name: self.rows.moments[name] for name in names}

    def _terms(self) -> Mapping[str, int]:
        return self.parts.sums[self.part]


#: What a page tells of a row of any subject.
_WORDS = ("source", "channel", "modality", "queue", "reason", "segment", "site")


def behind(query: KpiQuery, kpi: str = "offered", part: str = NUMERATOR) -> Behind:
    """The contacts that make the `part` of the number `kpi` of the query as a whole.

    `kpi`: a key of the catalogue, or of what the formulas count (answered_in_target, waiting…).
    Raises UnknownWord, WrongQuery, NoParts.
    """
    known = catalogue().get(kpi)
    parts = parts_of(known, query.service_level_formula) if known else Parts({NUMERATOR: {kpi: 1}})
    if part not in (NUMERATOR, DENOMINATOR):
        raise UnknownWord("part", part, [NUMERATOR, DENOMINATOR])
    if part not in parts.sums:
        raise WrongQuery(f"{kpi} has no {part}: it is no ratio; leave the part out")
    rows = _rows(query, kpi, parts.sums[part], known)
    return Behind(query, kpi, part, parts, rows, known.modalities if known else (*ALL, *BOT))


def after_a_wait(found: Behind, within: str, modalities: Collection[str]) -> Behind:
    """Of these contacts those of some modalities (all, where none is named) who left after a wait
    of so many seconds: ``10..20`` is more than 10 and at most 20, ``10..`` more than 10.

    Raises WrongQuery.
    """
    if "wait_ms" not in found.rows.c:
        raise WrongQuery(f"{found.kpi} is not made of waits: leave the wait out")
    after, dots, until = within.partition("..")
    try:
        span = float(after), float(until) if until else None
    except ValueError:
        dots = ""
    if not dots:
        raise WrongQuery(f"«{within}» is no wait: write 10..20, or 10.. for more than 10 seconds")
    kept = tuple(each for each in found.modalities if not modalities or each in modalities)
    return replace(found, waited=buckets_within(*span), modalities=kept)


def narrowed(query: KpiQuery, cells: Mapping[str, str], interval: datetime | None) -> KpiQuery:
    """The query of one of its rows: its values of the dimensions, the interval that holds a moment.

    Raises WrongQuery.
    """
    for key, value in cells.items():
        if query.where.get(key, value) != value:
            raise WrongQuery(f"{key} cannot be both {query.where[key]} and {value}")
    wanted = replace(query, by=(), grain="total", where={**query.where, **cells})
    if interval is None:
        return wanted
    boundaries = query.boundaries()
    for start, end in pairwise(boundaries):
        if start <= interval < end:
            return replace(wanted, from_=start, to=end)
    raise WrongQuery(f"{interval.isoformat()} lies in no interval of the question")


def can_drill(kpi: Kpi) -> bool:
    """Are there contacts behind it?"""
    try:
        behind(_ANY, kpi.key)
    except NoParts:
        return False
    return True


def _rows(query: KpiQuery, kpi: str, terms: Mapping[str, int], known: Kpi | None) -> Rows:
    """Those of the one subject that counts all the terms; the KPI's own goes first."""
    ordered: Sequence[Subject] = subjects()
    if known is not None:
        ordered = [known.reads, *(each for each in ordered if each is not known.reads)]
    for each in ordered:
        # One after the other: to write down all that a subject counts takes milliseconds.
        if each.rows and terms.keys() <= (rows := each.rows(query)).counts.keys():
            return rows
    if known is None:
        raise UnknownWord("KPI", kpi, list(catalogue()))
    raise NoParts(f"{kpi} is not made of contacts: none can be shown")


def _found(row: Row[Any]) -> Found:
    arrived_at, thread_key, turn, adds, *words = tuple(row)
    return Found((arrived_at, thread_key, turn), adds, dict(zip(_WORDS, words, strict=True)))
