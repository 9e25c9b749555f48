"""Erasure: what leads from facts to a person goes for good; the facts stay and are counted.

`bury` remembers whom nothing may name again, as numbers that lead nowhere
(:mod:`ingest.erasure_schema`); `erase` takes a subject out of contacts and customers; `sweep`
empties what nobody has parsed.  The store asks with every batch (`keep_nameless`,
`without_names`), so neither a delivery that comes again nor the replay of a refused record
names anybody anew; `risen` finds what an older state of the database brought back.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime

import msgspec
from psycopg.rows import TupleRow

from ingest.carrying import hashes_in
from ingest.customers import NoSuchCustomer
from ingest.events import Rejected
from ingest.identity import REGION
from ingest.linking import Cursor, Due, link, take
from ingest.statements import statements

#: Stands where an id of the source stood, and in what was refused.
GONE = "erased"
#: Attributes that KPIs are counted from; none of them names anybody.
KEPT_ATTRIBUTES = (
    "answered", "displays", "first", "hidden", "promised_at", "promised_until", "result",
    "state", "surface",
)  # fmt: skip
#: Ids shorter than this are in every second record by chance.
_TELLING = 6
_AT_ONCE = 500
#: A tombstone is ``hashtextextended(hash, SEED)``: half of a keyed hash's bits, mixed anew.
SEED = 7_301_842
_SQL = statements("erasing.sql", seed=str(SEED), tombstone=f"hashtextextended(i ->> 1, {SEED})")
# Whoever stores waits meanwhile; we wait for them only so long.
_PATIENCE = "set local lock_timeout = '20s'"
_ALONE = "lock table threads in share row exclusive mode"


@dataclass(frozen=True, slots=True)
class Seal:
    """What identities are hashed with, and the country of numbers told without one."""

    key: bytes = field(repr=False)
    region: str = REGION


@dataclass(frozen=True, slots=True)
class Subject:
    """Whoever is erased: what is known of them, and the threads that tell it.

    `kinds`, `hashes` and `tombstones` say the same identities in the same order; `contact_ids`
    is what the sources call the threads, where that is long enough to be recognised.
    """

    keys: Sequence[int]
    kinds: Sequence[str]
    hashes: Sequence[str]
    tombstones: Sequence[int]
    threads: Sequence[int]
    first_at: datetime | None
    last_at: datetime | None
    contact_ids: Sequence[str]
    contacts: int


class Erased(msgspec.Struct, frozen=True):
    """How much lost its name, or went."""

    identities: int
    contacts: int
    events: int
    accesses: int
    decisions: int
    merges: int


class Swept(msgspec.Struct, frozen=True):
    """How many refused records were emptied, and deliveries not yet read thrown away."""

    refused: int
    waiting: int


def keys_of(at: Cursor, key: int) -> list[int]:
    """The identities of the customer of that key, or of that identity.  Raises NoSuchCustomer."""
    keys = list(_row(at, "keys", key=key)[0])
    if not keys:
        raise NoSuchCustomer(key)
    return keys


def risen(at: Cursor) -> Subject:
    """All that is buried and stands here nevertheless."""
    keys, threads = _row(at, "risen")
    return subject_of(at, keys, threads)


def subject_of(at: Cursor, keys: Collection[int], threads: Collection[int] = ()) -> Subject:
    """Whom these identities are of; `threads`: theirs too, whatever they tell now."""
    row = _row(at, "theirs", keys=list(keys), threads=list(threads), gone=GONE)
    kinds, hashes, tombstones, theirs, first_at, last_at, ids, contacts = row
    telling = [one for one in ids if len(one) >= _TELLING]
    known = (sorted(keys), kinds, hashes, tombstones)
    return Subject(*known, theirs, first_at, last_at, telling, contacts)


def be_alone(at: Cursor, now: datetime) -> list[int]:
    """Have writers wait, and link what they told last; the customers that this changed.

    The caller holds the lock of all linking (:meth:`ingest.linker.Linker.alone`).
    """
    at.execute(_PATIENCE)
    at.execute(_ALONE)
    changed: list[int] = []
    while (due := take(at, 2**62, 10_000)).number:
        changed += link(at, due, now)
    return changed


def bury(
    at: Cursor,
    kinds: Sequence[str],
    tombstones: Sequence[int],
    threads: Sequence[int],
    now: datetime,
) -> None:
    """From here on nothing told of before `now` names these identities, and these threads nobody.

    Doing it again changes nothing; of two times the later counts.
    """
    words = {"kinds": list(kinds), "tombstones": list(tombstones), "threads": list(threads)}
    at.execute(_SQL["bury"], words | {"now": now})
    at.execute(_SQL["bury_threads"], words | {"now": now})


def erase(at: Cursor, subject: Subject, now: datetime) -> tuple[Erased, list[int]]:
    """Take the subject out of contacts and customers; whose links are to be made anew.

    The caller is alone (`be_alone`).  Doing it again changes nothing.
    """
    threads = _array(subject.threads)
    keys = {"keys": list(subject.keys)}
    erased = Erased(
        identities=len(subject.hashes),
        contacts=subject.contacts,
        events=_anonymise(at, threads, subject.first_at, subject.last_at),
        accesses=at.execute(_SQL["accesses"], keys).rowcount,
        decisions=at.execute(_SQL["decisions"], keys).rowcount,
        merges=at.execute(_SQL["merges"], keys).rowcount,
    )
    due = Due(threads, subject.first_at, subject.last_at, len(subject.threads))
    return erased, link(at, due, now)


def sweep(at: Cursor, seal: Seal, contact_ids: Collection[str] = ()) -> Swept:
    """Empty what came before an erasure and names the erased: refused, and not yet read.

    `contact_ids`: who is named by one of these is meant as well.
    """
    refused = list(naming(at, _SQL["quarantine"], seal, contact_ids))
    at.execute(_SQL["blank_quarantine"], {"ids": refused, "gone": GONE})
    waiting = list(naming(at, _SQL["inbox"], seal, contact_ids))
    at.execute(_SQL["drop_inbox"], {"ids": waiting})
    return Swept(len(refused), len(waiting))


def naming(at: Cursor, query: str, seal: Seal, contact_ids: Collection[str] = ()) -> Iterator[int]:
    """The ids of the query's rows (id, when it came, bytes, text) that name somebody erased."""
    kinds = [kind for (kind,) in at.execute(_SQL["kinds"])]
    needles = [one.encode("utf-8", "replace") for one in contact_ids]
    with at.connection.cursor(name="naming") as rows:
        rows.execute(query.encode())
        while page := rows.fetchmany(_AT_ONCE):
            raws = [bytes(raw) + b"\n" + text.encode() for _, _, raw, text in page]
            told = [
                hashes_in(bytes(raw), kinds, seal.key, seal.region)
                | hashes_in(text.encode(), kinds, seal.key, seal.region)
                for _, _, raw, text in page
            ]
            buried = _buried(at, told)
            for (id, came_at, *_), whole, hashes in zip(page, raws, told, strict=True):
                if any(one in whole for one in needles) or any(
                    came_at < buried[each] for each in hashes & buried.keys()
                ):
                    yield int(id)


