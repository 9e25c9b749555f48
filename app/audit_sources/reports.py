"""Reports that are sent: who wrote, stopped or took away a schedule, who had one sent again."""

from __future__ import annotations

from app.audit.source import Source, as_it_is
from app.i18n import N_

_SQL = """
    select id as number, at, by as who, act, name as subject, null::text as before,
        'version ' || version as after, null::text as why
    from report_schedule_versions
    union all
    select l.id, l.written_at, l.asked_by, 'sent_again', r.schedule, null, l.recipient, null
    from report_letters l join report_runs r on r.id = l.run where l.asked_by is not null
"""

SOURCES = (
    Source(
        key="reports",
        title=N_("Reports"),
        right="see_audit",
        sql=_SQL,
        told=as_it_is,
        acts={
            "kept": N_("written"),
            "on": N_("switched on"),
            "off": N_("switched off"),
            "removed": N_("taken away"),
            "sent_again": N_("sent again"),
        },
        link=lambda line: "/reports",
    ),
)
