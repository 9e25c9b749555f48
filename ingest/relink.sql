-- The links of some customers are made anew; what changed moves on to the followers.
-- Invariant: whoever links holds the lock of all linking, so what `was` reads nobody changes.
with whose as materialized (
    select thread_key, customer_key from thread_customers
    where customer_key = any(%(customers)s::bigint[])
),

{links},

-- With what another customer still holds of their threads.
was as materialized (
    select * from links where customer_key = any(%(customers)s::bigint[])
    union all
    select * from links
    where thread_key = any(array(select thread_key from whose))
        and customer_key <> all(%(customers)s::bigint[])
),

-- `alone`: there is no other side to it, the link is new or has vanished.
moved as materialized (
    select (-1)::smallint as sign, l.thread_key is null as alone, w.*
    from was w
    left join linked l on l.thread_key = w.thread_key and l.turn = w.turn
    where l.thread_key is null or w.* is distinct from l.*
    union all
    select 1::smallint, w.thread_key is null, l.*
    from linked l
    left join was w on w.thread_key = l.thread_key and w.turn = l.turn
    where w.thread_key is null or w.* is distinct from l.*
),

added as (
    insert into links ({columns})
    select {columns} from moved where sign = 1 and alone
    order by thread_key, turn
),

changed as (
    update links l
    set {changed}
    from moved m
    where m.sign = 1 and not m.alone and l.thread_key = m.thread_key and l.turn = m.turn
),

vanished as (
    delete from links l
    using moved m
    where m.sign = -1 and m.alone and l.thread_key = m.thread_key and l.turn = m.turn
){followers}

select count(*) filter (where sign = 1 or alone)::integer from moved
