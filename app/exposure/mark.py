"""A mark of all that the exposure page shows: another one says «look again».

It rides on the live feed, so that open pages hear of proposals, of rules and of the minute that
turned (calendars, waits, effects) without asking.
"""

from __future__ import annotations

import hashlib
from datetime import datetime

from sqlalchemy import Connection

#: What the evaluator writes every few seconds is left out: of a rule its next move counts.
_SQL = """
    select json_build_array(
        (select max(seq) from exposure_audit),
        (select string_agg(id::text, ',' order by id) from exposure_pending
         where decision is null and expires_at > %(now)s),
        (select string_agg(json_build_array(
            name, mode, version, seen::json #> '{next,move}', seen::json #> '{next,at}',
            seen::json #> '{next,blocked}')::text, ';' order by name) from rules),
        (select string_agg(id::text, ',' order by id) from rule_proposals where status = 'open'),
        (select max(id) from rule_trials)
    )::text
"""


def read_mark(connection: Connection, now: datetime) -> str:
    """The mark as of `now`; the same in every process."""
    told = connection.exec_driver_sql(_SQL, {"now": now}).scalar_one()
    minute = now.replace(second=0, microsecond=0).timestamp()
    return hashlib.sha256(f"{told}|{minute}".encode()).hexdigest()[:16]
