"""Alerts: who wrote them, and who saw to what fired."""

from __future__ import annotations

from app.audit.source import Source, as_it_is
from app.i18n import N_

_SQL = """
    select version::bigint as number, at, by as who, 'written' as act, name as subject,
        null::text as before, 'version ' || version as after, null::text as why
    from alert_versions
    union all
    select id, acknowledged_at, acknowledged_by, 'acknowledged', name, null, null, null
    from alert_firings where acknowledged_at is not null
"""

SOURCES = (
    Source(
        key="alerts",
        title=N_("Alerts"),
        right="see_audit",
        sql=_SQL,
        told=as_it_is,
        acts={"written": N_("written"), "acknowledged": N_("acknowledged")},
        link=lambda line: "/alerts",
    ),
)
