"""Linking: the identities of some threads are heard again, and whose they are follows.

`link` is one step in the caller's transaction, which must hold `LOCK`; `settle` is the part of
it that decisions need too.  The rules stand in :mod:`ingest.components`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from importlib.resources import files

import psycopg
from psycopg.rows import TupleRow

from ingest.components import COUNTED, MANY, MOST_TOLD, STRONG, Graph, Pair, Standing, standings
from ingest.events import APART, stable_key
from ingest.statements import statements

Cursor = psycopg.Cursor[TupleRow]
#: Sees to what follows of customers whose threads changed: `relink(cursor, customer_keys)`.
Relink = Callable[[Cursor, Sequence[int]], object]

#: Whoever changes customers holds this advisory lock until the end of the transaction.
LOCK = stable_key("customers")


def told(which: str) -> str:
    """The facts as a query; `which`: a condition on events."""
    return files("ingest").joinpath("told.sql").read_text().format(which=which, most=MOST_TOLD)


#: Whose a thread is, as a query on a relation ``told``.
OWNED = files("ingest").joinpath("owned.sql").read_text()
_DUE = """thread_key = any(%(threads)s::bigint[])
            and occurred_at between %(first_at)s and %(last_at)s"""
_SQL = statements("linking.sql", told=told(_DUE), owned=OWNED, many=str(MANY))


@dataclass(frozen=True, slots=True)
class Due:
    """Threads to hear again, as an array's text, and the span of their events."""

    threads: str = "{}"
    first_at: datetime | None = None
    last_at: datetime | None = None
    number: int = 0


@dataclass(frozen=True, slots=True)
class Known:
    """An identity as it stood before: its kind and its standing."""

    kind: str
    standing: Standing


@dataclass(slots=True)
class _Surroundings:
    """All that hangs together with the identities that changed, read until nothing is missing."""

    known: dict[int, Known] = field(default_factory=dict)
    ties: list[Pair] = field(default_factory=list)
    shared: set[int] = field(default_factory=set)


def take(at: Cursor, until: int, most: int) -> Due:
    """At most so many of the threads that have been due longest; they are due no more."""
    row = at.execute(_SQL["take"], {"until": until, "most": most}).fetchone()
    assert row is not None
    threads, first_at, last_at, number = row
    return Due(threads or "{}", first_at, last_at, number)


def link(at: Cursor, due: Due, now: datetime) -> list[int]:
    """Hear the due threads again; every customer that had or has one of them, or was changed."""
    words = {
        "threads": due.threads, "first_at": due.first_at, "last_at": due.last_at,
        "apart": list(APART),
    }  # fmt: skip
    row = at.execute(_SQL["hear"], words, prepare=False).fetchone()
    assert row is not None
    fresh, tied, parted, others = row
    if parted:
        pairs = {"one": parted, "other": [other or 0 for other in others]}
        at.execute(_SQL["untie"], pairs)
        at.execute(_SQL["forget"], {"keys": parted})
    changed = {*fresh, *tied, *parted, *(other for other in others if other)}
    return settle(at, changed, now, due=due)


def settle(
    at: Cursor,
    changed: set[int],
    now: datetime,
    due: Due | None = None,
    decision: int | None = None,
) -> list[int]:
    """Say anew where the identities around the changed ones stand, and whose the threads are.

    `due`: threads that are to be looked at in any case; `decision`: what brought this about.
    Gives every customer that had or has one of these threads.
    """
    due = due or Due()
    around, decisions = _surroundings(at, changed)
    before = {key: known.standing for key, known in around.known.items()}
    kinds = {key: known.kind for key, known in around.known.items()}
    after = standings(Graph(kinds, around.ties, around.shared, decisions.merges, decisions.splits))
    moved = [key for key, standing in after.items() if standing != before[key]]
    if moved:
        _place(at, moved, after)
    words = {"threads": due.threads, "moved": moved}
    rows = at.execute(_SQL["own"], words, prepare=False).fetchall()
    if joined := _joined(moved, before, after):
        _log(at, joined, due, now, decision)
    return [customer for (customer,) in rows]


