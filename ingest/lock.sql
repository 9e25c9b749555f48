-- Take the batch's threads, in key order (no deadlocks), and learn the span of all their events.
-- The keys are given as text: the next statements take them as they are.
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
    returning thread_key, first_at, last_at
)

select min(first_at), max(last_at), array_agg(thread_key)::text from locked
