"""Passwords: Argon2id, a few at a time, and no telling who exists by the time it takes."""

from __future__ import annotations

import asyncio
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerifyMismatchError

from app.errors import WrongUse

SHORTEST, LONGEST = 8, 1024
#: One hash takes 64 MiB: this many at once and no more.
AT_ONCE = 2

_hasher = PasswordHasher()


def hashed(password: str) -> str:
    """The hash to keep of a new password.  Raises WrongUse where it is too short or too long."""
    if not SHORTEST <= len(password) <= LONGEST:
        raise WrongUse(f"a password has {SHORTEST} to {LONGEST} characters")
    try:
        return _hasher.hash(password)
    except UnicodeEncodeError as error:
        raise WrongUse("the password is not valid Unicode") from error


def matches(password_hash: str | None, password: str) -> bool:
    """Does the password belong to the hash?  As slow for a user who does not exist (None)."""
    try:
        _hasher.verify(password_hash or _nobody(), password[:LONGEST])
    except (VerifyMismatchError, InvalidHashError, UnicodeEncodeError):
        return False
    return password_hash is not None


class Checker:
    """Checks passwords beside the event loop."""

    def __init__(self) -> None:
        self._turns = asyncio.Semaphore(AT_ONCE)

    async def matches(self, password_hash: str | None, password: str) -> bool:
        """As :func:`matches`, in a thread and in turn."""
        async with self._turns:
            return await asyncio.to_thread(matches, password_hash, password)


@cache
def _nobody() -> str:
    return _hasher.hash("nobody has this password")
