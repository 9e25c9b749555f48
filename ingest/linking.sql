-- From the events of due threads to whose they are.  The linker runs these one after the other
-- in one transaction, alone (an advisory lock), so nothing here is changed by anybody else.
-- Invariant: what they leave behind is a pure function of the set of (thread, identity) facts
-- and of the decisions in force, whatever the order in which threads became due.

-- :take
-- The threads that have been due longest, and the span of their events.
with due as (
    select id, thread_key from linking_due where id <= %(until)s order by id limit %(most)s
),

taken as (
    delete from linking_due l using due d
    where l.id = d.id and l.thread_key = d.thread_key
    returning l.thread_key
)

select array_agg(distinct t.thread_key)::text, min(t.first_at), max(t.last_at),
    (select count(*) from taken)
from taken join threads t using (thread_key)

-- :hear
-- The identities that the threads tell now, and what that changes: identities never heard of,
-- ties never seen (both ends), and the identities that a thread tells no more, each with what
-- it was told with.
with told as materialized (
{told}
),

was as materialized (
    select thread_key, identity_key from thread_identities
    where thread_key = any(%(threads)s::bigint[])
),

news as materialized (
    select t.* from told t
    where not exists (
        select from was w where w.thread_key = t.thread_key and w.identity_key = t.identity_key
    )
),

added as (
    insert into thread_identities (thread_key, identity_key)
    select thread_key, identity_key from news order by thread_key, identity_key
),

removed as (
    delete from thread_identities t
    using (select * from was except select thread_key, identity_key from told) w
    where t.thread_key = w.thread_key and t.identity_key = w.identity_key
    returning t.thread_key, t.identity_key
),

fresh as (
    insert into identities (identity_key, kind, hash, masked, ambiguous)
    select distinct on (identity_key) identity_key, kind, hash, masked, false
    from news order by identity_key
    on conflict (identity_key) do nothing
    returning identity_key
),

met as (
    select n.identity_key as one, n.kind as kind, o.identity_key as other, o.kind as other_kind
    from news n join told o on o.thread_key = n.thread_key and o.identity_key <> n.identity_key
),

tied as (
    insert into identity_ties (identity_key, kind, other_key)
    select one, other_kind, other from met union select other, kind, one from met
    order by 1, 2, 3
    on conflict (identity_key, kind, other_key) do nothing
    returning identity_key
),

parted as (
    select r.identity_key, w.identity_key as other
    from removed r left join was w on w.thread_key = r.thread_key
)

select
    (select coalesce(array_agg(identity_key), '{{}}') from fresh),
    (select coalesce(array_agg(distinct identity_key), '{{}}') from tied),
    (select coalesce(array_agg(identity_key), '{{}}') from parted),
    (select coalesce(array_agg(other), '{{}}') from parted)

-- :untie
-- Ties that no thread tells any more are gone.
with parted as (
    select distinct one, other
    from unnest(%(one)s::bigint[], %(other)s::bigint[]) p (one, other)
    where one <> other and not exists (
        select from thread_identities x join thread_identities y using (thread_key)
        where x.identity_key = p.one and y.identity_key = p.other
    )
)
delete from identity_ties t
using (select one, other from parted union select other, one from parted) p
where t.identity_key = p.one and t.other_key = p.other

-- :forget
-- Identities that no thread tells any more are gone.
delete from identities i
where identity_key = any(%(keys)s::bigint[]) and not exists (
    select from thread_identities t where t.identity_key = i.identity_key
)

-- :around
-- The identities and whom each is tied to; of those tied to many, not all.
select i.identity_key, i.kind, i.customer_key, i.ambiguous, t.others
from identities i
cross join lateral (
    select array_agg(other_key) as others
    from (
        select other_key from identity_ties t
        where t.identity_key = i.identity_key limit {many} + 1
    ) few
) t
where i.identity_key = any(%(keys)s::bigint[])

-- :crowded
-- Which of the identities so many people use that they tell of nobody.
select i.identity_key
from identities i
where i.identity_key = any(%(keys)s::bigint[]) and i.kind <> all(%(strong)s) and exists (
    select from unnest(%(counted)s::text[]) c (kind)
    where exists (
        select from identity_ties t
        where t.identity_key = i.identity_key and t.kind = c.kind offset {many} limit 1
    )
)

-- :ties
select identity_key, other_key from identity_ties where identity_key = any(%(keys)s::bigint[])

-- :decisions
select kind, identity_key, other_key from customer_decisions where undone_at is null

-- :place
update identities i
set customer_key = p.customer_key, ambiguous = p.ambiguous
from unnest(%(keys)s::bigint[], %(customers)s::bigint[], %(ambiguous)s::boolean[])
    p (identity_key, customer_key, ambiguous)
where i.identity_key = p.identity_key

-- :own
-- Whose the threads are now: of the due ones, and of all that tell an identity that moved.
-- Gives every customer that had or has one of these threads.
with affected as materialized (
    select unnest(%(threads)s::bigint[]) as thread_key
    union
    select thread_key from thread_identities where identity_key = any(%(moved)s::bigint[])
),

told as (
    select t.thread_key, i.kind, i.customer_key, i.ambiguous
    from affected a
    join thread_identities t using (thread_key)
    join identities i using (identity_key)
),

owned as materialized (
{owned}
),

was as materialized (
    select t.thread_key, t.customer_key
    from affected a join thread_customers t using (thread_key)
),

put as (
    insert into thread_customers as t (thread_key, customer_key)
    select o.thread_key, o.customer_key
    from owned o left join was w using (thread_key)
    where w.customer_key is distinct from o.customer_key
    order by o.thread_key
    on conflict (thread_key) do update set customer_key = excluded.customer_key
),

gone as (
    delete from thread_customers t
    using (select thread_key from was except select thread_key from owned) g
    where t.thread_key = g.thread_key
)

select customer_key from was union select customer_key from owned order by 1

-- :cause
-- The least due thread that tells two of a customer's identities: it joined them.
select c.customer_key, min(t.thread_key)
from (
    select i.customer_key, t.thread_key
    from thread_identities t join identities i using (identity_key)
    where t.thread_key = any(%(threads)s::bigint[])
        and i.customer_key = any(%(customers)s::bigint[])
    group by i.customer_key, t.thread_key having count(*) > 1
) c
join thread_identities t on t.thread_key = c.thread_key
group by c.customer_key

-- :log
insert into customer_merges (at, customer_key, into_key, thread_key, decision_id)
select %(now)s, former, into_key, cause, %(decision)s
from unnest(%(formers)s::bigint[], %(into)s::bigint[], %(causes)s::bigint[])
    as joined (former, into_key, cause)
