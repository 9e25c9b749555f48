-- What each agent was doing: `pieces` of spells, cut by quarter hours, within [from, to).
-- Reads the events of kind agent_state by their partial index, from 12 hours before `from` on:
-- an agent of whom nothing was told for longer is not believed to be there any more.
-- Invariant: a later word on the same thing wins; at one time the greater one does.
with told as materialized (
    select
        hashtextextended(e.source || '/' || e.agent, 0) as who,
        e.source, e.agent, coalesce(e.queue, '') as queue, e.channel, e.site,
        e.occurred_at as at, w.present, w.paused, w.busy,
        case when said.contacts ~ '^[0-9]{{1,3}}$' then said.contacts::integer end as contacts
    from events e
    cross join lateral json_to_record(e.attributes)
        as said (state text, event text, contacts text)
    {understood}
    where e.kind = 'agent_state' and e.agent is not null
        and e.occurred_at >= :since and e.occurred_at < :until
),

-- Asked by queue, an agent stands in each of his queues; else once.
places as (
    select distinct who, source, agent, case when :by_queue then queue else '' end as place
    from told
),

-- A place without a name is no place of those who have others.
standing as (
    select *, place = '' and count(*) over (partition by who) > 1 as nowhere
    from places
),

-- What is said of no queue is said of all; a source that starts again has nobody.
placed as (
    select p.place, t.*
    from standing p
    join told t on t.who = p.who
        and (not :by_queue or t.queue in ('', p.place))
    where not p.nowhere
    union all
    select p.place, p.who, p.source, p.agent, null, null, null, r.occurred_at, 0, 0, 0, null
    from standing p
    join events r on r.source = p.source and r.kind = 'source_started'
        and r.occurred_at >= :since and r.occurred_at < :until
    where not p.nowhere
),

numbered as (
    select *, dense_rank() over (partition by who, place order by at) as rank
    from placed
),

-- The last word on each thing: the rank in front makes the latest the greatest.
known as (
    select
        who, source, agent, place, at, channel, site,
        lead(at) over (partition by who, place order by at) as next_at,
        max(rank * 2 + present) over said % 2 as present,
        max(rank * 2 + paused) over said % 2 as paused,
        max(rank * 2 + busy) over said % 2 as busy,
        max(rank * 1000 + contacts) over said % 1000 as contacts
    from numbered
    window said as (partition by who, place order by at)
),

-- Who never says that somebody is engaged cannot be asked for the occupancy.
telling as (
    select distinct source from told where busy = 1
),

spells as (
    select
        who, source, agent, place, channel, site,
        busy = 1 as engaged,
        source in (select source from telling) as tells,
        case when busy = 1 then contacts end as contacts,
        greatest(at, :from) as began,
        least(next_at, at + interval '12 hours', :until) as ended
    from known
    where present = 1 and (busy = 1 or coalesce(paused, 0) = 0)
)

select
    s.who, s.source, s.agent, s.place as queue, s.site, null::text as reason, null::text as segment,
    s.channel, coalesce(ch.modality, 'sync') as modality, greatest(s.began, q) as at,
    s.tells, s.engaged, s.contacts,
    (extract(epoch from least(s.ended, q + interval '15 minutes') - greatest(s.began, q)) * 1000
    )::bigint as lasted_ms
from spells s
cross join lateral generate_series(
    date_bin('15 minutes', s.began, 'epoch'), s.ended, interval '15 minutes'
) q
left join channels ch on ch.channel = s.channel
where s.ended > s.began and q < s.ended
