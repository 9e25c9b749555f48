"""Customers for the command and the API: looked up, shown masked, and the look written down."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

import structlog
from msgspec import Struct
from msgspec.structs import asdict

from app.bootstrap import House, linker_of
from app.errors import WrongUse
from app.settings import Settings

if TYPE_CHECKING:
    from ingest.customers import Customer
    from ingest.decisions import Decisions

_log = structlog.get_logger("vigie.security")

#: Names in the answer that hold a key: as text, since JavaScript rounds numbers of that size.
_KEYS = ("identity_key", "thread_key", "customer_key", "into_key", "previous_thread_key")


@dataclass(frozen=True, slots=True)
class Looker:
    """Who looks at a customer, by which way (api, command, page), led there by which page."""

    actor: str
    way: str
    page: str | None = None


def looked_at(
    house: House,
    key: int,
    looker: Looker,
    now: datetime,
    *,
    limit: int = 100,
    before: datetime | None = None,
) -> Customer:
    """The customer, masked, with the newest contacts first; the look is written down with it.

    Raises NoSuchCustomer.
    """
    from app.context import whole_of
    from ingest.accesses import note_access
    from ingest.customers import customer

    # What is seen may be cut to a scope, or of a past moment: there nothing is written.
    with (
        house.database.engine.connect() as seen,
        whole_of(house).database.engine.begin() as connection,
    ):
        found = customer(seen, key, limit=limit, before=before)
        noted = note_access(
            connection, found.key, actor=looker.actor, way=looker.way, page=looker.page, now=now
        )
    # A command has no log: whoever runs it reads what it prints.
    if noted and looker.way != "command":
        _log.info("customer read", user=looker.actor, customer=str(found.key), way=looker.way)
    return found


def told(found: Customer) -> dict[str, object]:
    """The customer as an answer of the API and of the command."""
    parts: dict[str, Sequence[Struct]] = {
        "identities": found.identities, "timeline": found.timeline, "merges": found.merges,
    }  # fmt: skip
    return {
        "id": str(found.key),
        "contacts": found.contacts,
        "first_at": found.first_at,
        "last_at": found.last_at,
        **{name: [with_text_keys(one) for one in rows] for name, rows in parts.items()},
    }


def looks(
    house: House, *, customer: int | None = None, actor: str | None = None, limit: int = 100
) -> list[dict[str, object]]:
    """The access log, the newest first: of a customer, of a person, or all of it.

    Raises NoSuchCustomer.
    """
    from ingest.accesses import accesses

    with house.database.engine.connect() as connection:
        found = accesses(connection, customer=customer, actor=actor, limit=limit)
    return [with_text_keys(one) for one in found]


def decisions_of(house: House) -> Decisions:
    """Who makes and undoes decisions in this house."""
    from ingest.decisions import Decisions

    return Decisions(linker_of(house))


def key_told(words: str, settings: Settings) -> int:
    """The key of an identity as a person says it: ``phone=0639981234``.  Raises WrongUse."""
    kind, equals, value = words.partition("=")
    if not equals or not kind:
        raise WrongUse(f"«{words}» is no identity: write kind=value, as phone=0639981234")
    if (key := key_of(kind, value, settings)) is None:
        raise WrongUse(f"«{value}» is no {kind} of anybody: check how it is written")
    return key


def key_of(kind: str, value: str, settings: Settings) -> int | None:
    """The key under which that identity is kept, hashed as the events are; None for nobody's."""
    from ingest.events import Identity
    from ingest.identity import identity_key, sealed

    secret = hashlib.sha256(settings.secret_key.encode()).digest()
    known = sealed(Identity(kind, value), secret, settings.region)
    return None if known is None else identity_key(known[1])


def found_by(house: House, words: str, kinds: Sequence[str]) -> int | None:
    """The customer whom exactly this leads to, read as each of the kinds; None: nobody's.

    The words are told to nobody, neither in an answer nor in a log.
    """
    from ingest.customers import NoSuchCustomer, whose

    keys = (key_of(kind, words, house.settings) for kind in kinds)
    with house.database.engine.connect() as connection:
        for key in dict.fromkeys(key for key in keys if key is not None):
            with suppress(NoSuchCustomer):
                return whose(connection, key)
    return None


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


def with_text_keys(row: Struct) -> dict[str, object]:
    """The row with its keys as text."""
    return {
        name: str(value) if name in _KEYS and value is not None else value
        for name, value in asdict(row).items()
    }
