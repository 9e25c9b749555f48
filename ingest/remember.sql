-- The staged rows become events.  Gives one row a verdict: how many, and the threads of the new.
-- Invariant: of one (thread, event id) exactly one event is kept: the greatest revision; of
-- equal revisions the first told, and another content under that id is a conflict.
with judged as (
    select
        s.*,
        k.occurred_at as known_at,
        case
            when k.revision > s.revision then 'superseded'
            when k.revision = s.revision and k.digest = s.digest then 'duplicate'
            when k.revision = s.revision then 'conflict'
            when row_number() over best = 1 then 'new'
            when first_value(s.revision) over best > s.revision then 'superseded'
            when first_value(s.digest) over best = s.digest then 'duplicate'
            else 'conflict'
        end as verdict
    from stage s
    left join events k
        on k.thread_key = s.thread_key and k.event_key = s.event_key
        and k.occurred_at between %(first_at)s and %(last_at)s
        and k.thread_key = any(%(threads)s)
    window best as (
        partition by s.thread_key, s.event_key order by s.revision desc, s.position
    )
),

-- A newer revision that moved in time: its forerunner goes.
outdated as (
    delete from events e
    using judged j
    where j.verdict = 'new' and j.known_at <> j.occurred_at
        and e.thread_key = j.thread_key and e.event_key = j.event_key
        and e.occurred_at = j.known_at
),

kept as (
    insert into events as e ({columns})
    select {columns} from judged where verdict = 'new'
    order by thread_key, event_key
    on conflict (thread_key, event_key, occurred_at) do update set {replaced}
)

select
    verdict,
    count(*),
    array_agg(distinct thread_key) filter (where kind <> all(%(apart)s)),
    array_agg(position) filter (where verdict = 'conflict')
from judged
group by verdict
