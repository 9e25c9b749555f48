"""The house of the request at hand, for API handlers and for Dash callbacks.

The gate (:mod:`app.access.gate`) sets it once for every request; it follows the request
into ``async`` callbacks and into ``asyncio.to_thread``.
"""

from __future__ import annotations

from contextvars import ContextVar, Token
from typing import Annotated

from fastapi import Depends
from starlette.requests import HTTPConnection

from app.bootstrap import House
from app.present import looked_at

_house: ContextVar[House] = ContextVar("house")


def house(connection: HTTPConnection) -> House:
    """FastAPI dependency: the house that the application was created with, or as it was."""
    if looked_at() is not None:
        return current_house()
    found = connection.app.state.house
    assert isinstance(found, House)
    return found


#: Parameter type of a handler: ``def read(house: HouseDep) -> …``.
HouseDep = Annotated[House, Depends(house)]


def current_house() -> House:
    """The house of the running request; for Dash callbacks and layouts.

    Raises LookupError outside of a request.
    """
    return _house.get()


def enter(opened: House) -> Token[House]:
    """Make it the current house of this context."""
    return _house.set(opened)


def leave(token: Token[House]) -> None:
    """Undo `enter`."""
    _house.reset(token)
