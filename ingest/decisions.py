"""What people decide about customers: two are one person; an identity is not this person's.

A decision is a row that the linking takes into account for ever, whatever is told later; undone,
it is as if it had never been: the same bytes as before.
"""

from __future__ import annotations

from datetime import datetime

import msgspec
from psycopg.rows import class_row
from sqlalchemy import Connection

from ingest.components import STRONG
from ingest.customers import NoSuchCustomer
from ingest.errors import IngestError
from ingest.linker import Linker
from ingest.linking import Cursor

TEXT_CHARS = 500


class RefusedDecision(IngestError):
    """It cannot be decided so; the text says why."""


class Decision(msgspec.Struct, frozen=True):
    """`kind`: merge (the two identities are one person's) or split (the identity stands apart,
    `other_key` is null).  In force while `undone_at` is null.
    """

    decision_id: int
    kind: str
    identity_key: int
    other_key: int | None
    actor: str
    reason: str
    made_at: datetime
    undone_at: datetime | None
    undone_by: str | None
    undone_reason: str | None


class Decisions:
    """Makes and undoes decisions; what follows of them is seen to in the same transaction."""

    def __init__(self, linker: Linker) -> None:
        self._linker = linker

    def merge(self, one: int, other: int, *, actor: str, reason: str, now: datetime) -> int:
        """The two customers are one person; the decision's id.

        Customers that have a strong identity are merged by it, so that this stands whatever
        becomes of their other identities.  Raises NoSuchCustomer, RefusedDecision.
        """

        def decide(at: Cursor) -> tuple[int, set[int]]:
            first, second = _anchor(at, one), _anchor(at, other)
            if first[0] == second[0]:
                raise RefusedDecision(f"{one} and {other} are one customer already")
            keys = (first[1], second[1])
            return _note(at, "merge", *keys, actor, reason, now), set(keys)

        return self._linker.decide(decide, now)

    def split(self, identity: int, *, actor: str, reason: str, now: datetime) -> int:
        """The identity stands apart: what threads tell joins it to nobody; the decision's id.

        Raises NoSuchCustomer, RefusedDecision.
        """

        def decide(at: Cursor) -> tuple[int, set[int]]:
            _anchor(at, identity)
            if at.execute(_SPLIT, (identity,)).fetchone() is not None:
                raise RefusedDecision(f"identity {identity} stands apart already")
            return _note(at, "split", identity, None, actor, reason, now), {identity}

        return self._linker.decide(decide, now)

    def undo(self, decision: int, *, actor: str, reason: str, now: datetime) -> None:
        """As if it had never been decided.  Raises RefusedDecision."""
        said = (_said("who", actor), _said("why", reason))

        def undo(at: Cursor) -> tuple[int, set[int]]:
            row = at.execute(_UNDO, (now, *said, decision)).fetchone()
            if row is None:
                raise RefusedDecision(f"no decision {decision} is in force")
            return decision, {key for key in row if key is not None}

        self._linker.decide(undo, now)


def decisions(connection: Connection, *, undone: bool = False) -> list[Decision]:
    """Those in force, or all, the oldest first."""
    raw = connection.connection.driver_connection
    assert raw is not None
    which = "" if undone else "where undone_at is null"
    with raw.cursor(row_factory=class_row(Decision)) as at:
        found: list[Decision] = at.execute(
            f"select * from customer_decisions {which} order by decision_id"
        ).fetchall()
        return found


def _anchor(at: Cursor, key: int) -> tuple[int, int]:
    """The customer of that key, and the identity by which to hold it: a strong one, the least."""
    row = at.execute(_ANCHOR, (key, list(STRONG))).fetchone()
    if row is None:
        raise NoSuchCustomer(key)
    return int(row[0]), int(row[1])


def _note(
    at: Cursor, kind: str, key: int, other: int | None, actor: str, reason: str, now: datetime
) -> int:
    said = (_said("who", actor), _said("why", reason))
    row = at.execute(_DECIDE, (kind, key, other, *said, now)).fetchone()
    assert row is not None
    return int(row[0])


def _said(what: str, words: str) -> str:
    """Words that are kept, on one line."""
    if not (words := words.strip()):
        raise RefusedDecision(f"say {what}: it is empty")
    if len(words) > TEXT_CHARS or not words.isprintable():
        raise RefusedDecision(f"{what}: write at most {TEXT_CHARS} characters on one line")
    return words


_ANCHOR = """
    select i.customer_key, i.identity_key
    from identities i
    where i.customer_key = (
        select customer_key from identities where identity_key = %s
    )
    order by i.kind = any(%s) desc, i.identity_key
    limit 1
"""

_SPLIT = """
    select from customer_decisions
    where kind = 'split' and identity_key = %s and undone_at is null
"""

_DECIDE = """
    insert into customer_decisions (kind, identity_key, other_key, actor, reason, made_at)
    values (%s, %s, %s, %s, %s, %s)
    returning decision_id
"""

_UNDO = """
    update customer_decisions set undone_at = %s, undone_by = %s, undone_reason = %s
    where decision_id = %s and undone_at is null
    returning identity_key, other_key
"""
