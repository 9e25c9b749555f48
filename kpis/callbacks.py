"""Callbacks as a subject: what was promised, what was tried and when; told by any source.

Read are the events of a callback's thread (:mod:`ingest.connectors.callback`): ``attempted`` and
``answered`` are attempts; ``offered`` and ``promised`` may tell the slot in their attributes
``promised_at`` and ``promised_until`` (else it is half an hour long); the last one told counts.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    DateTime,
    FromClause,
    Select,
    Subquery,
    and_,
    case,
    cast,
    exists,
    func,
    literal,
    or_,
    select,
    true,
)
from sqlalchemy import literal_column as sql
from sqlalchemy.dialects.postgresql import INTERVAL, aggregate_order_by

from ingest.link_schema import links
from ingest.schema import contacts, events, threads
from kpis.keys import Keys, Tallies
from kpis.measures import ContactColumns, inbound
from kpis.prepared import in_days
from kpis.query import KpiQuery
from kpis.repeat_measures import MEASURES, scope
from kpis.rows import Counted, Moment, Rows
from kpis.schema import rollup_quarter
from kpis.subject import Subject
from kpis.windows import RepeatWindow

CHANNEL = "callback"
#: Not a parameter: only then do the partial indexes serve.
_CALLBACK: ColumnElement[str] = sql("'callback'")
_TRIES = ("attempted", "answered")
_SLOT = sql("interval '30 minutes'", INTERVAL)
#: Nobody promises to call later than this.
_LATEST = timedelta(days=31)


def count(tallies: Tallies, connection: Connection, keys: Keys) -> None:
    """Add what was promised and tried for the callbacks of the query."""
    if _concerns(keys.query):
        keys.add(tallies, keys.asked(_counted))


def rows(query: KpiQuery) -> Rows:
    """The callbacks one by one."""
    return _listed(query.from_, query.to, query.now)


def count_repeats(tallies: Tallies, connection: Connection, keys: Keys) -> None:
    """Add who was reached by a callback, and who of them came again on whatever channel."""
    if _concerns(keys.query):
        keys.add(tallies, keys.asked(_repeated))


def repeat_rows(query: KpiQuery) -> Rows:
    """The callbacks that reached a known customer, one by one."""
    return _listed_repeats(query.now, query.repeats)


#: What was promised and tried.
CALLBACKS = Subject("callbacks", count, rows=rows)
#: What became of those who were reached.
CALLBACK_REPEATS = Subject("callback_repeats", count_repeats, rows=repeat_rows)

Values = dict[str, ColumnElement[int]]


def _concerns(query: KpiQuery) -> bool:
    """Does it ask for callbacks, among others?"""
    seen = query.only.get("channel", (CHANNEL,))
    return query.where.get("channel", CHANNEL) == CHANNEL and CHANNEL in seen


def _counted(keys: Keys) -> Select[Any]:
    c = _callbacks(keys).c
    return _summed(keys, c, c.offered_at, _values(keys, c)).where(_any(keys))


def _any(keys: Keys) -> ColumnElement[bool]:
    """Was any asked for then?  Most questions have none, and then no contact is looked at."""
    c = rollup_quarter.c
    since = keys.time("from", -timedelta(minutes=15))
    return exists().where(c.channel == _CALLBACK, c.quarter > since, c.quarter < keys.time("to"))


def _repeated(keys: Keys) -> Select[Any]:
    c = _answers().c
    return _summed(keys, c, c.arrived_at, _repeats(keys, c))


@lru_cache(maxsize=16)
def _listed(from_: datetime, to: datetime, now: datetime) -> Rows:
    """Built once for all that is asked of the same stretch: whoever drills asks many times."""
    keys = Keys.of(KpiQuery(from_=from_, to=to, now=now))
    of = _callbacks(keys)
    return _rows(of, of.c.offered_at, _values(keys, of.c))


@lru_cache(maxsize=16)
def _listed_repeats(now: datetime, window: RepeatWindow) -> Rows:
    keys = Keys.of(KpiQuery(from_=now, to=now + _LATEST, now=now, repeats=window))
    of = _answers()
    return _rows(of, of.c.arrived_at, _repeats(keys, of.c))


def _values(keys: Keys, c: ContactColumns) -> Values:
    """Judged is who was promised a slot that is over, or was tried; not who cancelled before."""
    tried = c.tries > 0
    missed = and_(c.promised_until <= keys.time("now"), c.outcome != "abandoned")
    punctual = and_(c.first_try >= c.promised_at, c.first_try < c.promised_until)
    return {
        "callbacks_tried": _one(tried),
        "callback_attempts": c.tries,
        "callbacks_judged": _one(and_(c.promised_at.is_not(None), or_(tried, missed))),
        "callbacks_punctual": _one(punctual),
    }


def _repeats(keys: Keys, c: ContactColumns) -> Values:
    """Of those old enough to be judged under the query's window."""
    window = keys.query.repeats
    anywhere = scope(same_reason=window.same_reason, same_channel=False)
    again = MEASURES[anywhere.named("followed", window.days)].expression(c)
    ripe = c.arrived_at < keys.time("now", -window.length)
    return {
        "callbacks_ripe": _one(ripe),
        "callbacks_repeated": case((ripe, again), else_=literal(0)),
    }


