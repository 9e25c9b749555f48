"""Who is who, told by threads; and the same worked out by brute force, straight from the rules.

The oracle here shares no line with the product: sets of names, flooded until nothing moves.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache

from sqlalchemy import text

from ingest.connector import Source
from ingest.customer_check import recompute
from ingest.database import Database
from ingest.events import Event, Identity
from ingest.identity import identity_key, sealed
from ingest.linker import Linker, followers
from ingest.store import Store
from tests.ingest.telling import KEY, NOW, told

SECRET = hashlib.sha256(KEY).digest()
PBX = Source("pbx", "test")
#: Of several identities of a thread, those of the first kind that occurs decide.
RANKS = {"crm": 0, "email": 1, "cookie": 4, "phone": 3}


def named(name: str) -> Identity:
    """«crm:7», «email:a», «phone:12», «cookie:x» as a source tells them."""
    kind, _, value = name.partition(":")
    spelt = {"email": f"{value}@example.org", "phone": f"+336399800{value:0>2}"}
    return Identity(kind, spelt.get(kind, f"{kind}-{value}"))


def key_of(name: str) -> int:
    known = sealed(named(name), SECRET)
    assert known is not None
    return identity_key(known[1])


def call(thread: str, *names: str, second: float = 0, **fields: object) -> Event:
    """A call whose one event tells these identities."""
    fields.setdefault("event_id", f"{thread}@{second}")
    identities = tuple(map(named, names))
    return told(second, "queued", thread, identities=identities, **fields)


def keep(database: Database, *events: Event) -> None:
    """Store them; the linker does not know yet."""
    ledger = _store(database).write(PBX, events, now=NOW)
    assert ledger.quarantined == 0


@lru_cache(maxsize=1)
def _store(database: Database) -> Store:
    return Store(database, followers(), key=KEY)


def know(database: Database, *events: Event) -> None:
    """Store them one by one, and link after each."""
    for event in events:
        keep(database, event)
        Linker(database).drain(NOW)


def rows(database: Database, query: str) -> list[tuple[object, ...]]:
    with database.engine.connect() as connection:
        return [tuple(row) for row in connection.execute(text(query))]


def customers_of(database: Database, *names: str) -> list[int | None]:
    """The customer of each identity; None where it is nobody's."""
    with database.connect() as connection:
        query = "select identity_key, customer_key from identities"
        stored = dict(connection.execute(query).fetchall())
    return [stored[key_of(name)] for name in names]


def owners(database: Database) -> dict[str, int]:
    """Whose each thread of the pbx is; nobody's are left out."""
    found = rows(database, """
        select distinct e.contact_id, t.customer_key
        from thread_customers t join events e using (thread_key)
    """)
    return {str(thread): int(str(customer)) for thread, customer in found}


def stored(database: Database) -> tuple[list[tuple[object, ...]], ...]:
    """All that the linker made, to the byte."""
    made = {
        "identities": "1", "thread_identities": "1, 2", "identity_ties": "1, 2, 3",
        "thread_customers": "1",
    }  # fmt: skip
    queries = [f"select * from {table} order by {key}" for table, key in made.items()]
    return tuple(rows(database, query) for query in queries)


def differing(database: Database) -> list[object]:
    with database.engine.connect() as connection:
        return list(recompute(connection))


# --- the oracle -----------------------------------------------------------------------


def expected(
    threads: Mapping[str, Iterable[str]],
    merges: Sequence[tuple[str, str]] = (),
    splits: Iterable[str] = (),
    many: int = 10,
) -> tuple[dict[str, int | None], dict[str, int]]:
    """(customer by identity, customer by thread), by brute force."""
    told = {thread: set(names) for thread, names in threads.items() if len(set(names)) <= 16}
    names = set().union(*told.values()) if told else set()
    together = {(a, b) for one in told.values() for a in one for b in one if a != b}
    crowds = {a for a in names if _crowd(a, together, many)}
    person = _person(names, crowds, merges)
    ties = {
        (person[a], person[b])
        for a, b in together
        if not {a, b} & (crowds | set(splits)) and person[a] != person[b]
    }
    group, unsure = _groups(set(person.values()), ties)
    identity = {a: min(map(key_of, _whole(group[person[a]], person))) for a in person}
    customers = {a: identity.get(a) for a in names}
    unsure_names = {a for a in person if person[a] in unsure}
    owners = {
        thread: owner
        for thread, said in told.items()
        if (owner := _owner(said, identity, unsure_names)) is not None
    }
    return customers, owners


def _kind(name: str) -> str:
    return name.partition(":")[0]


def _crowd(name: str, together: set[tuple[str, str]], many: int) -> bool:
    others = [b for a, b in together if a == name]
    counts = [sum(_kind(b) == kind for b in others) for kind in ("crm", "email", "phone")]
    return _kind(name) != "crm" and max(counts) > many


Person = frozenset[str]


def _person(
    names: set[str], crowds: set[str], merges: Sequence[tuple[str, str]]
) -> dict[str, Person]:
    """Identities that are one by decision, as a set."""
    person = {a: frozenset({a}) for a in names - crowds}
    for a, b in merges:
        if a in person and b in person:
            both = person[a] | person[b]
            person |= dict.fromkeys(both, both)
    return person


def _groups(
    people: set[Person], ties: set[tuple[Person, Person]]
) -> tuple[dict[Person, set[Person]], set[Person]]:
    """The people with whom each is one customer; those that are ambiguous."""
    strong = {p for p in people if any(_kind(a) == "crm" for a in p)}
    bosses = {p: {b for a, b in ties if a == p and b in strong} for p in people - strong}
    torn = {p for p, several in bosses.items() if len(several) > 1}
    group: dict[Person, set[Person]] = {}
    for p in people:
        whole = _flood(p, ties, torn)
        rulers = whole & strong
        if p in torn or len(rulers) < 2:
            group[p] = whole
        elif p in strong or bosses[p]:
            ruler = p if p in strong else next(iter(bosses[p]))
            group[p] = {ruler} | {w for w in whole - strong if bosses[w] == {ruler}}
        else:
            group[p] = {p}
    unruled = {
        p for p in people - strong - torn
        if not bosses[p] and len(_flood(p, ties, torn) & strong) > 1
    }
    return group, torn | unruled


def _flood(start: Person, ties: set[tuple[Person, Person]], torn: set[Person]) -> set[Person]:
    reached = {start}
    while start not in torn:
        more = {b for a, b in ties if a in reached and b not in torn} - reached
        if not more:
            break
        reached |= more
    return reached


def _whole(group: set[Person], person: Mapping[str, Person]) -> set[str]:
    return {a for a, p in person.items() if p in group}


def _owner(said: set[str], customer: Mapping[str, int], unsure: set[str]) -> int | None:
    known = [(a in unsure, RANKS[_kind(a)], customer[a]) for a in said if a in customer]
    if not known:
        return None
    best = min(known)[:2]
    candidates = {whose for *place, whose in known if tuple(place) == best}
    return candidates.pop() if len(candidates) == 1 else None
