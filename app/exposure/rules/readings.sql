-- What a place (channel, queue, reason) reads at every full minute before %(to)s, back to
-- %(from)s: the same statement serves the live reading (one minute) and the trial (weeks).
-- Invariant: a contact waits during [offered_at, gone_at); windows are half-open, [m - N, m).
with bounds as (
    select %(from)s::timestamptz as first, %(to)s::timestamptz as last,
        %(from)s::timestamptz - %(window)s * interval '1 minute' as start
),

minutes as (
    select generate_series(start, last, interval '1 minute') as minute from bounds
),

-- An open call from before its source started again, or of hours ago, waits no more.
taken as materialized (
    select c.source, c.modality in ('near-sync', 'async') as written, c.offered_at, c.due_at,
        c.left_at, c.outcome, c.wait_ms, c.last_at,
        coalesce(c.talk_ms, 0)::bigint + coalesce(c.hold_ms, 0) + coalesce(c.wrap_ms, 0)
            as handled_ms,
        case when c.left_at is not null then c.left_at
            when c.modality in ('near-sync', 'async') then 'infinity'
            else least(c.offered_at + interval '4 hours', (
                select min(e.occurred_at) from events e
                where e.kind = 'source_started' and e.source = c.source
                    and e.occurred_at > c.offered_at
                    and e.occurred_at < c.offered_at + interval '4 hours'
            ))
        end as gone_at
    from contacts c, bounds b
    where c.channel = %(channel)s and c.direction = 'in' and c.modality <> 'bot'
        and c.offered_at < b.last
        and (c.offered_at >= b.start - %(reach)s::interval or c.outcome = 'open')
        and (%(queue)s::text is null or c.queue = %(queue)s)
        and (%(reason)s::text is null or c.reason = %(reason)s)
),

-- Who is the oldest, and when: from when all that came before are gone, until it goes itself.
-- These spans do not overlap, so that a minute meets one of them at most.
oldest as (
    select written, offered_at, greatest(offered_at, gone_before) as since, gone_at
    from (
        select *, max(gone_at) over (
            partition by written order by offered_at, gone_at
            rows between unbounded preceding and 1 preceding
        ) as gone_before
        from taken
    ) ordered
    where gone_before is null or gone_at > gone_before
),

ages as (
    select minute,
        max(extract(epoch from minute - offered_at)) filter (where not written) as longest_s,
        max(extract(epoch from minute - offered_at)) filter (where written) as backlog_s
    from oldest, bounds, generate_series(
        date_bin('1 minute', greatest(since, first) - interval '1 us', last) + interval '1 minute',
        least(gone_at, last + interval '1 us') - interval '1 us',
        interval '1 minute'
    ) as minute
    group by minute
),

-- What came to an end in each minute, and was there a promise to judge it by.
ended as (
    select date_bin('1 minute', left_at, last) + interval '1 minute' as minute,
        count(*) filter (where outcome in ('answered', 'abandoned') and due_at is not null)
            as judged,
        count(*) filter (where outcome = 'answered' and left_at <= due_at) as in_time,
        sum(wait_ms) filter (where outcome in ('answered', 'abandoned')) as waited_ms,
        count(wait_ms) filter (where outcome in ('answered', 'abandoned')) as waits
    from taken, bounds
    where left_at >= start and left_at < last
    group by minute
),

-- One more is late when its promise passes, one fewer when it goes.
late as (
    select minute, sum(many) as more
    from bounds, lateral (
        select greatest(due_at, start) as at, 1 as many from taken
        where due_at < gone_at and gone_at > start and due_at < last
        union all
        select gone_at, -1 from taken
        where due_at < gone_at and gone_at > start and gone_at <= last
    ) steps
    cross join lateral (
        select date_bin('1 minute', at - interval '1 us', last) + interval '1 minute' as minute
    ) binned
    group by minute
),

-- By the prices in force when they came; the source's own goes before the channel's.
spent as (
    select date_bin('1 minute', t.offered_at, b.last) + interval '1 minute' as minute,
        sum(p.contact_micros + p.minute_micros * t.handled_ms / 60000.0) / 1000000 as cost
    from bounds b, taken t, lateral (
        select contact_micros, minute_micros from costs
        where channel = %(channel)s and source in ('*', t.source) and valid_from <= t.offered_at
        order by source = '*', valid_from desc limit 1
    ) p
    where t.offered_at >= b.start
    group by 1
),

-- The last word that was heard by then of the sources that feed the place; of now the sources
-- themselves tell it.
heard as (
    select date_bin('1 minute', at - interval '1 us', last) + interval '1 minute' as minute,
        max(at) as at
    from bounds, lateral (
        select unnest(array[offered_at, left_at]) as at from contacts
        where %(past)s and source in (select distinct source from taken)
            and offered_at >= start - interval '3 days' and offered_at < last
    ) facts
    where at is not null and at < last and at >= start - interval '1 day'
    group by minute
),

known as (
    select coalesce(m.minute, h.minute) as minute,
        max(h.at) over (order by coalesce(m.minute, h.minute)) as heard_at, m.minute is not null
            as asked
    from minutes m full join heard h using (minute)
)

select k.minute as at, k.heard_at as fed_at,
    coalesce(a.longest_s, 0)::float8 as longest_wait,
    coalesce(a.backlog_s, 0)::float8 as backlog_age,
    (sum(e.waited_ms) over recent / nullif(sum(e.waits) over recent, 0) / 1000)::float8
        as average_wait,
    (coalesce(sum(e.in_time) over recent, 0) / nullif(
        coalesce(sum(e.judged) over recent, 0)
        + coalesce(sum(l.more) over (order by k.minute), 0), 0))::float8 as service_level,
    case when exists (select from costs where channel = %(channel)s)
        then coalesce(sum(s.cost) over recent, 0)::float8 end as cost
from (select * from known where asked) k
left join ages a using (minute)
left join ended e using (minute)
left join late l using (minute)
left join spent s using (minute)
window recent as (order by k.minute rows between %(window)s - 1 preceding and current row)
order by k.minute
