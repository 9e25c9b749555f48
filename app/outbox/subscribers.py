"""Who is told of what, and the secret that signs it.

No secret is stored: it is made from VIGIE_SECRET_KEY and the subscriber's salt, so that who
reads the database cannot sign, and a new key of the house ends all secrets.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
import re
from collections.abc import Iterable
from datetime import datetime, timedelta
from ipaddress import ip_address

import msgspec
import psycopg
from psycopg.rows import TupleRow, class_row

from app.errors import Conflict, NotFound, WrongUse
from app.outbox.addresses import Reach, split
from app.outbox.errors import NotReachable

Connection = psycopg.Connection[TupleRow]
#: How long the former secret signs beside the new one.
ROTATION = timedelta(hours=24)
#: So many are told of everything; more want a message broker.
MOST = 50
_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,47}")
_KIND = re.compile(r"[a-z]+(\.[a-z_]+)+")


class Subscriber(msgspec.Struct, frozen=True):
    """One receiver: `kinds` empty is everything; `failures` in a row until now."""

    name: str
    url: str
    kinds: tuple[str, ...]
    salt: bytes
    former_salt: bytes | None
    former_until: datetime | None
    added_at: datetime
    added_by: str
    failures: int
    not_before: datetime | None

    def secret(self, key: str) -> str:
        """What signs, in the form of Standard Webhooks."""
        return _secret(key, self.salt)

    def secrets(self, key: str, now: datetime) -> tuple[str, ...]:
        """All that sign at `now`: the former one too while it is being changed."""
        if self.former_salt is None or self.former_until is None or self.former_until <= now:
            return (self.secret(key),)
        return self.secret(key), _secret(key, self.former_salt)

    def told(self) -> dict[str, object]:
        """For screens: without what the secret is made of."""
        hidden = ("salt", "former_salt")
        return {
            name: list(value) if isinstance(value := getattr(self, name), tuple) else value
            for name in self.__struct_fields__
            if name not in hidden
        }


_COLUMNS = ", ".join(Subscriber.__struct_fields__)


def everyone(connection: Connection) -> tuple[Subscriber, ...]:
    """All of them, by name."""
    return _read(connection, f"select {_COLUMNS} from webhook_subscribers order by name", [])


def one(connection: Connection, name: str) -> Subscriber:
    """The subscriber of that name.  Raises NotFound."""
    query = f"select {_COLUMNS} from webhook_subscribers where name = %s"
    if not (found := _read(connection, query, [name])):
        raise NotFound(f"no subscriber «{name}»: `vigie webhooks list` shows them")
    return found[0]


def add(
    connection: Connection,
    name: str,
    url: str,
    kinds: Iterable[str],
    by: str,
    now: datetime,
    reach: Reach,
) -> Subscriber:
    """Tell this address from now on.  Raises WrongUse, Conflict where the name is taken."""
    wanted = _checked(name, url, tuple(kinds), reach)
    connection.execute("lock table webhook_subscribers in share row exclusive mode")
    if len(everyone(connection)) >= MOST:
        raise Conflict(f"{MOST} are told already: remove one first")
    done = connection.execute(
        "insert into webhook_subscribers (name, url, kinds, salt, added_at, added_by)"
        " values (%s, %s, %s, %s, %s, %s) on conflict (name) do nothing",
        [name, url, list(wanted), os.urandom(24), now, by],
    )
    if done.rowcount != 1:
        raise Conflict(f"there is a subscriber «{name}»: remove it first, or take another name")
    return one(connection, name)


def remove(connection: Connection, name: str) -> None:
    """Tell it nothing more, and forget what it was told.  Raises NotFound."""
    done = connection.execute("delete from webhook_subscribers where name = %s", [name])
    if done.rowcount != 1:
        raise NotFound(f"no subscriber «{name}»: `vigie webhooks list` shows them")
    connection.execute("delete from webhook_deliveries where subscriber = %s", [name])


def rotate(connection: Connection, name: str, now: datetime) -> Subscriber:
    """Give it another secret; the former one signs beside it for a day.  Raises NotFound."""
    connection.execute(
        "update webhook_subscribers set former_salt = salt, former_until = %s, salt = %s"
        " where name = %s",
        [now + ROTATION, os.urandom(24), name],
    )
    return one(connection, name)


def _checked(name: str, url: str, kinds: tuple[str, ...], reach: Reach) -> tuple[str, ...]:
    if not _NAME.fullmatch(name):
        raise WrongUse(f"«{name}» is no name: a to z, 0 to 9, point and dash, 48 at most")
    parts = split(url)
    for kind in kinds:
        if not _KIND.fullmatch(kind) or len(kind) > 100:
            raise WrongUse(f"«{kind}» is no kind: write it like exposure.switch.changed")
    try:
        reach.require(ip_address(parts.hostname or ""), parts.scheme)
    except NotReachable as error:
        raise WrongUse(str(error)) from error
    except ValueError:
        pass  # A name: it is judged whenever it is resolved.
    return tuple(dict.fromkeys(kinds))


def _read(connection: Connection, query: str, values: list[object]) -> tuple[Subscriber, ...]:
    with connection.cursor(row_factory=class_row(Subscriber)) as cursor:
        found = tuple(cursor.execute(query.encode(), values))
    return tuple(msgspec.structs.replace(one, kinds=tuple(one.kinds)) for one in found)


def _secret(key: str, salt: bytes) -> str:
    made = hmac.new(key.encode(), b"outbound webhook\x00" + salt, hashlib.sha256).digest()
    return f"whsec_{base64.b64encode(made).decode()}"
