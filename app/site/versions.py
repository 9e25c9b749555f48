"""Versions: kept beside what they changed, and read as every part tells its own.

Each SQL here has the columns of :class:`app.site.part.Version`.
"""

from __future__ import annotations

import json

import msgspec
from sqlalchemy import Connection, func, insert, select

from app.decision import Decision
from app.site.schema import setting_versions

#: Targets and the formula share one list of versions; each tells what it changed in words.
OF_TARGETS = """
    select version::bigint as number, decided_at as at, decided_by as who, 'set' as act,
        'targets' as subject, null::text as before, change as after, why
    from service_level_versions where change not like 'formula: %'
"""
OF_FORMULAS = """
    select version::bigint as number, decided_at as at, decided_by as who, 'set' as act,
        'formula' as subject, split_part(substr(change, 10), ' → ', 1) as before,
        split_part(change, ' → ', 2) as after, why
    from service_level_versions where change like 'formula: %'
"""
#: Of the rows of one scope and first day the last one stands: what stood there before is the one
#: before it.
OF_HOURS = """
    select id as number, decided_at as at, decided_by as who,
        case when hours is null then 'unset' else 'set' end as act,
        channel || '/' || queue || '/' || reason as subject,
        lag(json_build_object('hours', hours, 'from', valid_from, 'country', country,
            'region', region, 'holiday_hours', holiday_hours, 'zone', zone)::text)
            over (partition by channel, queue, reason order by id) as before,
        json_build_object('hours', hours, 'from', valid_from, 'country', country,
            'region', region, 'holiday_hours', holiday_hours, 'zone', zone)::text as after, why
    from calendars
"""
OF_DAYS = """
    select id as number, decided_at as at, decided_by as who,
        case when hours is null then 'unset' else 'set' end as act,
        channel || '/' || queue || '/' || reason || '/' || day as subject,
        lag(hours) over (partition by channel, queue, reason, day order by id) as before,
        hours as after, why
    from calendar_days
"""
OF_GUARDRAILS = """
    select seq as number, at, actor_name as who, action as act, 'guardrails' as subject, before,
        after, why
    from exposure_audit where switch_id = 0
"""


def of_part(part: str) -> str:
    """What :func:`keep_version` has kept of a part."""
    return f"""
        select version::bigint as number, at, by as who, 'set' as act, key as subject, before,
            after, why
        from setting_versions where part = '{part}'
    """


def keep_version(
    connection: Connection,
    part: str,
    key: str,
    before: msgspec.Struct | None,
    after: msgspec.Struct,
    decision: Decision,
) -> None:
    """Add the next version of that key, in the transaction that changes it."""
    c = setting_versions.c
    last = select(func.max(c.version)).where(c.part == part, c.key == key)
    row = {
        "part": part,
        "key": key,
        "version": (connection.scalar(last) or 0) + 1,
        "before": None if before is None else _json(before),
        "after": _json(after),
        "at": decision.at,
        "by": decision.by,
        "why": decision.why,
    }
    connection.execute(insert(setting_versions).values(row))


def _json(kept: msgspec.Struct) -> str:
    return json.dumps(msgspec.to_builtins(kept), ensure_ascii=False)
