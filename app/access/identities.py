"""Whom a provider of single sign-on means: by its issuer and subject, never by name or address,
which a provider may give to somebody else tomorrow."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Engine, select, update
from sqlalchemy.dialects.postgresql import insert

from app.access import User
from app.access.accounts import user_columns, user_of
from app.access.rights import Role
from app.access.schema import users
from app.access.second_factor_schema import linked_identities as links


class Identities:
    """Finding and linking the users of a provider."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def name_of(self, issuer: str, subject: str) -> str | None:
        """The user whom the provider means, also one who is disabled; None: nobody yet."""
        query = select(links.c.user_name).where(
            links.c.issuer == issuer, links.c.subject == subject
        )
        with self._engine.connect() as connection:
            name: str | None = connection.execute(query).scalar_one_or_none()
        return name

    def with_role(self, name: str, role: Role) -> User | None:
        """The user, with the role that the provider gives; None for one who is disabled.

        Another role ends the sessions of the one before (:meth:`Sessions.find`).
        """
        mine = (users.c.name == name, users.c.disabled_at.is_(None))
        with self._engine.begin() as connection:
            connection.execute(update(users).where(*mine).values(role=role))
            row = connection.execute(select(*user_columns()).where(*mine)).one_or_none()
        return None if row is None else user_of(row)

    def link(self, issuer: str, subject: str, name: str, now: datetime) -> None:
        """From now on the provider means this user by that subject."""
        row = {"issuer": issuer, "subject": subject, "user_name": name, "linked_at": now}
        same = insert(links).values(**row)
        changed = same.on_conflict_do_update(
            index_elements=[links.c.issuer, links.c.subject],
            set_={"user_name": name, "linked_at": now},
        )
        with self._engine.begin() as connection:
            connection.execute(changed)
