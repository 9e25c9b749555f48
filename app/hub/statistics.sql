-- Uniform navigation statistics: what the button showed, what was chosen, what was completed.
-- Every line is one told sum of `times`; the reader groups lines by the dimensions asked for.
with shown as (
    select
        channel, reason, segment, occurred_at, attributes ->> 'surface' as surface,
        coalesce((attributes ->> 'displays')::bigint, 1) as times,
        attributes ->> 'state' in ('promoted', 'open') as in_sight,
        coalesce((attributes ->> 'first')::boolean, false) as first,
        coalesce(attributes ->> 'hidden', '') as hidden
    from events
    where kind = 'offer_shown' and occurred_at >= %(from)s and occurred_at < %(to)s
),
acts as (
    select
        channel, reason, segment, occurred_at, attributes ->> 'surface' as surface,
        coalesce((attributes ->> 'displays')::bigint, 1) as times,
        kind = 'offer_chosen' as chosen,
        string_to_array(coalesce(attributes ->> 'hidden', ''), ',') as hidden
    from events
    where kind in ('offer_chosen', 'offer_completed')
        and occurred_at >= %(from)s and occurred_at < %(to)s
),
-- An act on another mode than one that was hidden: by channel it is told of the hidden one.
deflected as (
    select
        case when %(by_channel)s then away.channel else acts.channel end as channel,
        reason, segment, occurred_at, surface, times, chosen
    from acts
    cross join lateral (
        select unnest(hidden) as channel
        union all
        select '' where not %(by_channel)s
    ) as away
    where acts.channel <> all (hidden) and hidden <> '{}'
        and (away.channel = '') = (not %(by_channel)s)
),
lines as (
    select
        channel, reason, segment, surface, occurred_at,
        times as listed,
        case when in_sight then times else 0 end as displayed,
        case when first or %(by_channel)s then times else 0 end as displays,
        case
            when %(by_channel)s and in_sight then 0
            when %(by_channel)s or first and hidden <> '' then times
            else 0
        end as hidden,
        0 as chosen, 0 as completed, 0 as deflected_chosen, 0 as deflected_completed
    from shown
    union all
    select
        channel, reason, segment, surface, occurred_at, 0, 0, 0, 0,
        case when chosen then times else 0 end, case when chosen then 0 else times end, 0, 0
    from acts
    union all
    select
        channel, reason, segment, surface, occurred_at, 0, 0, 0, 0, 0, 0,
        case when chosen then times else 0 end, case when chosen then 0 else times end
    from deflected
)
