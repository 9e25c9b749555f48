"""What hides the tables of the alerts: what was written, and what fired, at a moment.

When an alert was switched or snoozed before is not written down: one that existed is shown as
it is switched now, and nothing is snoozed.
"""

from __future__ import annotations

from ingest.shadow import Shadow

_ALERTS = """
select a.name, v.version, a.enabled, '{}'::text as state, null::text as reading,
    null::timestamptz as seen_at, null::timestamptz as snoozed_until, null::text as snoozed_by,
    v.at as changed_at, v.by as changed_by
from alerts a
join lateral (
    select version, at, by from alert_versions v
    where v.name = a.name and v.at <= {then} order by version desc limit 1
) v on true
"""
_FIRINGS = """
select id, name, version, fired_at, value, reading,
    case when told_at <= {then} then told_at end as told_at,
    case when acknowledged_at <= {then} then acknowledged_at end as acknowledged_at,
    case when acknowledged_at <= {then} then acknowledged_by end as acknowledged_by,
    case when over_at <= {then} then over_at end as over_at,
    case when over_at <= {then} then over_why end as over_why,
    case when over_at <= {then} then over_value end as over_value
from alert_firings where fired_at <= {then}
"""

SHADOWS: tuple[Shadow, ...] = (
    Shadow("alerts", _ALERTS),
    Shadow("alert_firings", _FIRINGS),
    Shadow("alert_versions", "select * from alert_versions where at <= {then}"),
)
