-- The last word on each agent, from the agent events of a batch; a later word on the same thing
-- wins and at one time the greater one does, so order and repetition change nothing.
-- Reads `stage`, where events lie that contacts do not know; what the store has not kept as it
-- stands there (another content under a known id) is not listened to.
insert into agent_states as s
    (source, agent, queue, channel, present, present_at, paused, paused_at, busy, busy_at,
     contacts, contacts_at, engaged_at, at)
select
    source, agent, coalesce(queue, ''), (max(array[at, channel]))[2],
    {last}
    max(occurred_at) filter (where busy = 1), max(occurred_at)
from (
    select
        g.source, g.agent, g.queue, g.channel, g.occurred_at, w.present, w.paused, w.busy,
        to_char(g.occurred_at at time zone 'UTC', 'YYYYMMDDHH24MISSUS') as at,
        case when said.contacts ~ '^[0-9]{{1,3}}$' then said.contacts::integer end as contacts
    from stage g
    cross join lateral json_to_record(g.attributes)
        as said (state text, event text, contacts text)
    {understood}
    where g.kind = 'agent_state' and g.agent is not null and g.digest = (
        select e.digest from events e
        where e.thread_key = g.thread_key and e.event_key = g.event_key
            and e.occurred_at = g.occurred_at
    )
) told
group by source, agent, coalesce(queue, '')
order by source, agent, coalesce(queue, '')
on conflict (source, agent, queue) do update set
    channel = case
        when excluded.at > s.at then excluded.channel
        when excluded.at = s.at then greatest(s.channel, excluded.channel)
        else s.channel end,
    {later}
    engaged_at = greatest(s.engaged_at, excluded.engaged_at),
    at = greatest(s.at, excluded.at)
