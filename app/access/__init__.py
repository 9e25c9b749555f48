"""Who is there, and what they may do: users, roles, sessions, tokens.

The gate (:mod:`app.access.gate`) stands before every request and every WebSocket: it finds
out who asks, from the session cookie or a bearer token, and leaves the answer in a context
variable that follows the request into handlers, callbacks and threads.  What a role may is
one matrix (:mod:`app.access.rights`), of which sites and channels is their scope
(:mod:`app.access.scopes`).  Code asks :func:`current`, :func:`require` and :func:`scope`; FastAPI
handlers take the types of :mod:`app.access.guard`.
"""

from __future__ import annotations

from contextvars import ContextVar, Token
from dataclasses import dataclass
from typing import TYPE_CHECKING

from app.access import journal
from app.access.proof import proven_until
from app.access.rights import ROLES, Right, Role, cuttable, has, refusal
from app.access.scopes import EVERYTHING, Scope
from app.errors import AppError, Conflict, Forbidden, WrongUse
from app.present import looked_at

if TYPE_CHECKING:
    from app.exposure.model import Actor

_current: ContextVar[User | None] = ContextVar("user", default=None)


class Unauthenticated(AppError):
    """Nobody is logged in.  Status 401."""

    status = 401


@dataclass(frozen=True, slots=True)
class User:
    """A person, or a program holding that person's token."""

    name: str
    role: Role
    #: Of which sites and channels.
    scope: Scope = EVERYTHING
    #: No more than these of the role's rights, as a token may say; None: all of them.
    rights: frozenset[Right] | None = None

    def may(self, right: Right) -> bool:
        """Does this user have the right?"""
        told = self.rights is None or right in self.rights
        return told and has(self.role, right) and cuttable(right, self.scope)

    def actor(self) -> Actor:
        """This user as the author of a change of exposure."""
        from app.exposure.model import Actor

        return Actor(
            "user", self.name, (self.role,), within=self.scope, proven_until=proven_until()
        )


def role_named(name: str) -> Role:
    """The role of that name.  Raises WrongUse, naming those that exist."""
    for role in ROLES:
        if role == name:
            return role
    raise WrongUse(f"no role «{name}»; there are: {', '.join(ROLES)}")


def current() -> User | None:
    """Who asks in this request; None where nobody is logged in."""
    return _current.get()


def scope() -> Scope:
    """Of which sites and channels the one who asks may see; everything where nobody asks."""
    return EVERYTHING if (user := current()) is None else user.scope


def may(right: Right) -> bool:
    """Has whoever asks the right?  Where nobody asks, nobody has."""
    return (user := current()) is not None and user.may(right)


def require(right: Right) -> User:
    """The user of this request, who has the right.

    Raises Unauthenticated where nobody is logged in, Forbidden where the right is missing,
    which the security log then tells; Conflict where the past is looked at, which nobody changes.
    """
    if (user := current()) is None:
        raise Unauthenticated("log in first")
    if not user.may(right):
        if looked_at() is not None and has(user.role, right):
            raise Conflict("this is the past, where nothing can be changed: go back to now first")
        journal.refused("forbidden", user=user.name, role=user.role, right=right)
        limits = "" if user.scope.whole else f", limited to {user.scope.words()}"
        raise Forbidden(refusal(right, f"«{user.name}» is {user.role}{limits}"))
    return user


def enter(user: User | None) -> Token[User | None]:
    """Make it the user of this context."""
    return _current.set(user)


def leave(token: Token[User | None]) -> None:
    """Undo `enter`."""
    _current.reset(token)
