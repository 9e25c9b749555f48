"""A lease: the next row that is due and that nobody has is one worker's for a while."""

from __future__ import annotations

from collections.abc import Iterable


def taking(table: str, state: str, columns: Iterable[str]) -> str:
    """The statement that takes the next row in that state and tells its columns.

    Of %(taker)s, %(now)s, %(lease_s)s.  However many take at once, each row goes to one of them;
    a taker that died is followed by another when its lease is over.
    """
    return f"""
        with next as (
            select id from {table}
            where state = '{state}' and next_at <= %(now)s
                and (leased_until is null or leased_until < clock_timestamp())
            order by next_at, id limit 1
            for update skip locked
        )
        update {table} taken
        set lease = %(taker)s, attempts = attempts + 1,
            leased_until = clock_timestamp() + make_interval(secs => %(lease_s)s)
        from next where taken.id = next.id
        returning {", ".join(f"taken.{name}" for name in columns)}
    """
