"""Rules: who wrote and tried them, what they did, what people made of their advice."""

from __future__ import annotations

from app.audit.source import Source, as_it_is
from app.i18n import N_

_SQL = """
    select version::bigint as number, at, by as who, 'written' as act, name as subject,
        null::text as before, 'version ' || version as after, why
    from rule_versions
    union all
    select id, at, by, 'tried', name, null, 'version ' || version || ', ' || days || ' days', null
    from rule_trials
    union all
    select id, at, name, kind, name, null, told, null from rule_log
    union all
    select id, decided_at, decided_by, status, name, null, move, null
    from rule_proposals where decided_by is not null
"""

SOURCES = (
    Source(
        key="rules",
        title=N_("Rules"),
        right="see_audit",
        sql=_SQL,
        told=as_it_is,
        acts={
            "written": N_("written"),
            "tried": N_("tried on the past"),
            "applied": N_("advice followed"),
            "dismissed": N_("advice dismissed"),
            "act": N_("acted"),
            "ramp": N_("widened its share"),
            "renew": N_("went on acting"),
            "release": N_("let go"),
            "advise_act": N_("advised to act"),
            "advise_ramp": N_("advised a wider share"),
            "advise_renew": N_("advised to go on"),
            "advise_release": N_("advised to let go"),
            "stale": N_("held: the feed is silent"),
            "missing": N_("held: a reading is missing"),
            "resting": N_("rested"),
            "frozen": N_("froze"),
            "refused": N_("refused by a guardrail"),
            "taken_over": N_("left to a person"),
            "resumed": N_("went on watching"),
        },
        link=lambda line: "/exposure#rules",
    ),
)
