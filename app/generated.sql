-- So many contacts over the days before a moment, each a pure function of its number.
-- `draw` gives, of a number, numbers in [0, 1) that have nothing to do with each other.

-- :contacts
with numbers as (
    select
        i,
        hashint8extended(i, 7) as thread_key,
        draw(i, 1) as day, draw(i, 2) as hour, draw(i, 3) as about, draw(i, 4) as fate,
        -ln(1 - draw(i, 5)) as waited, -ln(1 - draw(i, 6)) as talked, draw(i, 8) as who
    from generate_series(%(first)s::bigint, %(last)s::bigint) i
),

-- More towards noon; what would come after the moment came a day earlier.
arrived as (
    select
        n.*,
        date_trunc('day', %(now)s::timestamptz at time zone 'UTC') at time zone 'UTC'
            - floor(day * %(days)s::integer) * interval '1 day'
            + (7 + 6.5 * hour + 6.5 * draw(i, 9)) * interval '1 hour' as told_at
    from numbers n
),

placed as (
    select
        a.*,
        case when told_at > %(now)s then told_at - %(days)s::integer * interval '1 day' else told_at
            end as offered_at,
        case
            when about < 0.45 then 'phone' when about < 0.6 then 'chat'
            when about < 0.82 then 'email' when about < 0.87 then 'form'
            when about < 0.97 then 'messaging' else 'callback'
        end as channel,
        (array['billing', 'delivery', 'subscription', 'support'])[1 + floor(who * 4)::integer]
            as queue
    from arrived a
),

-- In seconds; written ones take hours.
known as (
    select
        p.*,
        coalesce(ch.modality, 'sync') as modality,
        (case when ch.modality = 'async' then 9000 when ch.modality = 'near-sync' then 900 else 14
            end * waited)::numeric as wait_s,
        (20 + 220 * talked)::numeric as talk_s,
        t.target_ms,
        t.short_ms
    from placed p
    left join channels ch on ch.channel = p.channel
    left join lateral (
        select target_ms, short_ms from targets t
        where t.channel in (p.channel, '*') and t.queue = '*' and t.valid_from <= p.offered_at
        order by t.channel = '*', t.valid_from desc limit 1
    ) t on true
),

timed as (
    select
        k.*,
        offered_at + least(wait_s, 400000) * interval '1 second' as left_at,
        least(wait_s, 400000) * 1000 as wait_ms,
        case
            when offered_at + least(wait_s, 400000) * interval '1 second' > %(now)s then 'open'
            when fate < 0.87 then 'answered' when fate < 0.95 then 'abandoned'
            when fate < 0.98 then 'flowed_out' else 'deflected'
        end as outcome
    from known k
)

insert into contacts (
    thread_key, turn, source, contact_id, channel, modality, direction, queue, reason, segment,
    site, agent, began_at, last_at, offered_at, answered_at, abandoned_at, flowed_out_at,
    deflected_at, contained_at, resolved_at, left_at, due_at, outcome, wait_ms, dial_wait_ms,
    talk_ms, hold_ms, wrap_ms, response_ms, resolution_ms, target_ms, short_ms, awaiting_since,
    messages_in, messages_out, transfers, ring_no_answers
)
select
    thread_key, 1, 'generated', i::text, channel, modality, 'in', queue,
    (array['invoice', 'payment', 'delay', 'damage', 'move', 'cancel', 'advice', 'other'])
        [1 + floor(draw(i, 10) * 8)::integer],
    (array['traditional', 'online-only', 'premium'])[1 + floor(draw(i, 11) * 3)::integer],
    (array['paris', 'lyon', 'lille'])[1 + floor(draw(i, 12) * 3)::integer],
    case when outcome = 'answered' then 'A' || floor(draw(i, 13) * 200)::integer end,
    offered_at, case when outcome = 'open' then offered_at else left_at end, offered_at,
    case when outcome = 'answered' then left_at end,
    case when outcome = 'abandoned' then left_at end,
    case when outcome = 'flowed_out' then left_at end,
    case when outcome = 'deflected' then left_at end,
    null,
    case when outcome = 'answered' then left_at + talk_s * interval '1 second' end,
    case when outcome <> 'open' then left_at end,
    offered_at + target_ms * interval '1 millisecond', outcome,
    case when outcome <> 'open' then wait_ms::integer end, null,
    case when outcome = 'answered' then (talk_s * 1000)::integer end, null, null,
    case when outcome = 'answered' and modality <> 'sync' then wait_ms::integer end,
    case when outcome = 'answered' then (wait_ms + talk_s * 1000)::integer end,
    target_ms, short_ms, null,
    case when modality = 'sync' then 0 else 1 end,
    case when modality <> 'sync' and outcome = 'answered' then 1 else 0 end, 0, 0
from timed
order by offered_at

-- :ties
-- Each contact since a moment is of one of so many customers; each customer has one identity.
insert into thread_identities (thread_key, identity_key)
select c.thread_key, k.identity_key
from contacts c
join generated_customers k
    on k.number = floor(draw(c.contact_id::bigint, 14) * %(customers)s::integer)::integer
where c.offered_at >= %(since)s

-- :customers
insert into identities (identity_key, kind, hash, masked, customer_key, ambiguous)
select identity_key, 'phone', hash, masked, identity_key, false from generated_customers

-- :owners
insert into thread_customers (thread_key, customer_key)
select thread_key, identity_key from thread_identities
