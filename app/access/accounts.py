"""Users and their API tokens, as rows."""

from __future__ import annotations

import hashlib
import re
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Engine, delete, insert, select, update

from app.access import User, role_named
from app.access.passwords import hashed
from app.access.rights import Role
from app.access.schema import api_tokens, sessions, users
from app.errors import Conflict, NotFound, WrongUse

#: Tells a Vigie token from any other secret, also to programs that look for leaked ones.
TOKEN_PREFIX = "vigie_"
NAME_CHARS = 64
_NAME = re.compile(rf"[\w.@+-]{{1,{NAME_CHARS}}}")


@dataclass(frozen=True, slots=True)
class Account:
    """A row of ``users`` as a person may see it."""

    name: str
    role: Role
    created_at: datetime
    disabled_at: datetime | None


def digest(secret: str) -> bytes:
    """What is kept of a secret that is random enough to need no slow hash."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).digest()


def called(name: str) -> str:
    """The name under which a user is kept.  Raises WrongUse."""
    if not _NAME.fullmatch(name):
        raise WrongUse("a user name has 1 to 64 letters, digits or . _ @ + -")
    return name.lower()


class Accounts:
    """Adding, reading and disabling users."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def add(self, name: str, role: str, password: str, now: datetime) -> User:
        """A new user.  Raises Conflict where there is one of that name."""
        from sqlalchemy.exc import IntegrityError

        row = {"name": called(name), "role": role_named(role), "created_at": now}
        try:
            with self._engine.begin() as connection:
                connection.execute(insert(users).values(**row, password_hash=hashed(password)))
        except IntegrityError as error:
            raise Conflict(f"there is a user «{row['name']}» already") from error
        return User(called(name), role_named(role))

    def everyone(self) -> list[Account]:
        """Every user, by name."""
        columns = (users.c.name, users.c.role, users.c.created_at, users.c.disabled_at)
        with self._engine.connect() as connection:
            rows = connection.execute(select(*columns).order_by(users.c.name)).all()
        return [Account(*row) for row in rows]

    def set_password(self, name: str, password: str) -> None:
        """Another password; whoever is logged in under the name is logged out."""
        change = update(users).values(password_hash=hashed(password))
        with self._engine.begin() as connection:
            if not connection.execute(change.where(users.c.name == called(name))).rowcount:
                raise _nobody(name)
            connection.execute(delete(sessions).where(sessions.c.user_name == called(name)))

    def disable(self, name: str, now: datetime) -> None:
        """Lock the user out: at once, everywhere, tokens too.  Raises NotFound."""
        with self._engine.begin() as connection:
            change = update(users).where(users.c.name == called(name))
            if not connection.execute(change.values(disabled_at=now)).rowcount:
                raise _nobody(name)
            for table in (sessions, api_tokens):
                connection.execute(delete(table).where(table.c.user_name == called(name)))

    def credentials(self, name: str) -> tuple[User, str] | None:
        """The user and password hash to log in against; None for nobody or a disabled one."""
        query = select(users.c.role, users.c.password_hash).where(
            users.c.name == name.lower(), users.c.disabled_at.is_(None)
        )
        with self._engine.connect() as connection:
            row = connection.execute(query).one_or_none()
        return None if row is None else (User(name.lower(), role_named(row[0])), row[1])

    def new_token(self, name: str, now: datetime, lasts: timedelta) -> str:
        """A bearer token with the user's role, readable this once.  Raises NotFound."""
        if self.credentials(called(name)) is None:
            raise _nobody(name)
        token = TOKEN_PREFIX + secrets.token_urlsafe(32)
        row = {"user_name": called(name), "created_at": now, "expires_at": now + lasts}
        with self._engine.begin() as connection:
            connection.execute(insert(api_tokens).values(token_hash=digest(token), **row))
        return token

    def of_token(self, token: str, now: datetime) -> User | None:
        """Whose token it is, while it is valid."""
        query = select(users.c.name, users.c.role).where(
            api_tokens.c.token_hash == digest(token),
            api_tokens.c.user_name == users.c.name,
            api_tokens.c.expires_at > now,
            users.c.disabled_at.is_(None),
        )
        with self._engine.connect() as connection:
            row = connection.execute(query).one_or_none()
        return None if row is None else User(row[0], role_named(row[1]))


def _nobody(name: str) -> NotFound:
    return NotFound(f"no user «{name}» can log in; see `vigie user list`")
