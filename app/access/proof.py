"""Showing once more who one is before a channel is closed: `[access] proof_minutes`.

The gate notes for each request until when the proof of its session holds; the exposure service
asks the actor where a change closes, and :class:`ProofNeeded` reaches the browser as a 403 whose
`type` is `PROBLEM`: ``assets/proof.js`` then asks for a code or the password, shows it at
``/proof`` and sends the change again.  Bearer tokens are not asked: they are made on purpose,
with rights and an end of their own.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import datetime, timedelta

from app.errors import Forbidden

#: The type of the problem document, for whoever can ask for the proof and try again.
PROBLEM = "/problems/proof-needed"

_until: ContextVar[datetime | None] = ContextVar("proven_until", default=None)


class ProofNeeded(Forbidden):
    """The last proof of who this is has become too old.  Status 403."""

    @property
    def more(self) -> Mapping[str, object]:
        return {"type": PROBLEM}


@contextmanager
def shown(proved_at: datetime | None, holds: timedelta | None) -> Iterator[None]:
    """Within, the proof of that moment holds so long; for ever where either is None."""
    until = None if proved_at is None or holds is None else proved_at + holds
    token = _until.set(until)
    try:
        yield
    finally:
        _until.reset(token)


def require_recent(now: datetime) -> None:
    """Raises ProofNeeded where whoever asks has not shown for too long who they are."""
    if (until := proven_until()) is not None and now >= until:
        raise ProofNeeded("this needs a fresh proof of who you are: POST it to /proof")


def proven_until() -> datetime | None:
    """Until when whoever asks now may close without showing who they are; None: for ever."""
    return _until.get()
