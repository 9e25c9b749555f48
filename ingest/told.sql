-- The facts: every identity that a thread tells, once.  A thread that tells very many
-- (a mailing, a test) tells of nobody.
select thread_key, kind, hash, masked, ('x' || left(hash, 16))::bit(64)::bigint as identity_key
from (
    select
        thread_key, i ->> 0 as kind, i ->> 1 as hash, min(i ->> 2) as masked,
        count(*) over (partition by thread_key) as number
    from (
        select distinct thread_key, identities::text as said
        from events
        where identities is not null and kind <> all(%(apart)s) and {which}
    ) e
    cross join lateral json_array_elements(said::json) i
    group by 1, 2, 3
) t
where number <= {most}
