"""The security log: one line for each refusal, whoever refuses, with who, what and from where.

Who knows why tells :func:`refused`.  The gate writes the line that is still missing when an
answer of 401, 403 or 429 leaves: so a refusal has one line, never none and never two.  No line
holds a password, a token, a query or a body.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field

import structlog

#: Answers that refuse somebody.
REFUSING = frozenset({401, 403, 429})
_PATH_CHARS = 200
_log = structlog.get_logger("vigie.security")


@dataclass(slots=True)
class _Request:
    """What is known of the request at hand."""

    facts: dict[str, str] = field(default_factory=dict)
    told: bool = False


_request: ContextVar[_Request | None] = ContextVar("journal", default=None)


@contextmanager
def during(method: str, path: str, address: str) -> Iterator[None]:
    """The lines within are about that request."""
    facts = {"method": method, "path": path[:_PATH_CHARS], "address": address}
    token = _request.set(_Request(facts))
    try:
        yield
    finally:
        _request.reset(token)


def by(name: str) -> None:
    """The request at hand is that user's."""
    if (request := _request.get()) is not None:
        request.facts["user"] = name


def refused(event: str, **facts: object) -> None:
    """Write why somebody was refused; the first line of a request is its only one."""
    request = _request.get()
    if request is None:
        _log.warning(event, **facts)
    elif not request.told:
        request.told = True
        _log.warning(event, **{**request.facts, **facts})


def noted(event: str, **facts: object) -> None:
    """Write what changed who may get in: a login, another password, a token."""
    request = _request.get()
    _log.info(event, **{**(request.facts if request else {}), **facts})


def answered(status: int) -> None:
    """The answer leaves: write the line that nobody wrote."""
    if status in REFUSING:
        refused("refused", status=status)
