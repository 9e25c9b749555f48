"""What hides the tables of the callback desk: what was booked and tried at a moment."""

from __future__ import annotations

from ingest.shadow import Shadow

_CALLBACKS = """
select id, request_id, pool, start_at, end_at, reason, language, surface, name, phone,
    phone_masked, number_key, case when ended_at <= {then} then state else 'open' end as state,
    booked_at, case when opened_at <= {then} then opened_at end as opened_at, due_at, tried, tries,
    case when ended_at <= {then} then ended_at end as ended_at
from callbacks where booked_at <= {then}
"""

SHADOWS: tuple[Shadow, ...] = (
    Shadow("callbacks", _CALLBACKS),
    Shadow("callback_attempts", "select * from callback_attempts where at <= {then}"),
    Shadow("callback_terms", "select * from callback_terms where decided_at <= {then}"),
)
