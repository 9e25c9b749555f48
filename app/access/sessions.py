"""Sessions: one row a login; the cookie holds a random id, the table only its hash."""

from __future__ import annotations

import hmac
import secrets
from datetime import datetime, timedelta

from sqlalchemy import Engine, delete, insert, select, update

from app.access import User, role_named
from app.access.accounts import digest
from app.access.schema import sessions, users

#: A session ends this long after the login, and this long after it was last used.
LONGEST = timedelta(hours=12)
IDLE = timedelta(hours=2)
_NOTE_EVERY = timedelta(minutes=1)


class Sessions:
    """Opening, recognising and ending sessions."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def open(self, user: User, now: datetime) -> str:
        """A new session; answers the id for the cookie.  Expired ones are swept on the way."""
        session_id = secrets.token_urlsafe(32)
        row = {
            "id_hash": digest(session_id),
            "user_name": user.name,
            "created_at": now,
            "last_seen_at": now,
            "expires_at": now + LONGEST,
        }
        with self._engine.begin() as connection:
            connection.execute(delete(sessions).where(sessions.c.expires_at <= now))
            connection.execute(insert(sessions).values(**row))
        return session_id

    def find(self, session_id: str, now: datetime) -> User | None:
        """Who holds the session, with the role of this moment; None once it has ended."""
        query = select(users.c.name, users.c.role, sessions.c.last_seen_at).where(
            sessions.c.id_hash == digest(session_id),
            sessions.c.user_name == users.c.name,
            sessions.c.expires_at > now,
            sessions.c.last_seen_at > now - IDLE,
            users.c.disabled_at.is_(None),
        )
        with self._engine.connect() as connection:
            row = connection.execute(query).one_or_none()
        if row is None:
            return None
        if row.last_seen_at <= now - _NOTE_EVERY:
            self._seen(session_id, now)
        return User(row.name, role_named(row.role))

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

    def end(self, session_id: str) -> None:
        """Nobody can use the id from now on."""
        with self._engine.begin() as connection:
            connection.execute(delete(sessions).where(sessions.c.id_hash == digest(session_id)))

    def _seen(self, session_id: str, now: datetime) -> None:
        note = update(sessions).where(sessions.c.id_hash == digest(session_id))
        with self._engine.begin() as connection:
            connection.execute(note.values(last_seen_at=now))


def csrf_token(secret_key: str, session_id: str) -> str:
    """What a change made with this session must say in its header: bound to the session,
    so that a planted cookie is worth nothing."""
    return hmac.new(secret_key.encode(), b"csrf:" + session_id.encode(), "sha256").hexdigest()
