"""What a person chose stays chosen: the last filters of a page, columns, that the tour was seen.

One table, one row a person and place, seen and changed by that person alone.  The browser says
what it keeps (``assets/kept.js``) over ``/api/v1/me/choices``; it comes back with the frame of
the page.  It is a convenience: nothing is decided by it, and an address always wins over it.
"""

from __future__ import annotations

from datetime import datetime
from typing import TypeAlias

import msgspec
from sqlalchemy import Engine, delete, func, select
from sqlalchemy.dialects.postgresql import insert

from app.errors import Conflict, WrongUse
from app.kept.schema import kept_choices

#: Any JSON; small.
Choice: TypeAlias = "dict[str, Choice] | list[Choice] | str | int | float | bool | None"
PLACE_CHARS, CHOICE_CHARS = 120, 4000
#: So many places one person keeps something for.
MOST = 300


class Choices:
    """What one person keeps."""

    def __init__(self, engine: Engine, user: str) -> None:
        self._engine = engine
        self._mine = kept_choices.c.user_name == user
        self._user = user

    def all(self) -> dict[str, Choice]:
        """Every choice by its place."""
        query = select(kept_choices.c.place, kept_choices.c.choice).where(self._mine)
        with self._engine.connect() as connection:
            rows = connection.execute(query.order_by(kept_choices.c.place)).all()
        return {place: msgspec.json.decode(choice) for place, choice in rows}

    def put(self, place: str, choice: Choice, now: datetime) -> None:
        """Keep it instead of what was kept for that place.

        Raises WrongUse: a place without a name, more than a choice; Conflict: too many places.
        """
        told = msgspec.json.encode(choice).decode()
        if not 0 < len(place) <= PLACE_CHARS or not place.isprintable():
            raise WrongUse(f"a place has 1 to {PLACE_CHARS} printable characters")
        if len(told) > CHOICE_CHARS or "\\u0000" in told:
            raise WrongUse(f"a choice has at most {CHOICE_CHARS} characters of JSON, no U+0000")
        row = {"user_name": self._user, "place": place, "choice": told, "kept_at": now}
        statement = insert(kept_choices).values(**row)
        keys = [kept_choices.c.user_name, kept_choices.c.place]
        changed = {"choice": told, "kept_at": now}
        with self._engine.begin() as connection:
            connection.execute(statement.on_conflict_do_update(index_elements=keys, set_=changed))
            many = select(func.count()).select_from(kept_choices).where(self._mine)
            if (connection.scalar(many) or 0) > MOST:
                raise Conflict(f"{MOST} choices are kept already: forget them first")

    def forget(self, place: str | None = None) -> None:
        """What was kept for the place, or all of it, is not kept any more."""
        gone = delete(kept_choices).where(self._mine)
        if place is not None:
            gone = gone.where(kept_choices.c.place == place)
        with self._engine.begin() as connection:
            connection.execute(gone)
