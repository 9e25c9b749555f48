-- The staged events, each id once, are told apart from those we know, and the new ones kept.
-- Gives a row per verdict on the known threads: how many, the threads of the new, the positions
-- of the others.  All that the stage holds of the other threads is new.
-- Invariant: of one (thread, event id) exactly one event is kept: the greatest revision; of
-- equal revisions the first told, and another content under that id is a conflict.
with known as materialized (
    select thread_key, event_key, occurred_at, revision, digest
    from events
    where thread_key = any(%(threads)s::bigint[])
        and occurred_at between %(first_at)s and %(last_at)s
),

judged as materialized (
    select
        s.*,
        k.occurred_at as known_at,
        case
            when k.revision is null or k.revision < s.revision then 'new'
            when k.revision > s.revision then 'superseded'
            when k.digest = s.digest then 'duplicate'
            else 'conflict'
        end as verdict
    from stage s
    left join known k on k.thread_key = s.thread_key and k.event_key = s.event_key
    where s.thread_key = any(%(threads)s::bigint[])
),

-- A newer revision takes the place of its forerunner, in another day's partition if need be.
revised as (
    update events e
    set {revised}
    from judged j
    where j.verdict = 'new'
        and e.thread_key = j.thread_key and e.event_key = j.event_key
        and e.occurred_at = j.known_at
),

kept as (
    insert into events ({columns})
    select {columns} from stage where thread_key <> all(%(threads)s::bigint[])
    union all
    select {columns} from judged where verdict = 'new' and known_at is null
    order by thread_key, event_key
)

select
    verdict,
    count(*),
    (array_agg(thread_key) filter (where verdict = 'new' and kind <> all(%(apart)s)))::text,
    array_agg(position) filter (where verdict <> 'new')
from judged
group by verdict
