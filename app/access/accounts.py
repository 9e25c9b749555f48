"""Users and their API tokens, as rows."""

from __future__ import annotations

import hashlib
import re
import secrets
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Column, ColumnElement, Engine, Row, delete, func, insert, select, update

from app.access import User, role_named
from app.access.passwords import NONE, hashed, rehashed
from app.access.rights import RIGHTS, Right, Role
from app.access.schema import api_tokens, sessions, users
from app.access.scopes import EVERYTHING, Scope, scope_of
from app.errors import Conflict, NotFound, WrongUse

#: Tells a Vigie token from any other secret, also to programs that look for leaked ones.
TOKEN_PREFIX = "vigie_"
LABEL_CHARS = 80
_HANDLE_CHARS = 16
_NOTE_EVERY = timedelta(hours=1)
NAME_CHARS = 64
_NAME = re.compile(rf"[\w.@+-]{{1,{NAME_CHARS}}}")


@dataclass(frozen=True, slots=True)
class Account:
    """A row of ``users`` as a person may see it."""

    name: str
    role: Role
    scope: Scope
    created_at: datetime
    disabled_at: datetime | None


@dataclass(frozen=True, slots=True)
class TokenRow:
    """A bearer token as its owner may see it: the token itself is nowhere."""

    #: Names the token; opens nothing.
    handle: str
    label: str
    #: None: all rights of its user.
    rights: Sequence[str] | None
    created_at: datetime
    expires_at: datetime
    #: To the hour.
    last_used_at: datetime | None


def user_columns() -> tuple[Column[object], ...]:
    """What :func:`user_of` needs of the table ``users``."""
    return (users.c.name, users.c.role, users.c.sites, users.c.channels)