def statement(name: str) -> str:
    """What lies in the `quarantine` or in the `inbox`, as `naming` reads it."""
    return _SQL[name]


def keep_nameless(at: Cursor, now: datetime) -> frozenset[int]:
    """Take the names out of what the batch at hand told of erased customers.

    Gives the places of those events in the batch.
    """
    row = at.execute(_SQL["told"], {"now": now}, prepare=False).fetchone()
    assert row is not None
    threads, first_at, last_at, positions = row
    if threads is not None:
        _anonymise(at, threads, first_at, last_at)
    return frozenset(positions or ())


def without_names(
    at: Cursor, refused: Sequence[Rejected], nameless: Collection[int], seal: Seal
) -> list[Rejected]:
    """The refused records, emptied where they name an erased customer.

    `nameless`: the places among `refused` of which that is known already.
    """
    if not refused or not _row(at, "any")[0]:
        return list(refused)
    kinds = [kind for (kind,) in at.execute(_SQL["kinds"])]
    told = [hashes_in(one.raw, kinds, seal.key, seal.region) for one in refused]
    buried = _buried(at, told)
    return [
        Rejected(reason=one.reason, detail=GONE, raw=b"")
        if place in nameless or hashes & buried.keys()
        else one
        for place, (one, hashes) in enumerate(zip(refused, told, strict=True))
    ]


def _buried(at: Cursor, told: Iterable[frozenset[str]]) -> dict[str, datetime]:
    """Of these hashes those of erased identities, and when they were erased."""
    asked = {"hashes": list(frozenset[str]().union(*told))}
    return dict(at.execute(_SQL["buried"], asked).fetchall())


def _anonymise(
    at: Cursor, threads: str, first_at: datetime | None, last_at: datetime | None
) -> int:
    words = {
        "threads": threads, "first_at": first_at, "last_at": last_at, "gone": GONE,
        "kept": list(KEPT_ATTRIBUTES),
    }  # fmt: skip
    changed = at.execute(_SQL["events"], words, prepare=False).rowcount
    at.execute(_SQL["contacts"], words)
    return changed


def _row(at: Cursor, name: str, **words: object) -> TupleRow:
    row = at.execute(_SQL[name], words).fetchone()
    assert row is not None
    return row


def _array(keys: Iterable[int]) -> str:
    return f"{{{','.join(map(str, keys))}}}"
