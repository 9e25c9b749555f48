-- Forgetting by age.  A thread goes as a whole, once its last word and all that is due of it are
-- older than the horizon; what is left is what it would be had the thread never been, but for
-- the sums before the horizon, which stay.

-- :publish
insert into forgotten as f (what, before, ran_at) values (%(what)s, %(before)s, %(now)s)
on conflict (what) do update set before = greatest(f.before, excluded.before),
    ran_at = excluded.ran_at

-- :claim
-- A night is begun once, whoever begins it; the first is that after the house was opened.
insert into forgotten as f (what, before, ran_at) values ('night', %(since)s, %(now)s)
on conflict (what) do update set before = excluded.before, ran_at = excluded.ran_at
where f.ran_at < excluded.before
returning old.what is not null as again

-- :old
select thread_key from threads t
where last_at < %(before)s and not exists (
    select from contacts c where c.thread_key = t.thread_key and c.due_at >= %(before)s
)

-- :count_old
select count(*) from contacts where thread_key in (
    select thread_key from threads t
    where last_at < %(before)s and not exists (
        select from contacts c where c.thread_key = t.thread_key and c.due_at >= %(before)s
    )
)

-- :drop
-- Whoever writes to one of them now keeps it; it is looked at again tomorrow.
with free as (
    select thread_key from threads t
    where thread_key = any(%(threads)s) and last_at < %(before)s and not exists (
        select from contacts c where c.thread_key = t.thread_key and c.due_at >= %(before)s
    )
    order by thread_key
    for update skip locked
),
gone as (delete from threads t using free f where t.thread_key = f.thread_key),
contacts_gone as (
    delete from contacts c using free f where c.thread_key = f.thread_key returning c.thread_key
),
-- Not by way of the followers: the sums stay.
links_gone as (delete from links l using free f where l.thread_key = f.thread_key)
select
    (select coalesce(array_agg(thread_key), '{{}}')::text from free),
    (select count(*) from free), (select count(*) from contacts_gone)

-- :days
-- The days of events that are wholly before then.
select c.relname, (to_date(substr(c.relname, 8), 'YYYYMMDD') + 1)::timestamp at time zone 'UTC'
from pg_inherits i join pg_class c on c.oid = i.inhrelid
where i.inhparent = 'events'::regclass and c.relname ~ '^events_[0-9]{{8}}$'
    and (to_date(substr(c.relname, 8), 'YYYYMMDD') + 1)::timestamp at time zone 'UTC' <= %(before)s
order by c.relname

-- :with_agents
-- Threads that name an agent and have had their last word before then.
select t.thread_key from threads t
where t.last_at < %(before)s and t.thread_key in (
    select thread_key from contacts where agent is not null and last_at < %(before)s
    union all
    select thread_key from events
    where agent is not null and kind <> 'agent_state'
        and occurred_at >= %(since)s and occurred_at < %(before)s
)

-- :count_agents
select count(*) from contacts where agent is not null and last_at < %(before)s

-- :hide_agents
with free as (
    select thread_key, first_at, last_at from threads
    where thread_key = any(%(threads)s) and last_at < %(before)s
    order by thread_key
    for update skip locked
),
events_hidden as (
    update events e set agent = null from free f
    where e.thread_key = f.thread_key and e.occurred_at between f.first_at and f.last_at
        and e.occurred_at >= %(since)s and e.occurred_at < %(before)s and e.agent is not null
)
update contacts c set agent = null from free f
where c.thread_key = f.thread_key and c.agent is not null

-- :span
select min(first_at) from threads where thread_key = any(%(threads)s)

-- :count_states
select count(*) from events where kind = 'agent_state' and occurred_at < %(before)s

-- :first_state
select min(occurred_at) from events where kind = 'agent_state' and occurred_at < %(before)s

-- :drop_states
with gone as (
    delete from events
    where kind = 'agent_state' and occurred_at >= %(since)s and occurred_at < %(until)s
    returning thread_key
),
threads_gone as (
    delete from threads where thread_key in (select thread_key from gone) and last_at < %(until)s
)
select count(*) from gone

-- :drop_last_words
delete from agent_states where at < %(before)s
