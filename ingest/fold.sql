-- The fold: the facts of a thread, in any order and however often told, become its contacts.
-- Reads `facts` (all columns of events, each fact once); gives `folded` (all columns of contacts).
--
-- Invariant: the outcome is a pure function of the *set* of facts.  Nothing here may look at
-- the order of arrival, so shuffling, repeating and batching change no byte.

-- Each fact with its place in the thread.  At equal times the fact that says it began
-- earlier comes first: a call that leaves one queue and enters the next in the same second.
placed as (
    select
        f.*,
        told,
        opens,
        f.kind in ({ending}) as ends,
        f.kind in ({answering}) as answers,
        f.occurred_at - told * interval '1 millisecond' as since,
        row_number() over thread as place
    from facts f
    cross join lateral (
        select
            coalesce(f.wait_ms, 0)::bigint + coalesce(f.talk_ms, 0) + coalesce(f.hold_ms, 0)
                as told,
            f.kind in ({opening}) as opens
    ) said
    window thread as (
        partition by f.thread_key order by f.occurred_at, told desc, opens desc, f.event_key
    )
),

-- What had been said before each fact: the last opening, ending and other word, and when.
spoken as (
    select
        p.*,
        coalesce(max(place) filter (where opens) over earlier, 0) as last_opening,
        coalesce(max(place) filter (where ends) over earlier, 0) as last_ending,
        coalesce(max(place) filter (where ends or answers) over earlier, 0) as last_other,
        max(occurred_at) filter (where opens or ends or answers) over earlier as last_word_at
    from placed p
    window earlier as (
        partition by thread_key order by occurred_at, told desc, opens desc, event_key
        rows between unbounded preceding and 1 preceding
    )
),

-- A contact opens with the first word, with an opening after an ending, or with an opening
-- after a silence in which we had the last word.
cut as (
    select
        s.*,
        opens and last_other >= last_opening as asks_anew,
        greatest(1, sum(case
            when not (opens or ends or answers) then 0
            when last_word_at is null then 1
            when not opens then 0
            when last_ending > last_opening then 1
            when last_other > last_opening and occurred_at - last_word_at > coalesce(
                (select silence_ms from channels ch where ch.channel = s.channel), 86400000
            ) * interval '1 millisecond' then 1
            else 0
        end) over thread)::integer as turn
    from spoken s
    window thread as (
        partition by thread_key order by occurred_at, told desc, opens desc, event_key
        rows unbounded preceding
    )
),

-- One row a contact, still raw.  The queue, reason, segment, site and agent told last stand:
-- a waiting contact is shown where it waits now.  Durations told by a fact are totals so far:
-- the greatest counts.
gathered as (
    select
        thread_key,
        turn,
        min(source) as source,
        min(contact_id) as contact_id,
        min(channel) as channel,
        min(direction) as direction,
        any_value(queue order by place desc) as queue,
        any_value(site order by place desc) as site,
        any_value(reason order by place desc) as reason,
        any_value(segment order by place desc) as segment,
        any_value(agent order by place desc) filter (where kind <> 'ring_no_answer') as agent,
        min(since) as began_at,
        max(occurred_at) as last_at,
        coalesce(
            min(occurred_at) filter (where opens),
            min(since) filter (where kind in ('answered', 'abandoned', 'flowed_out')
                               or kind in ('closed', 'transferred') and talk_ms is not null)
        ) as offered_at,
        coalesce(
            min(occurred_at) filter (where answers),
            min(occurred_at - (talk_ms::bigint + coalesce(hold_ms, 0)) * interval '1 millisecond')
                filter (where kind in ('closed', 'transferred') and talk_ms is not null)
        ) as answered_at,
        min(occurred_at) filter (where kind = 'abandoned') as abandoned_at,
        min(occurred_at) filter (where kind in ('flowed_out', 'transferred')) as flowed_out_at,
        min(occurred_at) filter (where kind in ('deflected', 'contained')) as deflected_at,
        min(occurred_at) filter (where kind = 'contained') as contained_at,
        max(occurred_at) filter (where kind in ('resolved', 'closed')) as resolved_at,
        max(occurred_at) filter (where kind = 'reopened') as reopened_at,
        coalesce(
            min(wait_ms) filter (where kind = 'answered'),
            min(wait_ms) filter (where ends)
        ) as wait_ms,
        min(dial_wait_ms) as dial_wait_ms,
        max(talk_ms) as talk_ms,
        max(hold_ms) as hold_ms,
        max(wrap_ms) as wrap_ms,
        case when max(place) filter (where opens) > coalesce(max(place) filter (where answers), 0)
             then max(occurred_at) filter (where asks_anew) end as awaiting_since,
        (count(*) filter (where kind = 'message_in'))::integer as messages_in,
        (count(*) filter (where kind = 'message_out'))::integer as messages_out,
        (count(*) filter (where kind = 'transferred'))::integer as transfers,
        (count(*) filter (where kind = 'ring_no_answer'))::integer as ring_no_answers
    from cut
    group by thread_key, turn
    having bool_or(opens or ends or answers or kind in ({passing}))
),

