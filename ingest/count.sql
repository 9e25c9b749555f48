-- The contacts of the touched threads are folded again; what changed moves on to the followers.
-- Of a thread never seen before (not among the `known`) the stage holds all that there is.
-- Invariant: the threads are locked by this transaction, so what `was` reads nobody else changes.
with facts as (
    select {facts} from stage
    where thread_key <> all(%(known)s::bigint[]) and kind <> all(%(apart)s)
    union all
    select {facts} from events
    where thread_key = any(%(threads)s::bigint[])
        and occurred_at between %(first_at)s and %(last_at)s
        and kind <> all(%(apart)s)
),

{fold},

was as materialized (
    select * from contacts where thread_key = any(%(threads)s::bigint[])
),

-- `alone`: there is no other side to it, the contact is new or has vanished.
moved as materialized (
    select (-1)::smallint as sign, f.thread_key is null as alone, w.*
    from was w
    left join folded f on f.thread_key = w.thread_key and f.turn = w.turn
    where f.thread_key is null or w.* is distinct from f.*
    union all
    select 1::smallint, w.thread_key is null, f.*
    from folded f
    left join was w on w.thread_key = f.thread_key and w.turn = f.turn
    where w.thread_key is null or w.* is distinct from f.*
),

added as (
    insert into contacts ({columns})
    select {columns} from moved where sign = 1 and alone
    order by thread_key, turn
),

changed as (
    update contacts c
    set {changed}
    from moved m
    where m.sign = 1 and not m.alone and c.thread_key = m.thread_key and c.turn = m.turn
),

vanished as (
    delete from contacts c
    using moved m
    where m.sign = -1 and m.alone and c.thread_key = m.thread_key and c.turn = m.turn
),

-- The threads with new events, whether or not a contact moved.
heard as (
    select distinct thread_key from stage
    where (thread_key <> all(%(known)s::bigint[]) or thread_key = any(%(threads)s::bigint[]))
        and kind <> all(%(apart)s)
){followers}

-- How many contacts there are more than before.
select coalesce(sum(sign), 0)::integer from moved
