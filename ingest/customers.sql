-- What is shown of customers.

-- :whose
-- The customer that a customer's key, past or present, or an identity's key leads to.  The second
-- way is for those to whom the identity that gave the key is hidden (`app.sight`).
select customer_key from identities where identity_key = %(key)s and customer_key is not null
union all
select customer_key from thread_customers where customer_key = %(key)s
limit 1

-- :identities
select i.identity_key, i.kind, i.masked, i.ambiguous, count(t.*) as threads
from identities i left join thread_identities t using (identity_key)
where i.customer_key = %(customer)s
group by i.identity_key, i.kind, i.masked, i.ambiguous
order by i.kind, i.identity_key

-- :timeline
select
    c.source, c.channel, c.direction, c.queue, c.reason, c.segment, c.outcome,
    c.began_at, c.offered_at, c.answered_at, c.resolved_at, c.last_at, c.wait_ms, c.talk_ms,
    c.thread_key, c.turn,
    l.previous_thread_key, l.previous_turn, l.previous_channel, l.previous_outcome, l.since_ms
from thread_customers t
join contacts c using (thread_key)
left join links l on l.thread_key = c.thread_key and l.turn = c.turn
where t.customer_key = %(customer)s
    and (%(before)s::timestamptz is null or c.began_at < %(before)s)
order by c.began_at desc, c.thread_key, c.turn
limit %(limit)s

-- :number
select count(*), min(c.began_at), max(c.began_at)
from thread_customers t join contacts c using (thread_key)
where t.customer_key = %(customer)s

-- :merges
select at, customer_key, into_key, thread_key, decision_id
from customer_merges
where customer_key = any(%(keys)s::bigint[]) or into_key = any(%(keys)s::bigint[])
order by id

-- :list
-- Customers by number of contacts.  The widest first: these are looked at for wrong merges.
with widest as (
    select t.customer_key, count(*) as contacts, max(c.last_at) as last_at
    from thread_customers t join contacts c using (thread_key)
    where %(customer)s::bigint is null or t.customer_key = %(customer)s
    group by t.customer_key
    order by contacts desc, t.customer_key
    limit %(limit)s
)

select w.*, i.identities, i.known_by
from widest w
cross join lateral (
    select count(*) as identities, string_agg(kind || ' ' || masked, ', ' order by kind, masked)
        as known_by
    from identities i where i.customer_key = w.customer_key
) i
order by contacts desc, customer_key

-- :conflicts
-- What is tied to another customer than its own and no split says that it must not be.
select
    i.identity_key, i.kind, i.masked, i.customer_key, i.ambiguous,
    array_agg(distinct o.customer_key order by o.customer_key) as others,
    (select count(*) from thread_identities t where t.identity_key = i.identity_key) as threads
from identities i
join identity_ties t using (identity_key)
join identities o on o.identity_key = t.other_key
where i.customer_key <> o.customer_key
    and (i.ambiguous or i.kind = any(%(strong)s) and t.kind = any(%(strong)s))
    and not exists (
        select from customer_decisions d
        where d.undone_at is null and d.kind = 'split'
            and d.identity_key in (i.identity_key, o.identity_key)
    )
group by i.identity_key, i.kind, i.masked, i.customer_key, i.ambiguous
order by i.kind, i.identity_key
limit %(limit)s

-- :shared
-- What so many people use that it tells of nobody.
select i.identity_key, i.kind, i.masked, count(*) as threads
from identities i join thread_identities t using (identity_key)
where i.customer_key is null
group by i.identity_key, i.kind, i.masked
order by threads desc, i.identity_key
limit %(limit)s

-- :news
-- Whatever is told of a thread makes it due, and linking it makes it due no more.  Readings of
-- the ends of indexes, however many customers there are.
select concat_ws('.',
    (select last_value from linking_due_id_seq),
    (select coalesce(max(id), 0) from linking_due),
    (select coalesce(max(id), 0) from customer_merges)
)
