"""What hides the tables of this floor: the rollups and the agents' last words as they were.

A rollup then is the rollup now, without what has changed since, and with it as it was: the same
sums that follow every change (:mod:`kpis.rollup`), the other way round.
"""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import Column, MetaData, SmallInteger, Table
from sqlalchemy.dialects import postgresql

from ingest.fold import CONTACT_COLUMNS
from ingest.link_schema import links
from ingest.links import LINK_COLUMNS
from ingest.schema import contacts
from ingest.shadow import Shadow
from kpis.catalogue import rollups
from kpis.staff import STAFF_FOLLOWS
from kpis.subject import Rollup
from kpis.windows import DAYS

_CONTACTS, _LINKS = ", ".join(CONTACT_COLUMNS), ", ".join(LINK_COLUMNS)
_MOVED_CONTACTS = f"""
with changed as (
    select {_CONTACTS} from present_contacts c
    where thread_key in (select thread_key from under_way)
    union all
    select {_CONTACTS} from present_contacts c
    where offered_at > {{then}} - interval '1 day' and offered_at < {{day_end}}
        and last_at > {{then}}
        and not exists (select from under_way u where u.thread_key = c.thread_key)
)
select {_CONTACTS}, -1 from changed
union all
select {_CONTACTS}, 1 from folded_again
"""
#: A link counts another within so many days, whatever the window.
_LONGEST = f"interval '{max(DAYS)} days'"
_UNTIL = ("until_ms", "until_channel_ms", "until_reason_ms", "until_both_ms")
_FOLLOWED_SINCE = " or ".join(
    f"arrived_at + {until} * interval '1 millisecond' > {{then}}" for until in _UNTIL
)
_MOVED_LINKS = f"""
with touched as (
    select thread_key, turn from present_links
    where arrived_at > {{then}} - {_LONGEST} and arrived_at < {{day_end}}
        and (arrived_at > {{then}} or {_FOLLOWED_SINCE})
    union
    select thread_key, turn from present_links
    join customers_under_way using (customer_key)
    union
    select thread_key, turn from linked_again
)
select {_LINKS}, -1 from present_links join touched using (thread_key, turn)
where arrived_at < {{day_end}}
union all
select {_LINKS}, 1 from links join touched using (thread_key, turn)
"""
#: Nobody is believed to be there for longer without a word (`kpis.staff.LIVENESS`).
_HEARD = """(
    select * from events where kind = 'agent_state'
        and occurred_at > {then} - interval '12 hours' and occurred_at <= {then}
) g"""


def _moved(of: Table) -> Table:
    columns = [Column(column.name, column.type) for column in of.c]
    return Table(f"moved_{of.name}", MetaData(), *columns, Column("sign", SmallInteger))


def _of_rollup(rollup: Rollup) -> Iterator[Shadow]:
    name, keys = rollup.table.name, [column.name for column in rollup.table.primary_key]
    cells = rollup.cells(_moved(rollup.of)).compile(
        dialect=postgresql.dialect(paramstyle="named"),  # type: ignore[no-untyped-call]
        compile_kwargs={"literal_binds": True},
    )
    names = ", ".join(column.name for column in rollup.table.c)
    counts = ", ".join(
        f"sum({column.name})::{column.type.compile(postgresql.dialect())} as {column.name}"  # type: ignore[no-untyped-call]
        for column in rollup.table.c
        if column.name not in keys
    )
    yield Shadow(f"changed_{name}", str(cells), f"like {name}", names)
    yield Shadow(
        name,
        f"select {', '.join(keys)}, {counts} from ("
        f"select {names} from {name} where quarter < {{day_end}}"
        f" union all select {names} from changed_{name}) summed group by {', '.join(keys)}",
    )


def _agents() -> Shadow:
    """The last word on each agent, as the follower of the batches takes it."""
    follows = STAFF_FOLLOWS.sql.partition("insert into")[2]
    told = follows[follows.index("select") : follows.index("on conflict")]
    names = follows[follows.index("(") + 1 : follows.index(")")]
    heard = told.replace("from stage g", f"from {_HEARD}")
    return Shadow("agent_states", heard, "like agent_states", names)


def _moved_shadow(of: Table, select: str) -> Shadow:
    names = ", ".join(column.name for column in of.c)
    return Shadow(f"moved_{of.name}", select, f"like {of.name}, sign smallint", f"{names}, sign")


SHADOWS: tuple[Shadow, ...] = (
    _moved_shadow(contacts, _MOVED_CONTACTS),
    _moved_shadow(links, _MOVED_LINKS),
    *(shadow for rollup in rollups() for shadow in _of_rollup(rollup)),
    _agents(),
    Shadow("estimates", "select * from estimates where at <= {then}"),
    Shadow(
        "service_level_versions", "select * from service_level_versions where decided_at <= {then}"
    ),
)