-- How long each target is in force.  The most specific decides: queue, channel, any.
aimed as (
    select
        t.*,
        lead(valid_from, 1, 'infinity') over (
            partition by channel, queue order by valid_from
        ) as valid_until
    from targets t
),

-- The outcome, best first: answered, abandoned, flowed out (also: closed without an answer),
-- deflected, else still open.  A contact that never asked for an agent has none.
judged as (
    select
        g.*,
        case
            when offered_at is null then null
            when answered_at is not null then 'answered'
            when abandoned_at is not null then 'abandoned'
            when flowed_out_at is not null then 'flowed_out'
            when deflected_at is not null then 'deflected'
            when resolved_at is not null then 'flowed_out'
            else 'open'
        end as outcome,
        coalesce(answered_at, abandoned_at, flowed_out_at, deflected_at, resolved_at) as left_at,
        case when reopened_at is null or resolved_at > reopened_at then resolved_at end as ended_at
    from gathered g
),

folded as (
    select
        j.thread_key,
        j.turn,
        j.source,
        j.contact_id,
        j.channel,
        coalesce(ch.modality, 'sync') as modality,
        j.direction,
        j.queue,
        j.reason,
        j.segment,
        j.site,
        j.agent,
        j.began_at,
        j.last_at,
        j.offered_at,
        j.answered_at,
        j.abandoned_at,
        case when j.outcome = 'flowed_out' then coalesce(j.flowed_out_at, j.resolved_at)
             else j.flowed_out_at end as flowed_out_at,
        j.deflected_at,
        j.contained_at,
        j.ended_at as resolved_at,
        case when j.offered_at is not null then j.left_at end as left_at,
        j.offered_at + coalesce(q.target_ms, c.target_ms, a.target_ms)
            * interval '1 millisecond' as due_at,
        j.outcome,
        -- Of what has not come yet there is no duration: milliseconds(null) is 0.
        coalesce(j.wait_ms, case when j.offered_at is not null and j.left_at is not null
            then milliseconds(j.left_at - j.offered_at) end) as wait_ms,
        j.dial_wait_ms,
        j.talk_ms,
        j.hold_ms,
        j.wrap_ms,
        case when ch.modality <> 'sync' and j.offered_at is not null and j.answered_at is not null
             then milliseconds(j.answered_at - j.offered_at) end as response_ms,
        case when j.offered_at is not null and j.ended_at is not null
             then milliseconds(j.ended_at - j.offered_at) end as resolution_ms,
        coalesce(q.target_ms, c.target_ms, a.target_ms) as target_ms,
        coalesce(q.short_ms, c.short_ms, a.short_ms) as short_ms,
        case when j.outcome = 'open' or j.outcome = 'answered' and j.ended_at is null
             then j.awaiting_since end as awaiting_since,
        j.messages_in,
        j.messages_out,
        j.transfers,
        j.ring_no_answers
    from judged j
    left join channels ch on ch.channel = j.channel
    left join aimed q on q.channel = j.channel and q.queue = j.queue
        and j.offered_at >= q.valid_from and j.offered_at < q.valid_until
    left join aimed c on c.channel = j.channel and c.queue = '*'
        and j.offered_at >= c.valid_from and j.offered_at < c.valid_until
    left join aimed a on a.channel = '*' and a.queue = '*'
        and j.offered_at >= a.valid_from and j.offered_at < a.valid_until
)
