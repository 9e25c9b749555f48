-- Take the batch's threads, in key order (no deadlocks), and learn which of them were known
-- already and the span of all their events.  A thread never seen before needs no looking up.
-- The keys are given as text: the next statements take them as they are.
-- Whoever erases has all writers wait here, so what it left behind is seen: was anybody erased?
with touched as (
    select thread_key, min(occurred_at) as first_at, max(occurred_at) as last_at
    from stage
    group by thread_key
),

locked as (
    insert into threads as t (thread_key, first_at, last_at)
    select thread_key, first_at, last_at from touched
    order by thread_key
    on conflict (thread_key) do update set
        first_at = least(t.first_at, excluded.first_at),
        last_at = greatest(t.last_at, excluded.last_at)
    returning t.thread_key, t.first_at, t.last_at, old.thread_key is not null as known
)

select
    min(first_at), max(last_at), coalesce(array_agg(thread_key), '{}')::text,
    exists (select from erased_threads) or exists (select from erased_identities)
from locked
where known
