"""Sessions: one row a login; the cookie holds a random id, the table only its hash."""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from sqlalchemy import ColumnElement, Engine, delete, func, insert, select, update

from app.access import User
from app.access.accounts import digest, user_columns, user_of
from app.access.schema import sessions, users

#: A session ends this long after the login, and this long after it was last used.
LONGEST = timedelta(hours=12)
IDLE = timedelta(hours=2)
_NOTE_EVERY = timedelta(minutes=1)
#: As much of a browser's name as its owner needs to know it again.
_BROWSER_CHARS = 200
_HANDLE_CHARS = 16

Way = Literal["password", "code", "single sign-on"]


@dataclass(frozen=True, slots=True)
class Arrival:
    """How somebody came in, from where and with what."""

    way: Way = "password"
    address: str = ""
    browser: str = ""
    #: When they showed who they are; None: just now.
    proved_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Known:
    """Who holds a session, and when its owner last showed a password or a code."""

    user: User
    proved_at: datetime


@dataclass(frozen=True, slots=True)
class SessionRow:
    """A session as its owner and the administrators may see it."""

    #: Names the session; opens nothing.
    handle: str
    user_name: str
    created_at: datetime
    last_seen_at: datetime
    expires_at: datetime
    way: str
    address: str
    browser: str


class Sessions:
    """Opening, recognising and ending sessions."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def open(self, user: User, now: datetime, arrival: Arrival | None = None) -> str:
        """A new session; answers the id for the cookie.  Expired ones are swept on the way."""
        session_id = secrets.token_urlsafe(32)
        how = arrival or Arrival()
        row = {
            "id_hash": digest(session_id), "user_name": user.name, "role": user.role,
            "created_at": now, "last_seen_at": now, "expires_at": now + LONGEST,
            "proved_at": how.proved_at or now,
            "way": how.way, "address": _printable(how.address), "browser": _printable(how.browser),
        }  # fmt: skip
        with self._engine.begin() as connection:
            connection.execute(delete(sessions).where(sessions.c.expires_at <= now))
            connection.execute(insert(sessions).values(**row))
        return session_id

    def find(self, session_id: str, now: datetime) -> Known | None:
        """Who holds the session; None once it has ended.

        It ends with the role that it was opened by: another role begins with a new id.
        """
        query = select(*user_columns(), sessions.c.last_seen_at, sessions.c.proved_at).where(
            sessions.c.id_hash == digest(session_id),
            sessions.c.user_name == users.c.name,
            sessions.c.role == users.c.role,
            users.c.disabled_at.is_(None),
            *_lasting(now),
        )
        with self._engine.connect() as connection:
            row = connection.execute(query).one_or_none()
        if row is None:
            return None
        if row.last_seen_at <= now - _NOTE_EVERY:
            self._note(session_id, last_seen_at=now)
        return Known(user_of(row), row.proved_at)

    def stay(self, session_id: str, now: datetime) -> None:
        """Prolong the session of a viewer, who changes nothing: for a screen on the wall.

        It still ends once it is not used for `IDLE`, and with its user.
        """
        viewers = select(users.c.name).where(users.c.role == "viewer")
        prolonged = update(sessions).where(
            sessions.c.id_hash == digest(session_id),
            sessions.c.user_name.in_(viewers),
            sessions.c.expires_at > now,
            sessions.c.expires_at < now + LONGEST - IDLE,
        )
        with self._engine.begin() as connection:
            connection.execute(prolonged.values(expires_at=now + LONGEST))

    def proved(self, session_id: str, now: datetime) -> None:
        """Its owner has just shown a password or a code again."""
        self._note(session_id, proved_at=now)

    def end(self, session_id: str) -> None:
        """Nobody can use the id from now on."""
        self._end(sessions.c.id_hash == digest(session_id))

    def standing(self, now: datetime, user_name: str | None = None) -> Sequence[SessionRow]:
        """The sessions that are open, of one user or of all, the last used first."""
        whose = () if user_name is None else (sessions.c.user_name == user_name,)
        query = (
            select(
                func.left(func.encode(sessions.c.id_hash, "hex"), _HANDLE_CHARS),
                sessions.c.user_name, sessions.c.created_at, sessions.c.last_seen_at,
                sessions.c.expires_at, sessions.c.way, sessions.c.address, sessions.c.browser,
            )
            .where(*_lasting(now), *whose)
            .order_by(sessions.c.last_seen_at.desc(), sessions.c.id_hash)
        )  # fmt: skip
        with self._engine.connect() as connection:
            return [SessionRow(*row) for row in connection.execute(query)]

    def revoke(self, handle: str, user_name: str | None = None) -> int:
        """End the session of that handle, where it is that user's; how many ended (0 or 1)."""
        if len(handle) != _HANDLE_CHARS:
            return 0
        whose = () if user_name is None else (sessions.c.user_name == user_name,)
        named = func.left(func.encode(sessions.c.id_hash, "hex"), _HANDLE_CHARS) == handle
        return self._end(named, *whose)

    def revoke_all(self, user_name: str, *, but: str | None = None) -> int:
        """End all sessions of a user, but the one of that id; how many ended."""
        kept = () if but is None else (sessions.c.id_hash != digest(but),)
        return self._end(sessions.c.user_name == user_name, *kept)

    def _end(self, *which: ColumnElement[bool]) -> int:
        with self._engine.begin() as connection:
            return connection.execute(delete(sessions).where(*which)).rowcount

    def _note(self, session_id: str, **moments: datetime) -> None:
        note = update(sessions).where(sessions.c.id_hash == digest(session_id))
        with self._engine.begin() as connection:
            connection.execute(note.values(**moments))


def handle_of(session_id: str) -> str:
    """What names the session of that id, to its owner and in the log."""
    return digest(session_id).hex()[:_HANDLE_CHARS]


def csrf_token(secret_key: str, session_id: str) -> str:
    """What a change made with this session must say in its header: bound to the session,
    so that a planted cookie is worth nothing."""
    return hmac.new(secret_key.encode(), b"csrf:" + session_id.encode(), "sha256").hexdigest()


def _lasting(now: datetime) -> tuple[ColumnElement[bool], ...]:
    return (sessions.c.expires_at > now, sessions.c.last_seen_at > now - IDLE)


def _printable(told: str) -> str:
    """What a request says of itself, without what cannot be stored or shown."""
    return "".join(filter(str.isprintable, told))[:_BROWSER_CHARS]
