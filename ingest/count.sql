-- The contacts of the touched threads are folded again; what changed moves on to the followers.
-- Invariant: the threads are locked by this transaction, so what `was` reads nobody else changes.
with facts as materialized (
    select * from events
    where thread_key = any(%(threads)s)
        and occurred_at between %(first_at)s and %(last_at)s
        and kind <> all(%(apart)s)
),

{fold},

was as materialized (
    select * from contacts where thread_key = any(%(threads)s)
),

moved as materialized (
    (select (-1)::smallint as sign, {columns} from was
     except all
     select (-1)::smallint, {columns} from folded)
    union all
    (select 1::smallint, {columns} from folded
     except all
     select 1::smallint, {columns} from was)
),

stored as (
    insert into contacts ({columns})
    select {columns} from moved where sign = 1
    order by thread_key, turn
    on conflict (thread_key, turn) do update set {replaced}
),

vanished as (
    delete from contacts c
    using (
        select thread_key, turn from moved group by thread_key, turn having max(sign) = -1
    ) gone
    where c.thread_key = gone.thread_key and c.turn = gone.turn
){followers}

-- How many contacts there are more than before.
select coalesce(sum(sign), 0)::integer from moved
