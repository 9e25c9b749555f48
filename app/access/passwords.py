"""Passwords: Argon2id, a few at a time, and no telling who exists by the time it takes."""

from __future__ import annotations

import asyncio
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerifyMismatchError

from app.access.weakness import weakness
from app.errors import WrongUse

SHORTEST, LONGEST = 8, 1024
#: One hash takes 64 MiB: this many at once and no more.
AT_ONCE = 2
#: Kept of who comes in by single sign-on only: no password has this hash.
NONE = "!"

_hasher = PasswordHasher()


class WeakPassword(WrongUse):
    """Not a password to keep; `code` says why: length, unicode, or of ``weakness``."""

    def __init__(self, code: str, words: str) -> None:
        super().__init__(words)
        self.code = code


def hashed(password: str, name: str = "") -> str:
    """The hash to keep of a new password of that user.  Raises WeakPassword."""
    if not SHORTEST <= len(password) <= LONGEST:
        raise WeakPassword("length", f"a password has {SHORTEST} to {LONGEST} characters")
    if (found := weakness(password, name)) is not None:
        raise WeakPassword(found.code, found.words)
    try:
        return _hasher.hash(password)
    except UnicodeEncodeError as error:
        raise WeakPassword("unicode", "the password is not valid Unicode") from error


def matches(password_hash: str | None, password: str) -> bool:
    """Does the password belong to the hash?

    As slow for a user who does not exist (None) or who has no password.
    """
    known = None if password_hash == NONE else password_hash
    try:
        _hasher.verify(known or _nobody(), password[:LONGEST])
    except (VerifyMismatchError, InvalidHashError, UnicodeEncodeError):
        return False
    return known is not None


def outdated(password_hash: str) -> bool:
    """Was it hashed more cheaply than is right today?  Then it is hashed anew at the login."""
    return _hasher.check_needs_rehash(password_hash)


def rehashed(password: str) -> str:
    """The same password at today's price; it was accepted before, so it is not judged again."""
    return _hasher.hash(password[:LONGEST])


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
