"""What has not happened took no time at all, not zero: a duration without its end is null."""

from __future__ import annotations

from alembic import op

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    op.execute(
        "create or replace function milliseconds(interval) returns integer "
        "language sql immutable parallel safe return case when $1 is null then null "
        "else least(2147483647, greatest(0, (date_part('epoch', $1) * 1000)::bigint))::integer end"
    )
    # As the fold makes them now; nobody told these zeros.
    op.execute(
        "update contacts set response_ms = null "
        "where response_ms = 0 and (answered_at is null or offered_at is null)"
    )
    op.execute(
        "update contacts set resolution_ms = null "
        "where resolution_ms = 0 and (resolved_at is null or offered_at is null)"
    )
    op.execute(
        "update contacts c set wait_ms = null "
        "where wait_ms = 0 and (left_at is null or offered_at is null) and not exists "
        "(select from events e where e.thread_key = c.thread_key and e.wait_ms is not null)"
    )
    # Sums made of them are made anew at the next start.
    op.execute(
        "do $$ begin if to_regclass('rollup_shapes') is not null then "
        "delete from rollup_shapes; end if; end $$"
    )
