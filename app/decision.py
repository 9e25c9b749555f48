"""A decision on the site's settings that are data: who took it, why, and when."""

from __future__ import annotations

import getpass
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

from app.errors import WrongUse
from kpis.errors import WrongQuery

TEXT_CHARS = 500
WORD_CHARS = 200


@dataclass(frozen=True, slots=True)
class Decision:
    """Kept beside what it changed.  Raises WrongUse: nobody, unprintable, too long."""

    by: str
    why: str
    at: datetime

    def __post_init__(self) -> None:
        word("the actor", self.by)
        if len(self.why) > TEXT_CHARS or not self.why.isprintable():
            raise WrongUse(f"why: write at most {TEXT_CHARS} characters on one line")
        if self.at.tzinfo is None:
            raise WrongUse("the time of a decision needs a time zone")


def word(name: str, text: str) -> str:
    """A channel, queue or reason as it is kept.  Raises WrongUse."""
    if not 0 < len(text) <= WORD_CHARS or not text.isprintable() or text != text.strip():
        raise WrongUse(f"{name} «{text[:40]!a}»: write 1 to {WORD_CHARS} printable characters")
    return text


def of_command(actor: str | None, why: str, now: datetime) -> Decision:
    """The decision of whoever runs a command.  Raises WrongUse: a nobody."""
    try:
        return Decision(actor if actor is not None else getpass.getuser(), why, now)
    except (KeyError, OSError) as error:
        raise WrongUse("your account has no name here: say who you are with --actor") from error


@contextmanager
def wrong_use() -> Iterator[None]:
    """A WrongQuery of the KPIs is wrong use of a command.  Raises WrongUse."""
    try:
        yield
    except WrongQuery as error:
        raise WrongUse(str(error)) from error
