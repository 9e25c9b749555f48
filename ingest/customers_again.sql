-- Customers made anew from all events, beside what is stored.  Threads that are still due count
-- with the facts as they were heard last: so everything here belongs together in any snapshot,
-- however far behind the linker is.

-- :facts
create temporary table again_facts on commit drop as
with told as (
{told}
)
select thread_key, identity_key, kind, hash, masked from told
where thread_key not in (select thread_key from linking_due)
union all
select t.thread_key, i.identity_key, i.kind, i.hash, i.masked
from thread_identities t join identities i using (identity_key)
where t.thread_key in (select thread_key from linking_due)

-- :ties
create temporary table again_ties on commit drop as
select distinct a.identity_key, o.kind, o.identity_key as other_key
from again_facts a
join again_facts o on o.thread_key = a.thread_key and o.identity_key <> a.identity_key

-- :ready
analyze again_facts, again_ties

-- :kinds
select distinct identity_key, kind from again_facts

-- :joined
select identity_key, other_key from again_ties where identity_key < other_key

-- :shared
select distinct t.identity_key
from (
    select identity_key from again_ties where kind = any(%(counted)s)
    group by identity_key, kind having count(*) > {many}
) t
join again_facts f using (identity_key)
where f.kind <> all(%(strong)s)

-- :standings
create temporary table again_standings (
    identity_key bigint, customer_key bigint, ambiguous boolean
) on commit drop

-- :stand
copy again_standings from stdin

-- :whose
create temporary table again_owners on commit drop as
with told as (
    select f.thread_key, f.kind, s.customer_key, s.ambiguous
    from again_facts f join again_standings s using (identity_key)
)
{owned}

-- :identities
select distinct f.identity_key, f.kind, f.hash, f.masked, s.customer_key, s.ambiguous
from again_facts f left join again_standings s using (identity_key)

-- :thread_identities
select thread_key, identity_key from again_facts

-- :identity_ties
select identity_key, kind, other_key from again_ties

-- :thread_customers
select thread_key, customer_key from again_owners
