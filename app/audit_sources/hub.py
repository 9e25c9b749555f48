"""The button and those who are told: links, clues, terms of callbacks, subscribers."""

from __future__ import annotations

from app import labels
from app.audit.source import Line, Reader, Source, Told, as_it_is
from app.i18n import N_

_BUTTON = """
    select row_number() over (order by channel, surface) as number, decided_at as at,
        decided_by as who, 'link' as act, channel || ' · ' || surface as subject,
        null::text as before, link as after, why
    from hub_links
    union all
    select id, decided_at, decided_by, 'clue', coalesce(page, path, contract, location, 'basket'),
        null, concat_ws(' · ', reason, segment), why
    from hub_clues
"""
_CALLBACKS = """
    select id as number, decided_at as at, decided_by as who,
        case when stands then 'terms' else 'no_terms' end as act, reason as subject,
        lag(hours) over (partition by reason order by id) as before, hours as after, why
    from callback_terms
"""
_SUBSCRIBERS = """
    select row_number() over (order by added_at, name) as number, added_at as at, added_by as who,
        'subscribed' as act, name as subject, null::text as before,
        split_part(url, '/', 3) as after, null::text as why
    from webhook_subscribers
"""


def _button(line: Line, _reader: Reader) -> Told:
    if line.act != "link":
        return Told(line.subject, after=line.after or "")
    channel, _dot, surface = line.subject.partition(" · ")
    thing = f"{labels.channel(channel)} · {labels.surface(surface)}"
    return Told(thing, after=line.after or "")


SOURCES = (
    Source(
        key="button",
        title=N_("Button"),
        right="see_audit",
        sql=_BUTTON,
        told=_button,
        acts={"link": N_("link set"), "clue": N_("clue set")},
        link=lambda line: "/button",
    ),
    Source(
        key="callbacks",
        title=N_("Callbacks"),
        right="see_audit",
        sql=_CALLBACKS,
        told=as_it_is,
        acts={"terms": N_("terms set"), "no_terms": N_("terms taken away")},
    ),
    Source(
        key="webhooks",
        title=N_("Webhooks"),
        right="see_audit",
        sql=_SUBSCRIBERS,
        told=as_it_is,
        acts={"subscribed": N_("added")},
    ),
)
