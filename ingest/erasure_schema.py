"""The tables of what is gone: what was erased and must not come back, what was forgotten by age.

Nothing here names anybody: of an identity there is a number made from its keyed hash, of which
neither can be worked out again.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Identity, Integer, PrimaryKeyConstraint, Table, Text

from ingest.declaring import moment, texts
from ingest.schema import metadata

#: Identities that were erased: whatever is told of one before `erased_at` is kept without names.
erased_identities = Table(
    "erased_identities",
    metadata,
    Column("tombstone", BigInteger, nullable=False, autoincrement=False),
    *texts("kind"),
    moment("erased_at"),
    PrimaryKeyConstraint("tombstone", name="pk_erased_identities"),
)

#: Threads of erased customers: they stay nobody's, whatever is told of them later.
erased_threads = Table(
    "erased_threads",
    metadata,
    Column("thread_key", BigInteger, nullable=False, autoincrement=False),
    moment("erased_at"),
    PrimaryKeyConstraint("thread_key", name="pk_erased_threads"),
)

#: The log of erasures: who, when, why and how much; not whom.
erasures = Table(
    "erasures",
    metadata,
    Column("id", BigInteger, Identity(), nullable=False),
    moment("at"),
    *texts("actor", "reason"),
    *[Column(name, Integer, nullable=False) for name in ("identities", "contacts")],
    PrimaryKeyConstraint("id", name="pk_erasures"),
)

#: What went by its age: everything of that kind before then.  `contacts` or `agents`.
forgotten = Table(
    "forgotten",
    metadata,
    Column("what", Text, nullable=False),
    moment("before"),
    moment("ran_at"),
    PrimaryKeyConstraint("what", name="pk_forgotten"),
)
