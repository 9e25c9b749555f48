-- What an offer depends on beside the switches, as one JSON document of one snapshot.
-- Of the rows said for one scope and day the last one stands (calendars only ever add rows).
with weeks as (
    select distinct on (channel, queue, reason, valid_from)
        channel, queue, reason, valid_from, hours, zone, country, region, holiday_hours
    from calendars
    order by channel, queue, reason, valid_from, id desc
),
days as (
    select distinct on (channel, queue, reason, day)
        channel, queue, reason, day, hours, zone, why
    from calendar_days
    where day >= current_date - 3
    order by channel, queue, reason, day, id desc
),
-- People answer there at once: outside of opening hours there is nobody.
live as (
    select channel from exposure_modes join channels using (channel)
    where human = 1 and modality = 'sync'
),
-- A switch's version is the number of the entry that made it so: who made that entry, no other
-- word of it, says that a rule decided.
rules as (
    select made.id as switch, made.version, entry.actor_name as rule
    from exposure_switches as made
    join exposure_audit as entry on entry.seq = made.version and entry.switch_id = made.id
    where entry.actor_kind = 'rule'
),
-- Sampled once a minute; an older one says nothing of now.
waits as (
    select distinct on (channel, queue)
        channel, queue, estimate_ms / 1000.0 as wait_s, at
    from estimates
    where occasion = 'sample' and at > now() - interval '5 minutes'
    order by channel, queue, at desc
)
select json_build_object(
    'weeks', (select coalesce(json_agg(weeks), '[]') from weeks),
    'days', (select coalesce(json_agg(days), '[]') from days where hours is not null),
    'live', (select coalesce(json_agg(channel order by channel), '[]') from live),
    'waits', (select coalesce(json_agg(waits), '[]') from waits),
    'links', (select coalesce(json_agg(hub_links order by channel, surface), '[]') from hub_links),
    'clues', (select coalesce(json_agg(hub_clues order by id), '[]') from hub_clues),
    'rules', (select coalesce(json_agg(rules order by switch), '[]') from rules)
)::text