def _callbacks(keys: Keys) -> Subquery:
    """The contacts that are callbacks, each beside what its thread tells."""
    c = contacts.c
    told = _told(keys)
    return (
        select(*c, *told.c)
        .select_from(
            contacts.join(threads, threads.c.thread_key == c.thread_key).join(told, true())
        )
        # A wish is one contact; were there more, the thread would count for each.
        .where(c.channel == _CALLBACK, c.turn == 1, inbound(c), *keys.within(c.offered_at))
        .subquery("callbacks")
    )


def _told(keys: Keys) -> FromClause:
    """Of one thread: its attempts, and the slot that was promised last."""
    of = _events(keys)
    c, known = of.c, of.c.promised_at.is_not(None)
    later = (c.occurred_at.desc(), c.event_key)
    until = func.coalesce(c.promised_until, c.promised_at + _SLOT)
    last = [
        func.array_agg(aggregate_order_by(value, *later)).filter(known)[1].label(name)
        for name, value in (("promised_at", c.promised_at), ("promised_until", until))
    ]
    tries = c.kind.in_(_TRIES)
    return select(
        func.count().filter(tries).label("tries"),
        func.min(c.occurred_at).filter(tries).label("first_try"),
        *last,
    ).lateral("told")


def _events(keys: Keys) -> Subquery:
    """The events of the thread, looked for on the days on which it has any."""
    e, thread = events.c, threads.c
    earliest, latest = keys.time("from", -_LATEST), keys.time("to", _LATEST)
    return (
        select(e.event_key, e.kind, e.occurred_at,
               _moment(e.attributes["promised_at"].astext).label("promised_at"),
               _moment(e.attributes["promised_until"].astext).label("promised_until"))
        .where(e.thread_key == thread.thread_key,
               e.occurred_at >= thread.first_at, e.occurred_at <= thread.last_at,
               e.occurred_at >= earliest, e.occurred_at < latest,
               *in_days(e.occurred_at, earliest, latest))
        .correlate(threads)
        .subquery("told_events")
    )  # fmt: skip


def _moment(told: ColumnElement[str]) -> ColumnElement[Any]:
    """The time that an attribute tells; null for what is none."""
    is_one = func.pg_input_is_valid(told, "timestamptz")
    return case((is_one, cast(told, DateTime(timezone=True))))


def _answers() -> Subquery:
    """The links of callbacks that were answered; with the agent, whom links do not keep."""
    same = and_(links.c.thread_key == contacts.c.thread_key, links.c.turn == contacts.c.turn)
    return (
        select(*links.c, contacts.c.agent)
        .select_from(links.outerjoin(contacts, same))
        .where(links.c.channel == _CALLBACK, links.c.outcome == "answered")
        .subquery("answers")
    )


def _summed(keys: Keys, c: ContactColumns, at: ColumnElement[Any], values: Values) -> Select[Any]:
    sums = [func.sum(value).label(name) for name, value in values.items()]
    return (
        select(*keys.columns(c, at), *sums)
        .where(*keys.within(at), *keys.chosen(c, at))
        .group_by(*keys.names())
    )


def _rows(of: FromClause, at: ColumnElement[Any], values: Values) -> Rows:
    counts = {name: Counted("arrival", value) for name, value in values.items()}
    return Rows(of, of.c, at, {"arrival": Moment(at, true())}, counts)


def _one(condition: ColumnElement[bool]) -> ColumnElement[int]:
    return case((condition, 1), else_=0)