def _place(at: Cursor, moved: list[int], after: Mapping[int, Standing]) -> None:
    to = [after[key] for key in moved]
    customers, ambiguous = [each[0] for each in to], [each[1] for each in to]
    words = {"keys": moved, "customers": customers, "ambiguous": ambiguous}
    at.execute(_SQL["place"], words, prepare=False)


def _joined(
    moved: list[int], before: Mapping[int, Standing], after: Mapping[int, Standing]
) -> list[Pair]:
    """(former customer, the one it is part of now), where two or more became one."""
    left = {customer for customer, _ in after.values()}
    gone = {before[key][0] for key in moved} - left - {None}
    if not gone:
        return []
    formers: defaultdict[int, set[int]] = defaultdict(set)
    for key, (customer, _) in after.items():
        former = before[key][0]
        if customer is not None and former is not None:
            formers[customer].add(former)
    return sorted(
        (former, into)
        for into, several in formers.items()
        if len(several) > 1
        for former in several
        if former in gone
    )


def _log(
    at: Cursor, joined: list[Pair], due: Due, now: datetime, decision: int | None
) -> None:
    words = {"threads": due.threads, "customers": sorted({into for _, into in joined})}
    cause: dict[int, int] = dict(at.execute(_SQL["cause"], words).fetchall())
    told = {
        "now": now, "decision": decision,
        "formers": [former for former, _ in joined],
        "into": [into for _, into in joined],
        "causes": [cause.get(into) for _, into in joined],
    }  # fmt: skip
    at.execute(_SQL["log"], told)


@dataclass(frozen=True, slots=True)
class Decisions:
    """What people decided, as far as it is in force."""

    merges: list[Pair]
    splits: set[int]


def decisions_in_force(at: Cursor) -> Decisions:
    """All of them; there are as many as people made."""
    found = Decisions([], set())
    for kind, key, other in at.execute(_SQL["decisions"]):
        if kind == "merge":
            found.merges.append((key, other))
        else:
            found.splits.add(key)
    return found


def _surroundings(at: Cursor, changed: set[int]) -> tuple[_Surroundings, Decisions]:
    found = _Surroundings()
    if not changed:
        return found, Decisions([], set())
    decisions = decisions_in_force(at)
    merged: defaultdict[int, set[int]] = defaultdict(set)
    for one, other in decisions.merges:
        merged[one].add(other)
        merged[other].add(one)
    asked: set[int] = set()
    ask = changed
    while ask:
        asked |= ask
        ask = _next(at, found, ask, merged) - asked
    return found, decisions


def _next(
    at: Cursor, found: _Surroundings, ask: set[int], merged: Mapping[int, set[int]]
) -> set[int]:
    """Read the identities asked for; those that they hang together with.

    What nobody tells any more is not there, but whom it was merged with is looked at again.
    """
    ends: set[int] = {other for key in ask for other in merged.get(key, ())}
    crowded: dict[int, int | None] = {}
    for key, kind, customer, ambiguous, others in at.execute(_SQL["around"], {"keys": list(ask)}):
        found.known[key] = Known(kind, (customer, ambiguous))
        if others is None:
            continue
        if len(others) > MANY:
            crowded[key] = customer
            continue
        found.ties += [(key, other) for other in others]
        ends.update(others)
    return ends | _crowd(at, found, crowded) if crowded else ends


def _crowd(at: Cursor, found: _Surroundings, crowded: Mapping[int, int | None]) -> set[int]:
    """Of identities tied to many: which are nobody's; whom the others hang together with.

    One that was nobody's and still is hangs together with none.
    """
    words = {"keys": list(crowded), "strong": list(STRONG), "counted": list(COUNTED)}
    shared = {key for (key,) in at.execute(_SQL["crowded"], words)}
    found.shared |= shared
    concerned = [key for key in crowded if key not in shared or crowded[key] is not None]
    ties = at.execute(_SQL["ties"], {"keys": concerned}).fetchall()
    found.ties += ties
    return {other for _, other in ties}
