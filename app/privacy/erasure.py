"""Erasing a customer: everywhere, for good, with who and why kept and not whom.

The facts stay, so every count of contacts stays; what goes with the customer are the links
between contacts, so repeats of this customer are counted no more.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import datetime

import msgspec

from app.bootstrap import House, linker_of
from app.callback_desk.attempts import record
from app.callback_desk.facts import Outcome
from app.errors import Conflict, WrongUse
from app.privacy.elsewhere import callbacks_of, sweep_elsewhere
from app.privacy.tombstones import Tombstones, place_of, remember
from ingest.erasing import (
    Erased,
    Seal,
    Subject,
    Swept,
    be_alone,
    bury,
    erase,
    keys_of,
    risen,
    subject_of,
    sweep,
)
from ingest.linking import Cursor

#: What is kept of why, on one line.
_REASON_CHARS = 500
_LOG = """
insert into erasures (at, actor, reason, identities, contacts) values (%s, %s, %s, %s, %s)
"""


class Erasure(msgspec.Struct, frozen=True):
    """What an erasure took, or would take: identities and all else that named the customer."""

    identities: int
    contacts: int
    events: int
    accesses: int
    decisions: int
    merges: int
    refused: int
    waiting: int
    callbacks_and_messages: int


class _Undone(Exception):
    """Undoes a dry run, and carries what it would have done."""

    def __init__(self, erasure: Erasure) -> None:
        super().__init__()
        self.erasure = erasure


def seal_of(house: House) -> Seal:
    """What the identities of this house are hashed with."""
    key = hashlib.sha256(house.settings.secret_key.encode()).digest()
    return Seal(key, house.settings.region)


def erase_customer(
    house: House, key: int, *, actor: str, reason: str, now: datetime, dry_run: bool = False
) -> Erasure:
    """Erase the customer of that key, or of that identity, from everything the house keeps.

    Raises NoSuchCustomer; AppError where the erasure could not be remembered for a restore.
    """
    why = _told(reason)
    linker, seal = linker_of(house), seal_of(house)
    linker.drain(now)
    if not dry_run:
        _cancel_callbacks(house, key, actor, now)

    def work(at: Cursor) -> tuple[tuple[Subject, Erased], list[int]]:
        changed = be_alone(at, now)
        subject = subject_of(at, keys_of(at, key))
        _bury(at, subject, now)
        if dry_run:
            elsewhere = _swept(at, seal, subject.contact_ids)
            raise _Undone(_whole(erase(at, subject, now)[0], *elsewhere))
        remember(place_of(house.settings), _tombstones(subject, now))
        erased, unlinked = erase(at, subject, now)
        at.execute(_LOG, (now, actor, why, erased.identities, erased.contacts))
        return (subject, erased), [*changed, *unlinked]

    try:
        subject, erased = linker.alone(work)
    except _Undone as undone:
        return undone.erasure
    return _whole(erased, *sweep_house(house, subject.contact_ids))


def sweep_house(house: House, contact_ids: Sequence[str] = ()) -> tuple[Swept, int]:
    """Empty what nobody has parsed, and what is kept elsewhere, of everybody who was erased.

    Not with the writers waiting: what comes meanwhile is asked by the store itself.
    """
    with house.database.connect() as connection, connection.cursor() as at:
        return _swept(at, seal_of(house), contact_ids)


def erase_again(house: House, erasures: Sequence[Tombstones], now: datetime) -> Erasure:
    """After a restore: erase all whom these tombstones mean; what that took."""

    def work(at: Cursor) -> tuple[Erased, list[int]]:
        changed = be_alone(at, now)
        for one in erasures:
            bury(at, one.kinds, one.identities, one.threads, one.erased_at)
        erased, unlinked = erase(at, risen(at), now)
        return erased, [*changed, *unlinked]

    linker = linker_of(house)
    linker.drain(now)
    return _whole(linker.alone(work), *sweep_house(house))


def _cancel_callbacks(house: House, key: int, actor: str, now: datetime) -> None:
    """Whoever is erased is called back no more; the desk tells it, so that it is counted."""
    with house.database.connect() as connection, connection.cursor() as at:
        ids = callbacks_of(at, subject_of(at, keys_of(at, key)).contact_ids)
        query = "select id from callbacks where id = any(%s) and state = 'open'"
        open_ones = [id for (id,) in at.execute(query, (ids,))]
    for id in open_ones:
        try:
            record(house, id, Outcome.CANCELLED, actor, now)
        except Conflict:
            continue  # It ended meanwhile.


def _bury(at: Cursor, subject: Subject, now: datetime) -> None:
    bury(at, subject.kinds, subject.tombstones, subject.threads, now)


def _swept(at: Cursor, seal: Seal, contact_ids: Sequence[str]) -> tuple[Swept, int]:
    return sweep(at, seal, contact_ids), sweep_elsewhere(at, seal, contact_ids)


def _whole(erased: Erased, swept: Swept, elsewhere: int) -> Erasure:
    return Erasure(
        **msgspec.structs.asdict(erased),
        **msgspec.structs.asdict(swept),
        callbacks_and_messages=elsewhere,
    )


def _tombstones(subject: Subject, now: datetime) -> Tombstones:
    threads = list(subject.threads)
    return Tombstones(now, list(subject.kinds), list(subject.tombstones), threads)


def _told(reason: str) -> str:
    words = reason.strip()
    if not words or len(words) > _REASON_CHARS or not words.isprintable():
        raise WrongUse(f"say why on one line of at most {_REASON_CHARS} characters (--reason)")
    return words
