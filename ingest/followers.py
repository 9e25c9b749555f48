"""Followers: what else must be right the moment a contact changes.

A follower is one data-modifying CTE inside the ingest statement.  It reads the relation
``moved``: every column of ``contacts`` plus ``sign`` (-1 the contact as it was, +1 as it is
now), only for contacts that really changed.  There is ``heard`` too: the ``thread_key`` of
every thread with a new event.  ``ingest`` knows no more of it than that.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Follower:
    """A CTE `name` with its body `sql`.  It must write in key order: no deadlocks then."""

    name: str
    sql: str
