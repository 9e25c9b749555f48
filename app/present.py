"""Which moment a request looks at: the present, or a past one (:mod:`app.travel`)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime

Clock = Callable[[], datetime]
_looked_at: ContextVar[datetime | None] = ContextVar("looked_at", default=None)
_clock: ContextVar[Clock] = ContextVar("clock", default=lambda: datetime.now(UTC))


def looked_at() -> datetime | None:
    """The past moment that the running request looks at; None: the present."""
    return _looked_at.get()


def current_moment() -> datetime:
    """The moment that the running request looks at: now, where it is not the past."""
    return _looked_at.get() or _clock.get()()


@contextmanager
def by_clock(clock: Clock) -> Iterator[None]:
    """Make it the clock of this context."""
    token = _clock.set(clock)
    try:
        yield
    finally:
        _clock.reset(token)


@contextmanager
def looking_at(then: datetime) -> Iterator[None]:
    """Make it the moment of this context."""
    token = _looked_at.set(then)
    try:
        yield
    finally:
        _looked_at.reset(token)
