"""Under which terms callbacks are offered: data, by reason, with defaults."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

import msgspec
from msgspec import Meta
from sqlalchemy import Connection, insert, select
from sqlalchemy.dialects.postgresql import distinct_on

from app.callback_desk.schema import callback_terms
from app.decision import Decision, word
from app.errors import WrongUse
from kpis.opening_hours import week_hours, week_text

#: The terms of every reason that has none of its own.
ANY = "*"

Share = Annotated[float, Meta(gt=0, le=1)]


class Terms(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How slots are made.  A place takes one agent for the time that a contact takes."""

    #: Who answers at a time; None: as many as answered a week before.
    agents: Annotated[int, Meta(ge=0, le=100_000)] | None = None
    #: Nobody is called outside of them, also where no calendar closes; in the site's zone.
    hours: str = "mon-sat 08:00-20:00"
    slot_minutes: Annotated[int, Meta(ge=5, le=240)] = 30
    #: The earliest slot begins so long after the wish, the last one so many days.
    lead_minutes: Annotated[int, Meta(ge=0, le=1440)] = 15
    ahead_days: Annotated[int, Meta(ge=0, le=14)] = 3
    #: Of their time agents are planned up to this share, calls that come in included…
    occupancy: Share = 0.85
    #: …and of what then is left free, callbacks take this share.
    share: Share = 0.5
    #: No slot takes more than `most`; each takes `unknown` where nobody knows who answers.
    most: Annotated[int, Meta(ge=0, le=10_000)] = 50
    unknown: Annotated[int, Meta(ge=0, le=1_000)] = 2
    #: Called so often at most, so long after each other.
    tries: Annotated[int, Meta(ge=1, le=10)] = 3
    retry_minutes: Annotated[int, Meta(ge=1, le=1440)] = 15


#: By reason; ``*`` is always there.
Book = Mapping[str, Terms]


def read_terms(connection: Connection) -> Book:
    """The terms that stand."""
    c = callback_terms.c
    rows = connection.execute(
        select(callback_terms).ext(distinct_on(c.reason)).order_by(c.reason, c.id.desc())
    ).mappings()
    told = {
        row["reason"]: Terms(**{name: row[name] for name in Terms.__struct_fields__})
        for row in rows
        if row["stands"]
    }
    return {ANY: Terms(), **told}


def pool_of(book: Book, reason: str) -> str:
    """Whose terms hold for the reason: its own, or those of any."""
    return reason if reason in book else ANY


def changed(terms: Terms, told: Mapping[str, object]) -> Terms:
    """The terms with what is told changed.  Raises WrongUse."""
    try:
        whole = msgspec.convert({**msgspec.structs.asdict(terms), **told}, Terms)
    except msgspec.ValidationError as error:
        raise WrongUse(f"no terms of callbacks: {error}") from error
    return msgspec.structs.replace(whole, hours=week_text(week_hours(whole.hours)))


def write_terms(
    connection: Connection, reason: str, terms: Terms | None, decision: Decision
) -> None:
    """Put the terms of a reason in force; None: those of any hold for it again.

    Commits nothing.  Raises WrongUse.
    """
    if terms is None and reason == ANY:
        raise WrongUse("the terms of any reason always stand: change them instead")
    connection.execute(
        insert(callback_terms).values(
            reason=word("reason", reason),
            stands=terms is not None,
            **msgspec.structs.asdict(terms or Terms()),
            decided_at=decision.at,
            decided_by=decision.by,
            why=decision.why,
        )
    )


def standing(connection: Connection, reason: str) -> Terms:
    """The terms that hold for the reason."""
    book = read_terms(connection)
    return book[pool_of(book, reason)]
