"""Displays as a subject: how often each channel was offered when the button was shown.

Told by events of kind ``offer_shown``, each about one channel (the event's own ``channel``; its
``reason`` and ``segment`` where they are known), with the attributes

``state``     how it was offered: ``promoted``, ``open``, ``tucked`` or ``closed``
``displays``  how many displays the event stands for; 1 where it is not told
``surface``   where the button was shown

Who tells displays (``POST /hub/events``) writes one event for every channel that a display
lists, also for those it lists as closed: they are the denominator.  A busy hub may add up
displays of one state for some seconds and tell the sum in one event.  Each ``contact_id`` is
that of the display, or of the sum: it is no contact and never becomes one.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, Connection, Select, Subquery, case, cast, func, select
from sqlalchemy import literal_column as sql

from ingest.schema import channels, events
from kpis.keys import Keys, Tallies
from kpis.prepared import in_days
from kpis.subject import Subject

#: The customer sees it without looking for it.
DISPLAYED = ("promoted", "open")


def count(tallies: Tallies, connection: Connection, keys: Keys) -> None:
    """Add the displays of the query, and those that showed the channel."""
    keys.add(tallies, keys.asked(_counted))


#: What customers were shown.
DISPLAYS = Subject("displays", count)


def _counted(keys: Keys) -> Select[tuple[int, ...]]:
    c = _told(keys).c
    displayed = func.coalesce(func.sum(c.displays).filter(c.state.in_(DISPLAYED)), 0)
    return (
        select(
            *keys.columns(c, c.at),
            func.sum(c.displays).label("displays"),
            displayed.label("displayed"),
        )
        .where(*keys.chosen(c, c.at))
        .group_by(*keys.names())
    )


def _told(keys: Keys) -> Subquery:
    e = events.c
    told = e.attributes["displays"].astext
    number = case((told.regexp_match("^[0-9]{1,9}$"), cast(told, BigInteger)), else_=1)
    words = (e.source, e.channel, e.queue, e.reason, e.segment, e.site, e.agent)
    return (
        select(
            *words,
            e.occurred_at.label("at"),
            func.coalesce(channels.c.modality, "sync").label("modality"),
            e.attributes["state"].astext.label("state"),
            number.label("displays"),
        )
        .select_from(events.outerjoin(channels, channels.c.channel == e.channel))
        # Not a parameter: only then does the partial index serve.
        .where(
            e.kind == sql("'offer_shown'"),
            *keys.within(e.occurred_at),
            *in_days(e.occurred_at, keys.time("from"), keys.time("to")),
        )
        .subquery("told")
    )
