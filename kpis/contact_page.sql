-- What is known of the contacts of one page, in its order.  A request that became no contact
-- (its turn is 0) has only links and identities.
select
    w.thread_key,
    w.turn,
    c.contact_id, c.outcome,
    c.began_at, c.answered_at, c.abandoned_at, c.flowed_out_at, c.deflected_at, c.contained_at,
    c.resolved_at,
    c.wait_ms, c.dial_wait_ms, c.talk_ms, c.hold_ms, c.wrap_ms, c.response_ms, c.resolution_ms,
    c.target_ms,
    c.messages_in, c.messages_out, c.transfers,
    o.customer_key,
    (
        select array_agg(i.masked order by i.kind, i.identity_key)
        from thread_identities t
        join identities i on i.identity_key = t.identity_key
        where t.thread_key = w.thread_key
    ) as identities,
    l.previous_thread_key, l.previous_turn, l.previous_channel, l.since_ms,
    l.next_thread_key, l.next_turn, l.next_channel, l.until_ms
from unnest(cast(:threads as bigint[]), cast(:turns as integer[])) with ordinality
    as w (thread_key, turn, place)
left join contacts c on c.thread_key = w.thread_key and c.turn = w.turn
left join thread_customers o on o.thread_key = w.thread_key
left join links l on l.thread_key = w.thread_key and l.turn = w.turn
order by w.place
