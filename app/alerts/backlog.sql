-- How the backlog of a scope moved in each quarter hour of [%(from)s, %(to)s), told at its end; at
-- %(from)s itself: what was open then.  Invariant: a written contact is open in [offered_at, left_at).
with taken as (
    select offered_at, left_at from contacts
    where direction = 'in' and modality in ('near-sync', 'async')
        and offered_at < %(to)s and (left_at is null or left_at >= %(from)s)
        and (%(channel)s::text is null or channel = %(channel)s)
        and (%(queue)s::text is null or queue = %(queue)s)
        and (%(reason)s::text is null or reason = %(reason)s)
        and (%(segment)s::text is null or segment = %(segment)s)
        and (%(site)s::text is null or site = %(site)s)
),

steps as (
    select offered_at as at, 1 as more from taken
    union all
    select left_at, -1 from taken where left_at < %(to)s
)

select case when at < %(from)s then %(from)s::timestamptz
        else date_bin('15 minutes', at, %(from)s) + interval '15 minutes' end as at,
    sum(more) as more
from steps
group by 1
