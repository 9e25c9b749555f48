"""The house of the request at hand, for API handlers and for Dash callbacks.

The gate (:mod:`app.access.gate`) sets it once for every request; it follows the request
into ``async`` callbacks and into ``asyncio.to_thread``.  Whoever is limited to sites and channels
reads a house that is cut to them (:mod:`app.seen`); what is changed is changed in the whole one.
"""

from __future__ import annotations

from contextvars import ContextVar, Token
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends
from starlette.requests import HTTPConnection

from app.bootstrap import House

_READS = frozenset({"GET", "HEAD", "OPTIONS"})


@dataclass(frozen=True, slots=True)
class _Houses:
    """What is read, and what is changed."""

    seen: House
    whole: House


_houses: ContextVar[_Houses] = ContextVar("houses")


def house(connection: HTTPConnection) -> House:
    """FastAPI dependency: what the one who asks sees; the whole house for a change.

    Outside of the gate (the hub alone) it is the house that the application was created with.
    """
    houses = _houses.get(None)
    if houses is None:
        found = connection.app.state.house
        assert isinstance(found, House)
        return found
    scope = connection.scope
    reading = scope.get("method", "GET") in _READS or scope["path"] in connection.app.state.reading
    return houses.seen if reading else houses.whole


#: Parameter type of a handler: ``def read(house: HouseDep) -> …``.
HouseDep = Annotated[House, Depends(house)]


def current_house() -> House:
    """The house of the running request, for Dash callbacks and layouts: to read only.

    Raises LookupError outside of a request.
    """
    return _houses.get().seen


def acting_house() -> House:
    """The whole house of the running request, for callbacks that change something in it.

    Raises LookupError outside of a request.
    """
    return _houses.get().whole


def found_house() -> House | None:
    """The house of the running request; None outside of one."""
    houses = _houses.get(None)
    return None if houses is None else houses.seen


def whole_of(seen: House) -> House:
    """The whole house behind one that is seen; itself outside of a request, as in a command."""
    houses = _houses.get(None)
    return seen if houses is None else houses.whole


def enter(opened: House) -> Token[_Houses]:
    """Make it the current house of this context."""
    return _houses.set(_Houses(opened, opened))


def see(seen: House) -> Token[_Houses]:
    """Make it what is read in this context; what is changed stays the same."""
    return _houses.set(_Houses(seen, _houses.get().whole))


def leave(token: Token[_Houses]) -> None:
    """Undo `enter` or `see`."""
    _houses.reset(token)
