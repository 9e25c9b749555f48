-- The links: of each request of a customer the previous and the next one.
-- Reads `whose` (thread_key, customer_key) with all threads of its customers; gives `linked`
-- (all columns of links).
--
-- Invariant: a pure function of the contacts and of whose they are, not of the order in which
-- they became known.

-- All that the customers did, also where they asked for nobody.
tried as (
    select
        w.customer_key, c.thread_key, c.turn, coalesce(c.offered_at, c.began_at) as arrived_at,
        c.source, c.channel, c.modality, c.queue, c.reason, c.segment, c.site, c.outcome,
        -- Handed on: the last word is not that it is settled, but that another queue has it.
        coalesce(c.flowed_out_at > c.resolved_at, c.flowed_out_at is not null) as hands_on
    from contacts c
    join whose w on w.thread_key = c.thread_key
    where c.direction = 'in' {looked_up}
),

-- A request begins with the first turn of a thread and with every turn to which the one before
-- did not hand on.  So a transfer or the way to another queue is no repeat; a conversation that
-- is taken up again after its end is one.
begun as (
    select
        t.*,
        coalesce(not lag(hands_on) over thread, true) as begins
    from tried t
    window thread as (partition by thread_key order by turn)
),

numbered as (
    select b.*, count(*) filter (where begins) over thread as request
    from begun b
    window thread as (partition by thread_key order by turn)
),

-- A request stands where it began, and has come to what its last turn has come to.
requests as (
    select
        thread_key, turn, customer_key, arrived_at, source, channel, modality, queue, reason,
        segment, site, ended as outcome
    from (
        select
            n.*,
            last_value(outcome) over (
                partition by thread_key, request order by turn
                rows between unbounded preceding and unbounded following
            ) as ended
        from numbered n
    ) told
    where begins
),

linked as (
    select
        thread_key, turn, customer_key, arrived_at, source, channel, modality, queue, reason,
        segment, site, outcome,
        lag(thread_key) over customer as previous_thread_key,
        lag(turn) over customer as previous_turn,
        lag(channel) over customer as previous_channel,
        lag(queue) over customer as previous_queue,
        lag(reason) over customer as previous_reason,
        lag(outcome) over customer as previous_outcome,
        {since_customer} as since_ms,
        {since_on_channel} as since_channel_ms,
        case when reason is not null then {since_for_reason} end as since_reason_ms,
        case when reason is not null then {since_for_both} end as since_both_ms,
        lead(thread_key) over customer as next_thread_key,
        lead(turn) over customer as next_turn,
        lead(channel) over customer as next_channel,
        lead(queue) over customer as next_queue,
        lead(reason) over customer as next_reason,
        case when reason is not null then lead(channel) over for_reason end
            as next_reason_channel,
        {until_customer} as until_ms,
        {until_on_channel} as until_channel_ms,
        case when reason is not null then {until_for_reason} end as until_reason_ms,
        case when reason is not null then {until_for_both} end as until_both_ms
    from requests
    window
        customer as (partition by customer_key order by arrived_at, thread_key, turn),
        on_channel as (partition by customer_key, channel order by arrived_at, thread_key, turn),
        for_reason as (partition by customer_key, reason order by arrived_at, thread_key, turn),
        for_both as (
            partition by customer_key, reason, channel order by arrived_at, thread_key, turn
        )
)
