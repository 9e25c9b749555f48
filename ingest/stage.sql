-- Where a batch lands.  The keys are stable hashes, made here because it is 20 times cheaper.
create temporary table if not exists stage (
    position integer,
    digest bigint,
    source text,
    revision bigint,
    event_id text,
    contact_id text,
    kind text,
    channel text,
    direction text,
    queue text,
    reason text,
    segment text,
    site text,
    agent text,
    wait_ms integer,
    dial_wait_ms integer,
    talk_ms integer,
    hold_ms integer,
    wrap_ms integer,
    occurred_at timestamptz,
    identities json,
    attributes json,
    -- What concerns no contact is kept a day a thread, so that none grows without end.
    thread_key bigint generated always as (
        hashtextextended(source || E'\x1f' || contact_id || case
            when kind in ({apart})
            then E'\x1f' || floor(extract(epoch from occurred_at at time zone 'UTC') / 86400)::bigint::text
            else ''
        end, 0)
    ) stored,
    event_key bigint generated always as (hashtextextended(event_id, 0)) stored
) on commit delete rows
