"""Customers for the command and the API: looked up, shown masked, and the look written down."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import asdict

from app.bootstrap import House, linker_of
from app.errors import WrongUse
from app.settings import Settings

if TYPE_CHECKING:
    from ingest.decisions import Decisions

#: Names in the answer that hold a key: as text, since JavaScript rounds numbers of that size.
_KEYS = ("identity_key", "thread_key", "customer_key", "into_key")


def seen(
    house: House,
    key: int,
    *,
    actor: str,
    way: str,
    now: datetime,
    limit: int = 100,
    before: datetime | None = None,
) -> dict[str, object]:
    """The customer as an answer: masked identities, contacts on all channels, the newest first.

    Who looked is written down with it.  Raises NoSuchCustomer.
    """
    from ingest.customers import customer, note_access

    with house.database.engine.begin() as connection:
        found = customer(connection, key, limit=limit, before=before)
        note_access(connection, found.key, actor=actor, way=way, now=now)
    parts: dict[str, Sequence[Struct]] = {
        "identities": found.identities, "timeline": found.timeline, "merges": found.merges,
    }  # fmt: skip
    return {
        "id": str(found.key),
        "contacts": found.contacts,
        "first_at": found.first_at,
        "last_at": found.last_at,
        **{name: [_with_text_keys(asdict(one)) for one in rows] for name, rows in parts.items()},
    }


def decisions_of(house: House) -> Decisions:
    """Who makes and undoes decisions in this house."""
    from ingest.decisions import Decisions

    return Decisions(linker_of(house))


def key_told(words: str, settings: Settings) -> int:
    """The key of an identity as a person says it: ``phone=0639981234``.  Raises WrongUse."""
    from ingest.events import Identity
    from ingest.identity import identity_key, sealed

    kind, equals, value = words.partition("=")
    if not equals or not kind:
        raise WrongUse(f"«{words}» is no identity: write kind=value, as phone=0639981234")
    secret = hashlib.sha256(settings.secret_key.encode()).digest()
    known = sealed(Identity(kind, value), secret, settings.region)
    if known is None:
        raise WrongUse(f"«{value}» is no {kind} of anybody: check how it is written")
    return identity_key(known[1])


def by_account(name: str | None) -> str:
    """Who is at work: as said, else the account on this machine.  Raises WrongUse."""
    import getpass

    try:
        who = (name if name is not None else getpass.getuser()).strip()
    except (OSError, KeyError, ImportError) as error:
        raise WrongUse("your account has no name here: say who you are with --actor") from error
    if not who:
        raise WrongUse("say who you are with --actor")
    return who


def _with_text_keys(row: dict[str, object]) -> dict[str, object]:
    return {
        name: str(value) if name in _KEYS and value is not None else value
        for name, value in row.items()
    }
