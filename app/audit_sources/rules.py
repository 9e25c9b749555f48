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
        },
        link=lambda line: "/exposure#rules",
    ),
)
