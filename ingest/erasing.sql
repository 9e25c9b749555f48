-- Erasure: facts stay and are counted, what leads to a person goes.

-- :any
select exists (select from erased_threads) or exists (select from erased_identities)

-- :told
-- The threads of the staged batch that stay nobody's, the span of their events and the places of
-- theirs in the batch: threads erased before, and those that tell an erased identity of a time
-- before its erasure.  The latter are erased from now on, as a whole.
with hit as materialized (
    select s.thread_key
    from stage s join erased_threads e using (thread_key)
    union
    select s.thread_key
    from stage s
    cross join lateral json_array_elements(s.identities) i
    join erased_identities e on e.tombstone = {tombstone}
    where s.occurred_at < e.erased_at
),

noted as (
    insert into erased_threads (thread_key, erased_at)
    select thread_key, %(now)s from hit order by thread_key
    on conflict (thread_key) do nothing
)

select
    (select array_agg(thread_key)::text from hit),
    (select min(t.first_at) from threads t join hit using (thread_key)),
    (select max(t.last_at) from threads t join hit using (thread_key)),
    (select array_agg(s.position) from stage s join hit using (thread_key))

-- :events
-- The key and the digest stay: what is delivered again is known, and no news.
update events
set identities = null, contact_id = %(gone)s, event_id = %(gone)s,
    attributes = (
        select json_object_agg(key, value) from json_each(attributes)
        where key = any(%(kept)s)
    )
where thread_key = any(%(threads)s::bigint[]) and occurred_at between %(first_at)s and %(last_at)s
    and (contact_id <> %(gone)s or event_id <> %(gone)s or identities is not null)

-- :contacts
update contacts set contact_id = %(gone)s
where thread_key = any(%(threads)s::bigint[]) and contact_id <> %(gone)s

-- :buried
-- Which of these hashes are of erased identities, and since when.
select h.hash, e.erased_at from unnest(%(hashes)s::text[]) h (hash)
join erased_identities e on e.tombstone = hashtextextended(h.hash, {seed})

-- :kinds
select distinct kind from erased_identities

-- :keys
-- The identities of the customer whom this key, of the customer or of an identity, leads to.
select coalesce(array_agg(identity_key order by identity_key), '{{}}') from identities
where customer_key = (select customer_key from identities where identity_key = %(key)s)

-- :risen
-- What is buried and stands here nevertheless (an older state of the database was restored):
-- the identities that nothing younger tells, and the threads.
with risen as (
    select i.identity_key, e.erased_at
    from identities i join erased_identities e on e.tombstone = hashtextextended(i.hash, {seed})
)
select
    (select coalesce(array_agg(identity_key), '{{}}') from risen r where not exists (
        select from thread_identities x join threads t using (thread_key)
        where x.identity_key = r.identity_key and t.first_at >= r.erased_at
    )),
    (select coalesce(array_agg(distinct thread_key), '{{}}') from (
        select x.thread_key
        from thread_identities x join risen r using (identity_key) join threads t using (thread_key)
        where t.first_at < r.erased_at
        union all
        select thread_key from erased_threads join threads using (thread_key)
    ) told)

-- :theirs
-- What is known by these keys, and all that tells of it.
with keys as materialized (select unnest(%(keys)s::bigint[]) as identity_key),
known as (select kind, hash from identities join keys using (identity_key)),
theirs as materialized (
    select thread_key from thread_identities join keys using (identity_key)
    union
    select thread_key from thread_customers t join keys k on k.identity_key = t.customer_key
    union
    select unnest(%(threads)s::bigint[])
)
select
    (select coalesce(array_agg(kind order by hash), '{{}}') from known),
    (select coalesce(array_agg(hash order by hash), '{{}}') from known),
    (select coalesce(array_agg(hashtextextended(hash, {seed}) order by hash), '{{}}') from known),
    (select coalesce(array_agg(thread_key order by thread_key), '{{}}') from theirs),
    (select min(t.first_at) from threads t join theirs using (thread_key)),
    (select max(t.last_at) from threads t join theirs using (thread_key)),
    (select coalesce(array_agg(distinct c.contact_id), '{{}}')
     from contacts c join theirs using (thread_key) where c.contact_id <> %(gone)s),
    (select count(*) from contacts c join theirs using (thread_key) where c.contact_id <> %(gone)s)

-- :bury
insert into erased_identities as e (tombstone, kind, erased_at)
select tombstone, kind, %(now)s
from unnest(%(kinds)s::text[], %(tombstones)s::bigint[]) t (kind, tombstone)
on conflict (tombstone) do update set erased_at = greatest(e.erased_at, excluded.erased_at)

-- :bury_threads
insert into erased_threads (thread_key, erased_at)
select unnest(%(threads)s::bigint[]), %(now)s
on conflict (thread_key) do nothing

-- :merges
delete from customer_merges
where customer_key = any(%(keys)s::bigint[]) or into_key = any(%(keys)s::bigint[])

-- :decisions
delete from customer_decisions
where identity_key = any(%(keys)s::bigint[]) or other_key = any(%(keys)s::bigint[])

-- :accesses
-- That somebody looked at somebody stays.
update customer_accesses set customer_key = 0, page = null
where customer_key = any(%(keys)s::bigint[])

-- :inbox
select id, received_at, body, '' from inbox

-- :quarantine
select id, received_at, raw, detail from quarantine where octet_length(raw) > 0

-- :drop_inbox
delete from inbox where id = any(%(ids)s::bigint[])

-- :blank_quarantine
-- Of one source and reason at most one entry may be empty: the others go.
with chosen as (
    select id, row_number() over (partition by source, reason order by id) as place,
        exists (
            select from quarantine o
            where o.source = q.source and o.reason = q.reason and o.sha256 = sha256('')
        ) as taken
    from quarantine q where id = any(%(ids)s::bigint[])
),
gone as (
    delete from quarantine q using chosen c where q.id = c.id and (c.taken or c.place > 1)
)
update quarantine q
set raw = '', sha256 = sha256(''), detail = %(gone)s
from chosen c where q.id = c.id and not c.taken and c.place = 1