def user_of(row: Row[*tuple[object, ...]], rights: Collection[Right] | None = None) -> User:
    """The user of a row with `user_columns`; `rights`: no more than these."""
    narrowed = None if rights is None else frozenset(rights)
    return User(row.name, role_named(row.role), scope_of(row.sites, row.channels), narrowed)


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

    def add(
        self, name: str, role: str, password: str | None, now: datetime, scope: Scope = EVERYTHING
    ) -> User:
        """A new user; without a password, for single sign-on only.

        Raises Conflict where there is one of that name, WeakPassword.
        """
        from sqlalchemy.exc import IntegrityError

        row = {
            "name": called(name), "role": role_named(role), "created_at": now,
            "sites": scope.sites, "channels": scope.channels,
        }  # fmt: skip
        kept = NONE if password is None else hashed(password, called(name))
        try:
            with self._engine.begin() as connection:
                connection.execute(insert(users).values(**row, password_hash=kept))
        except IntegrityError as error:
            raise Conflict(f"there is a user «{row['name']}» already") from error
        return User(called(name), role_named(role), scope)

    def everyone(self) -> list[Account]:
        """Every user, by name."""
        columns = (*user_columns(), users.c.created_at, users.c.disabled_at)
        with self._engine.connect() as connection:
            rows = connection.execute(select(*columns).order_by(users.c.name)).all()
        return [
            Account(user.name, user.role, user.scope, row.created_at, row.disabled_at)
            for row, user in ((row, user_of(row)) for row in rows)
        ]

    def set_role(self, name: str, role: str) -> None:
        """Another role; whoever is logged in under the name is logged out.  Raises NotFound."""
        self._change(name, role=role_named(role))

    def set_scope(self, name: str, scope: Scope) -> None:
        """Other sites and channels; whoever is logged in under the name is logged out.

        Raises NotFound.
        """
        self._change(name, sites=scope.sites, channels=scope.channels)

    def set_password(self, name: str, password: str) -> None:
        """Another password; whoever is logged in under the name is logged out."""
        self._change(name, password_hash=hashed(password, called(name)))

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
        query = select(*user_columns(), users.c.password_hash).where(
            users.c.name == name.lower(), users.c.disabled_at.is_(None)
        )
        with self._engine.connect() as connection:
            row = connection.execute(query).one_or_none()
        return None if row is None else (user_of(row), row.password_hash)

    def rehash(self, name: str, was: str, password: str) -> None:
        """Keep the same password at today's price, unless it was changed meanwhile."""
        same = update(users).where(users.c.name == name, users.c.password_hash == was)
        with self._engine.begin() as connection:
            connection.execute(same.values(password_hash=rehashed(password)))

    def new_token(
        self, name: str, now: datetime, lasts: timedelta, *, label: str = "",
        rights: Collection[str] | None = None,
    ) -> str:  # fmt: skip
        """A bearer token, readable this once, with the user's rights or some of them.

        Raises NotFound for nobody, WrongUse for a right that there is not.
        """
        if self.credentials(called(name)) is None:
            raise _nobody(name)
        token = TOKEN_PREFIX + secrets.token_urlsafe(32)
        row = {
            "token_hash": digest(token), "user_name": called(name), "created_at": now,
            "expires_at": now + lasts, "label": _label(label),
            "rights": None if rights is None else rights_named(rights),
        }  # fmt: skip
        with self._engine.begin() as connection:
            connection.execute(insert(api_tokens).values(**row))
        return token

    def of_token(self, token: str, now: datetime) -> User | None:
        """Whose token it is, while it is valid, with the rights that both have."""
        query = select(*user_columns(), api_tokens.c.rights, api_tokens.c.last_used_at).where(
            api_tokens.c.token_hash == digest(token),
            api_tokens.c.user_name == users.c.name,
            api_tokens.c.expires_at > now,
            users.c.disabled_at.is_(None),
        )
        with self._engine.connect() as connection:
            row = connection.execute(query).one_or_none()
        if row is None:
            return None
        if row.last_used_at is None or row.last_used_at <= now - _NOTE_EVERY:
            self._used(token, now)
        return user_of(row, row.rights)

    def tokens(self, name: str, now: datetime) -> list[TokenRow]:
        """The tokens of a user that are valid, the newest first."""
        mine = (api_tokens.c.user_name == called(name), api_tokens.c.expires_at > now)
        columns = (
            _handle(), api_tokens.c.label, api_tokens.c.rights, api_tokens.c.created_at,
            api_tokens.c.expires_at, api_tokens.c.last_used_at,
        )  # fmt: skip
        query = select(*columns).where(*mine).order_by(api_tokens.c.created_at.desc())
        with self._engine.connect() as connection:
            return [TokenRow(*row) for row in connection.execute(query)]

    def revoke_token(self, name: str, handle: str) -> int:
        """The token opens nothing any more; how many there were (0 or 1)."""
        one = delete(api_tokens).where(
            api_tokens.c.user_name == called(name), _handle() == handle.ljust(_HANDLE_CHARS)
        )
        with self._engine.begin() as connection:
            return connection.execute(one).rowcount

    def _change(self, name: str, **values: object) -> None:
        """Change the user's row, and end what was opened under the old one."""
        with self._engine.begin() as connection:
            change = update(users).where(users.c.name == called(name))
            if not connection.execute(change.values(**values)).rowcount:
                raise _nobody(name)
            connection.execute(delete(sessions).where(sessions.c.user_name == called(name)))

    def _used(self, token: str, now: datetime) -> None:
        note = update(api_tokens).where(api_tokens.c.token_hash == digest(token))
        with self._engine.begin() as connection:
            connection.execute(note.values(last_used_at=now))


def rights_named(names: Collection[str]) -> list[Right]:
    """The rights of these names.  Raises WrongUse, naming those that exist."""
    found = [right for right in RIGHTS if right in names]
    if wrong := sorted(set(names) - set(found)):
        raise WrongUse(f"no right «{wrong[0]}»; there are: {', '.join(RIGHTS)}")
    if not found:
        raise WrongUse("name a right at least, or leave them out: then the token has all of them")
    return found


def _handle() -> ColumnElement[str]:
    return func.left(func.encode(api_tokens.c.token_hash, "hex"), _HANDLE_CHARS)


def _label(told: str) -> str:
    label = " ".join(told.split())
    if len(label) > LABEL_CHARS or not label.isprintable():
        raise WrongUse(f"what a token is for is told in {LABEL_CHARS} printable characters at most")
    return label


def _nobody(name: str) -> NotFound:
    return NotFound(f"no user «{name}» can log in; see `vigie user list`")
