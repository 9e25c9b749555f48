"""Alembic runs this file: apply revisions on the connection that `migrate` handed over."""

from __future__ import annotations

from alembic import context

context.configure(connection=context.config.attributes["connection"])
# The caller's transaction is open: all revisions or none, and nobody sees half of them.
with context.begin_transaction():
    context.run_migrations()
