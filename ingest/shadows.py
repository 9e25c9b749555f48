"""What hides the tables of this floor: contacts, events, links and sources as they were.

Threads whose facts lie on both sides of the moment are *under way*: their contacts are folded
again from the facts up to then.  All others are wholly before it, and stand as they are, or
wholly after it, and are not there.
"""

from __future__ import annotations

from ingest.events import APART
from ingest.fold import CONTACT_COLUMNS, FACT_COLUMNS, FOLD, listed
from ingest.links import LINK_COLUMNS, linked
from ingest.shadow import Shadow

_CONTACTS, _LINKS = ", ".join(CONTACT_COLUMNS), ", ".join(LINK_COLUMNS)
_FACTS = ", ".join(FACT_COLUMNS)


def _unwound() -> str:
    """A contact without what came later: as near as it gets where its facts are gone."""
    ways = ("answered", "abandoned", "flowed_out", "deflected")
    left = " ".join(f"when {way}_at <= {{then}} then '{way}'" for way in ways)
    known = {
        **{f"{way}_at": f"{way}_at <= {{then}}" for way in (*ways, "contained", "resolved")},
        **dict.fromkeys(("offered_at", "due_at"), "offered_at <= {then}"),
        **dict.fromkeys(("left_at", "wait_ms"), "left_at <= {then}"),
        **dict.fromkeys(("talk_ms", "hold_ms", "wrap_ms"), "last_at <= {then}"),
        "response_ms": "answered_at <= {then}",
        "resolution_ms": "resolved_at <= {then}",
        "awaiting_since": "coalesce(awaiting_since, offered_at) <= {then}",
    }
    made = {
        "last_at": "least(last_at, {then})",
        "outcome": f"case when offered_at > {{then}} or offered_at is null then null {left}"
        " when resolved_at <= {then} then 'flowed_out' else 'open' end",
    }
    made |= {name: f"case when {condition} then {name} end" for name, condition in known.items()}
    return "select " + ", ".join(f"{made[name]} as {name}" if name in made else name
                                 for name in CONTACT_COLUMNS)  # fmt: skip


#: A source that tells of a contact only at its end tells it within a day.  `told`: its facts are
#: kept from the first on; retention may have taken them.
_UNDER_WAY = """
select s.thread_key, coalesce(t.first_at, s.first_at) as first_at, exists (
    select from events e where e.thread_key = t.thread_key and e.occurred_at = t.first_at
) as told
from (
    select thread_key, min(first_at) as first_at
    from (
        select thread_key, first_at from threads where first_at <= {then} and last_at > {then}
        union all
        select thread_key, began_at from contacts
        where offered_at > {then} - interval '1 day' and offered_at <= {then} and last_at > {then}
        union all
        select thread_key, began_at from contacts where outcome = 'open' and last_at > {then}
    ) both_sides
    where first_at <= {then}
    group by thread_key
) s
left join threads t using (thread_key)
"""
_FOLDED = f"""
with facts as (
    select {_FACTS} from events
    where thread_key in (select thread_key from under_way where told)
        and occurred_at >= (select min(first_at) from under_way where told)
        and occurred_at <= {{then}} and kind not in ({listed(APART)})
),
{FOLD}
select {_CONTACTS} from folded
union all
{_unwound()} from contacts c
where began_at <= {{then}} and thread_key in (select thread_key from under_way where not told)
"""
_AS_THEY_WERE = f"""
select {_CONTACTS} from contacts c
where last_at <= {{then}}
    and not exists (select from under_way u where u.thread_key = c.thread_key)
union all
select {_CONTACTS} from folded_again
"""
_OF_CUSTOMERS = """
select distinct customer_key from thread_customers join under_way using (thread_key)
"""
#: Under way, and nobody had said yet whose it is.
_NOBODYS = """
select thread_key from under_way u
where told and not exists (
    select from events e
    where e.thread_key = u.thread_key and e.occurred_at >= u.first_at
        and e.occurred_at <= {then} and e.identities is not null
)
"""
_THREAD_CUSTOMERS = """
select * from thread_customers t
where not exists (select from nobodys_yet n where n.thread_key = t.thread_key)
"""
_LINKED_AGAIN = f"""
with whose as (
    select thread_key, customer_key from thread_customers
    where customer_key in (select customer_key from customers_under_way)
),
{linked(few=True)}
select {_LINKS} from linked
"""
#: What is told of the next contact, by the column that says when it came.
_NEXT = {
    "until_ms": ("next_thread_key", "next_turn", "next_channel", "next_queue", "next_reason"),
    "until_channel_ms": (),
    "until_reason_ms": ("next_reason_channel",),
    "until_both_ms": (),
}


def _not_yet_followed() -> str:
    """The columns of a link; what came after the moment had not come."""
    told_by = {name: until for until, names in _NEXT.items() for name in (until, *names)}
    return ", ".join(
        f"case when arrived_at + {told_by[name]} * interval '1 millisecond' <= {{then}}"
        f" then {name} end as {name}"
        if name in told_by
        else name
        for name in LINK_COLUMNS
    )


_LINKS_AS_THEY_WERE = f"""
select {_LINKS} from linked_again
union all
select {_not_yet_followed()} from links l
where arrived_at <= {{then}}
    and not exists (select from customers_under_way u where u.customer_key = l.customer_key)
"""
#: What a source told last is known of the day before; its failures of then are not kept.
_SOURCES = """
select s.source, s.connector, null::text as cursor,
    case when s.last_event_at <= {then} then s.last_event_at else heard.at end as last_event_at,
    {then} as last_seen_at, null::text as error, null::timestamptz as error_at
from sources s
left join (
    select source, max(occurred_at) as at from events
    where occurred_at > {then} - interval '1 day' and occurred_at <= {then}
    group by source
) heard using (source)
"""
_QUARANTINE = """
select id, source, reason, detail, raw, sha256, received_at,
    case when replayed_at <= {then} then replayed_at end as replayed_at
from quarantine where received_at <= {then}
"""

_KEY = "primary key (thread_key, turn)"

SHADOWS: tuple[Shadow, ...] = (
    Shadow("present_contacts", f"select {_CONTACTS} from contacts"),
    Shadow("present_links", f"select {_LINKS} from links"),
    Shadow(
        "under_way", _UNDER_WAY, "thread_key bigint primary key, first_at timestamptz, told boolean"
    ),
    Shadow("folded_again", _FOLDED, f"like contacts, {_KEY}", _CONTACTS),
    Shadow("contacts", _AS_THEY_WERE),
    Shadow("customers_under_way", _OF_CUSTOMERS, "customer_key bigint primary key"),
    Shadow("nobodys_yet", _NOBODYS, "thread_key bigint primary key"),
    Shadow("thread_customers", _THREAD_CUSTOMERS),
    Shadow("linked_again", _LINKED_AGAIN, f"like links, {_KEY}", _LINKS),
    Shadow("links", _LINKS_AS_THEY_WERE),
    Shadow("sources", _SOURCES),
    Shadow("events", "select * from events where occurred_at <= {then}"),
    Shadow("ledger", "select * from ledger where day < ({then} at time zone 'UTC')::date"),
    Shadow("quarantine", _QUARANTINE),
    # Who was at work then, and what was waiting, nobody has written down.
    Shadow("inbox", "select * from inbox where false"),
    Shadow("leases", "select * from leases where false"),
)
