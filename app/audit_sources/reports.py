"""Reports that are sent: who wrote, stopped or took away a schedule, who had one sent again."""

from __future__ import annotations

from app.audit.source import Source, as_it_is
from app.i18n import N_

_SQL = """
    select id as number, at, by as who, act, name as subject, null::text as before,
        'version ' || version as after, null::text as why
    from report_schedule_versions
"""
#: It tells addresses, which are for those who set reports.
_LETTERS = """
    select l.id as number, l.written_at as at, l.asked_by as who, 'sent_again' as act,
        r.schedule as subject, null::text as before, l.recipient as after, null::text as why
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
        },
        link=lambda line: "/reports",
    ),
    Source(
        key="letters",
        title=N_("Letters of reports"),
        right="set_reports",
        sql=_LETTERS,
        told=as_it_is,
        acts={"sent_again": N_("sent again")},
        link=lambda line: "/reports",
    ),
)
