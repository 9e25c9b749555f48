"""What hides the tables of exposure and its rules: the fold of the audit at a moment.

What an evaluator remembers, and in which mode a rule was, is not written down: then a rule says
nothing of its next move.
"""

from __future__ import annotations

from ingest.shadow import Shadow

_LAST = """(
    select distinct on (switch_id) switch_id, after from exposure_audit
    where at <= {then} order by switch_id, seq desc
) last"""
_SWITCHES = f"""
select was.* from {_LAST}
cross join lateral json_populate_record(null::exposure_switches, after::json) was
where switch_id > 0 and after is not null
"""
_GUARDRAILS = f"""
select value.key, value.value::text from {_LAST}
cross join lateral json_each(after::json) value
where switch_id = 0 and after is not null
"""
_PENDING = """
select id, act, by_kind, by_name, by_account, why, readings, proposed_at, expires_at,
    case when decided_at <= {then} then decision end as decision,
    case when decided_at <= {then} then decided_by end as decided_by,
    case when decided_at <= {then} then decided_at end as decided_at
from exposure_pending where proposed_at <= {then}
"""
_RULES = """
select r.name, r.mode, v.version, '{}'::text as state, 0::bigint as decision,
    null::text as intent, null::text as seen, null::timestamptz as seen_at, v.at as changed_at,
    v.by as changed_by
from rules r
join lateral (
    select version, at, by from rule_versions v
    where v.name = r.name and v.at <= {then} order by version desc limit 1
) v on true
"""
_PROPOSALS = """
select id, name, version, decision, at, move, change, reading,
    case when decided_at <= {then} then status else 'open' end as status,
    case when decided_at <= {then} then decided_at end as decided_at,
    case when decided_at <= {then} then decided_by end as decided_by, switch_id, switch_version
from rule_proposals where at <= {then}
"""

SHADOWS: tuple[Shadow, ...] = (
    Shadow("rules", _RULES),
    Shadow("exposure_guardrails", _GUARDRAILS),
    Shadow("exposure_switches", _SWITCHES),
    Shadow("exposure_audit", "select * from exposure_audit where at <= {then}"),
    Shadow("exposure_pending", _PENDING),
    Shadow("rule_versions", "select * from rule_versions where at <= {then}"),
    Shadow("rule_log", "select * from rule_log where at <= {then}"),
    Shadow("rule_trials", "select * from rule_trials where at <= {then}"),
    Shadow("rule_proposals", _PROPOSALS),
)
