"""The contacts as a query judges them."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import FromClause, literal, select

from ingest.schema import contacts
from kpis.query import KpiQuery


def judged(query: KpiQuery) -> FromClause:
    """The contacts, each under the target that the query wants."""
    if query.target_ms is None:
        return contacts
    others = [c for c in contacts.c if c.name not in ("target_ms", "due_at")]
    due_at = contacts.c.offered_at + timedelta(milliseconds=query.target_ms)
    target = literal(query.target_ms)
    return select(*others, target.label("target_ms"), due_at.label("due_at")).subquery("judged")
