"""One change of one setting: checked, compared with what was seen, kept by the part's own book."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime

from sqlalchemy import Connection, Row, text

from app.access.rights import refusal
from app.bootstrap import House
from app.decision import Decision
from app.errors import Forbidden
from app.exposure.model import Actor
from app.i18n import N_, date_time
from app.site.errors import ChangedMeanwhile, Refused
from app.site.part import Act, Asked, Foreseen, Part, Values, Version
from app.site.values import checked

#: What sets the locks of the settings apart from all others.
_OURS = 7301


def change(
    house: House, part: Part, values: Values, actor: Actor, decision: Decision,
    seen: int | None = None,
) -> str:  # fmt: skip
    """Put it in force; what became of it, as a message id.

    `seen` is the number of the newest version of that subject that the reader knew, 0 for none;
    None takes whatever is there.  Raises Forbidden, ChangedMeanwhile, and what the part refuses.
    """
    told = _allowed(part, values, actor)
    _require_why(decision)
    with _alone(house, part) as connection:
        if seen is not None:
            _require_unchanged(house, part, connection, part.subject(told), seen)
        return part.save(Act(house, told, actor, decision))


def foresee(
    house: House, part: Part, values: Values, actor: Actor, decision: Decision
) -> Foreseen | None:
    """What the change would do; None where the part cannot tell.

    Raises Forbidden, and what the part refuses.
    """
    if part.foresee is None:
        return None
    told = _allowed(part, values, actor)
    with house.database.engine.connect() as connection:
        asked = Asked(house, connection, decision.at, actor.within)
        return part.foresee(asked, told, decision)


def seen_now(connection: Connection, part: Part) -> dict[str, int]:
    """The number of the newest version of each subject: what somebody who looks now knows."""
    query = f"select subject, max(number) as number from ({part.versions}) v group by subject"
    return {row.subject: int(row.number) for row in connection.execute(text(query))}


def newer(connection: Connection, part: Part, seen: Mapping[str, int]) -> list[Version]:
    """The newest version of each subject that somebody who saw `seen` does not know."""
    query = f"""
        select distinct on (subject) number, at, who, act, subject, before, after, why
        from ({part.versions}) v order by subject, number desc
    """
    found = (Version(**row) for row in connection.execute(text(query)).mappings())
    return sorted(
        (one for one in found if one.number > seen.get(one.subject, 0)), key=lambda one: one.at
    )


def _newest(
    connection: Connection, part: Part, subject: str
) -> Row[tuple[int, str, datetime]] | None:
    query = f"select number, who, at from ({part.versions}) v where subject = :subject"
    found = connection.execute(text(f"{query} order by number desc limit 1"), {"subject": subject})
    return found.one_or_none()


def _allowed(part: Part, values: Values, actor: Actor) -> Values:
    """What is told, by somebody who may change it.  Raises Forbidden, Refused."""
    if not actor.may(part.right):
        raise Forbidden(refusal(part.right, f"{actor.name} lacks it"))
    told = checked(values, part.fields)
    actor.require_within(part.channels(told))
    return told


def _require_why(decision: Decision) -> None:
    if not decision.why.strip():
        raise Refused(N_("Say why: the reason is kept with the change."), "why")


def _require_unchanged(
    house: House, part: Part, connection: Connection, subject: str, seen: int
) -> None:
    last = _newest(connection, part, subject)
    if last is not None and last.number != seen:
        raise ChangedMeanwhile(last.who, date_time(last.at, house.settings.tz))


@contextmanager
def _alone(house: House, part: Part) -> Iterator[Connection]:
    """Nobody else changes the part through here meanwhile: what was compared still holds."""
    lock = int.from_bytes(hashlib.sha256(part.key.encode()).digest()[:3])
    with house.database.engine.begin() as connection:
        connection.execute(text("select pg_advisory_xact_lock(:ours, :lock)"),
                           {"ours": _OURS, "lock": lock})  # fmt: skip
        yield connection
