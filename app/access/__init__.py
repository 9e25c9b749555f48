"""Who is there, and what they may do: users, roles, sessions, tokens.

The gate (:mod:`app.access.gate`) stands before every request and every WebSocket: it finds
out who asks, from the session cookie or a bearer token, and leaves the answer in a context
variable that follows the request into handlers, callbacks and threads.  Code asks
:func:`current` and :func:`require`; FastAPI handlers take the types of
:mod:`app.access.guard`.
"""

from __future__ import annotations

from contextvars import ContextVar, Token
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, get_args

from app.errors import AppError, Forbidden, WrongUse

if TYPE_CHECKING:
    from app.exposure.model import Actor

Role = Literal["viewer", "operator"]
#: From the one who may least; each may what those before it may.
ROLES: tuple[Role, ...] = get_args(Role)

_current: ContextVar[User | None] = ContextVar("user", default=None)


class Unauthenticated(AppError):
    """Nobody is logged in.  Status 401."""

    status = 401


@dataclass(frozen=True, slots=True)
class User:
    """A person, or a program holding that person's token."""

    name: str
    role: Role

    def may(self, role: Role) -> bool:
        """Does this user hold the role, or a greater one?"""
        return ROLES.index(self.role) >= ROLES.index(role)

    @property
    def roles(self) -> tuple[Role, ...]:
        """Every role held: an operator is also a viewer."""
        return ROLES[: ROLES.index(self.role) + 1]

    def actor(self) -> Actor:
        """This user as the author of a change of exposure."""
        from app.exposure.model import Actor

        return Actor("user", self.name, self.roles)


def role_named(name: str) -> Role:
    """The role of that name.  Raises WrongUse, naming those that exist."""
    for role in ROLES:
        if role == name:
            return role
    raise WrongUse(f"no role «{name}»; there are: {', '.join(ROLES)}")


def current() -> User | None:
    """Who asks in this request; None where nobody is logged in."""
    return _current.get()


def require(role: Role) -> User:
    """The user of this request, who holds the role.

    Raises Unauthenticated where nobody is logged in, Forbidden where the role is missing.
    """
    if (user := current()) is None:
        raise Unauthenticated("log in first")
    if not user.may(role):
        raise Forbidden(f"this needs the role «{role}»; «{user.name}» is {user.role}")
    return user


def enter(user: User | None) -> Token[User | None]:
    """Make it the user of this context."""
    return _current.set(user)


def leave(token: Token[User | None]) -> None:
    """Undo `enter`."""
    _current.reset(token)
