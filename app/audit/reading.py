"""One question to all sources of the audit: one statement, one snapshot, newest first."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cache

import msgspec
from sqlalchemy import Connection, text

from app.access import User
from app.audit.question import Place, Question
from app.audit.source import Line, Source
from app.errors import NotFound
from app.modules import modules

#: A page has at most so many lines; an export so many.
MOST, MOST_EXPORTED = 500, 50_000
_PEOPLE = 300


class Page(msgspec.Struct, frozen=True):
    """Lines, the newest first, and where the next page begins (None: that was the last)."""

    lines: tuple[Line, ...]
    next: Place | None


@cache
def sources() -> tuple[Source, ...]:
    """Every source, by key.  Raises ValueError where two have one key."""
    found = [source for module in modules("app.audit_sources") for source in module.SOURCES]
    keys = [source.key for source in found]
    if twice := {key for key in keys if keys.count(key) > 1}:
        raise ValueError(f"two sources of the audit are called {', '.join(sorted(twice))}")
    return tuple(sorted(found, key=lambda one: one.key))


def readable_by(user: User) -> tuple[Source, ...]:
    """Those that this user may read."""
    return tuple(source for source in sources() if user.may(source.right))


def source_named(key: str, known: Iterable[Source]) -> Source:
    """The source.  Raises NotFound, naming those that there are."""
    found = {source.key: source for source in known}
    if key not in found:
        raise NotFound(f"no audit of «{key[:40]}»; there is that of: {', '.join(found)}")
    return found[key]


def read_lines(
    connection: Connection, known: Sequence[Source], question: Question, limit: int
) -> Page:
    """The lines that answer, of these sources only.  Raises NotFound: no such source."""
    asked = known if question.source is None else [source_named(question.source, known)]
    after = question.after
    told = {
        "start": question.start, "end": question.end, "who": question.who,
        "about": None if question.about is None else f"%{_escaped(question.about)}%",
        "at": after and after.at, "source": after and after.source,
        "number": after and after.number, "subject": after and after.subject,
        "limit": limit + 1,
    }  # fmt: skip
    rows = connection.execute(text(_statement(asked)), told).mappings()
    lines = tuple(Line(**row) for row in rows)
    shown = lines[:limit]
    return Page(shown, Place.of(shown[-1]) if len(lines) > limit else None)


def people(connection: Connection, known: Sequence[Source], question: Question) -> list[str]:
    """Who did anything in the time asked for, by name."""
    branches = " union ".join(
        f"select who from ({source.sql}) s where at >= :start and at < :end" for source in known
    )
    query = f"select distinct who from ({branches}) a where who <> '' order by who limit {_PEOPLE}"
    told = {"start": question.start, "end": question.end}
    return [str(who) for who in connection.scalars(text(query), told)]


def _statement(asked: Iterable[Source]) -> str:
    # Each source gives its own newest first: none is read to its end for a page.
    branches = " union all ".join(f"({_branch(source)})" for source in asked)
    return f"""
        select source, number, at, who, act, subject, before, after, why from ({branches}) a
        order by at desc, source desc, number desc, subject desc limit :limit
    """


def _branch(source: Source) -> str:
    return f"""
        select '{source.key}' as source, number, at, who, act, subject, before, after, why
        from ({source.sql}) s
        where at >= :start and at < :end
            and (cast(:who as text) is null or lower(who) = lower(:who))
            and (cast(:about as text) is null
                or concat_ws(' ', subject, before, after, why) ilike :about)
            and (cast(:at as timestamptz) is null
                or (at, '{source.key}', number, subject) < (:at, :source, :number, :subject))
        order by at desc, number desc, subject desc limit :limit
    """


def _escaped(about: str) -> str:
    """The text itself: no character of it stands for others."""
    return about.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
