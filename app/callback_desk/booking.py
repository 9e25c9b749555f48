"""A wish takes a place in a slot and is told as an event: both in one transaction, once.

The place is counted by a statement that gives none where the slot is full, and a CHECK stands
behind it: any number of processes may book at once.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

import msgspec
from msgspec import Meta
from sqlalchemy import select

from app.bootstrap import House
from app.callback_desk.capacity import Slot
from app.callback_desk.facts import SOURCE, Told, promised
from app.callback_desk.numbers import Number, number_of
from app.callback_desk.planning import Planner
from app.callback_desk.schema import callbacks
from app.errors import AppError
from ingest.events import Identity
from ingest.store import Cursor, Known

_Word = Annotated[str, Meta(max_length=200)] | None
#: Ids as programs make them: nothing that a database could not keep.
_PLAIN = "^[!-~]+$"
_NAME_CHARS = 80

_BOOK = """
insert into callbacks (
    id, request_id, pool, start_at, end_at, reason, language, surface, name, phone, phone_masked,
    number_key, state, booked_at, due_at, tried, tries
) values (
    %(id)s, %(request_id)s, %(pool)s, %(start)s, %(end)s, %(reason)s, %(language)s, %(surface)s,
    %(name)s, %(e164)s, %(masked)s, %(key)s, 'open', %(now)s, %(start)s, 0, %(tries)s
) on conflict do nothing returning id
"""
#: The row's lock makes those who want the last place queue; `capacity` is as planned now.
_TAKE = """
insert into callback_slots as s (pool, start_at, capacity, booked)
select %(pool)s, %(start)s, %(capacity)s, 1 where %(capacity)s > 0
on conflict (pool, start_at) do update set booked = s.booked + 1, capacity = excluded.capacity
where s.booked < excluded.capacity
returning booked
"""


class Wish(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A customer wants to be called in the slot that begins at `start`.

    `request_id`: any steady id of this wish, so that telling it again books nothing more.
    """

    phone: Annotated[str, Meta(max_length=200)]
    start: Annotated[datetime, Meta(tz=True)]
    request_id: Annotated[str, Meta(min_length=8, max_length=200, pattern=_PLAIN)]
    reason: _Word = None
    language: _Word = None
    name: _Word = None
    surface: _Word = None
    visitor: Annotated[str, Meta(max_length=200, pattern=_PLAIN)] | None = None

    @property
    def spoken(self) -> str:
        """fr, or en where English is asked for."""
        told = self.language or ""
        return "en" if told[:2].lower() == "en" and told[2:3] in ("", "-") else "fr"


class Booked(msgspec.Struct, frozen=True):
    """The callback of a wish."""

    id: str
    start: datetime
    end: datetime


class WrongNumber(AppError):
    """No number that can be called back.  Status 422."""

    status = 422


class WrongName(AppError):
    """A name that nobody could read out.  Status 422."""

    status = 422


class SlotFull(AppError):
    """That slot takes nobody any more, or is none.  Status 409; `slots` do."""

    status = 409

    def __init__(self, words: str, slots: Sequence[Slot]) -> None:
        super().__init__(words)
        self.slots = slots


class OtherWish(AppError):
    """The request id is that of another wish.  Status 409."""

    status = 409


class AlreadyWaiting(AppError):
    """The number has an open callback for that reason.  Status 409."""

    status = 409


@dataclass(frozen=True, slots=True)
class Bookings:
    """Books in one house."""

    house: House
    planner: Planner

    def book(self, wish: Wish, now: datetime) -> Booked:
        """The callback of the wish, the same one however often it is told.

        Raises WrongNumber, WrongName, SlotFull, OtherWish, AlreadyWaiting, DatabaseUnavailable.
        """
        number, name = self._number(wish), _name(wish.name)
        plan = self.planner.plan(now)
        reason = plan.reason(wish.reason)
        if (known := self._known(wish, number, reason)) is not None:
            return known
        slot = next((one for one in plan.slots(reason, now) if one.start == wish.start), None)
        if slot is None:
            raise SlotFull("no such slot", self.planner.free(plan, reason, now))
        told = Told(uuid.uuid4().hex, slot.start, slot.end, reason)
        surface = plan.surface(wish.surface)
        row = {
            **msgspec.structs.asdict(told), **msgspec.structs.asdict(number),
            "request_id": wish.request_id, "pool": slot.pool, "capacity": slot.capacity,
            "language": wish.spoken, "surface": surface, "name": name,
            "tries": plan.book[slot.pool].tries, "now": now,
        }  # fmt: skip
        event = promised(told, now, surface, _identities(number, wish.visitor))
        try:
            self.house.store.write(SOURCE, [event], now=now, also=_taking(row))
        except _Full:
            raise SlotFull("the slot is full", self.planner.free(plan, reason, now)) from None
        except _Twice:
            return self._told_before(wish, number, reason)
        return Booked(told.id, told.start, told.end)

    def _number(self, wish: Wish) -> Number:
        settings = self.house.settings
        number = number_of(wish.phone, settings.secret_key, settings.region)
        if number is None:
            raise WrongNumber("no number that can be called back")
        return number

    def _told_before(self, wish: Wish, number: Number, reason: str) -> Booked:
        if (known := self._known(wish, number, reason)) is not None:
            return known
        raise AlreadyWaiting("this number has a callback for that already")

    def _known(self, wish: Wish, number: Number, reason: str) -> Booked | None:
        """The callback that this wish has become.  Raises OtherWish."""
        c = callbacks.c
        found = select(c.id, c.start_at, c.end_at, c.reason, c.number_key).where(
            c.request_id == wish.request_id
        )
        with self.house.database.engine.connect() as connection:
            row = connection.execute(found).one_or_none()
        if row is None:
            return None
        # A number that is forgotten cannot be compared any more.
        same = row.number_key in (number.key, None) and row.reason == reason
        if row.start_at != wish.start or not same:
            raise OtherWish("that request_id is the one of another wish: take a new one")
        return Booked(row.id, row.start_at, row.end_at)


class _Full(Exception):
    """Undoes the batch: no place."""


class _Twice(Exception):
    """Undoes the batch: the wish, or the number, has its callback."""


def _taking(row: dict[str, object]) -> Callable[[Cursor, Known], None]:
    """What belongs to the event's transaction."""

    def take(at: Cursor, _known: Known) -> None:
        if at.execute(_BOOK, row).fetchone() is None:
            raise _Twice
        if at.execute(_TAKE, row).fetchone() is None:
            raise _Full

    return take


def _identities(number: Number, visitor: str | None) -> tuple[Identity, ...]:
    cookie = (Identity("cookie", visitor),) if visitor else ()
    return (Identity("phone", number.e164), *cookie)


def _name(told: str | None) -> str | None:
    """Raises WrongName."""
    name = " ".join((told or "").split())
    if len(name) > _NAME_CHARS or not name.isprintable():
        raise WrongName(f"a name has at most {_NAME_CHARS} characters")
    return name or None
