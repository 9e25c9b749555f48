-- The whole exposure as one JSON document.  One statement, so one snapshot: revision,
-- modes, words and switches always belong together.
with numbered as (
    select coalesce(max(seq), 0) as revision from exposure_audit
),
-- People answer where channels.human says so; a mode without a channel is no human one.
offered as (
    select
        mode.position,
        json_build_object(
            'channel', mode.channel,
            'human', coalesce(channels.human, 0) = 1,
            'label_fr', mode.label_fr,
            'label_en', mode.label_en
        ) as mode
    from exposure_modes as mode
    left join channels using (channel)
),
spoken as (
    select
        kind,
        position,
        json_build_object(
            'kind', kind, 'word', word, 'label_fr', label_fr, 'label_en', label_en,
            'retired', coalesce(retired_at <= now(), false)
        ) as word
    from exposure_words
)
select json_build_object(
    'revision', (select revision from numbered),
    'modes', (
        select coalesce(json_agg(mode order by position, mode ->> 'channel'), '[]') from offered
    ),
    'words', (
        select coalesce(json_agg(word order by kind, position, word ->> 'word'), '[]') from spoken
    ),
    'switches', (
        select coalesce(json_agg(to_json(exposure_switches) order by id), '[]')
        from exposure_switches
    )
)::text
