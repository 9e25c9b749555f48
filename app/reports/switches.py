"""The switches of a stretch of time: what was changed in it, what stood when it began."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import Connection, Select, select
from sqlalchemy.dialects.postgresql import distinct_on

from app.access.scopes import Scope
from app.exposure.audit import GUARDRAILS_ID, Entry
from app.exposure.model import ANY, Switch
from app.exposure.schema import exposure_audit
from app.reports.asking import Span

_c = exposure_audit.c


def changed(connection: Connection, span: Span) -> list[Entry]:
    """Every change of a switch made in the stretch, oldest first."""
    made = _entries().where(_c.at >= span.start, _c.at < span.end)
    return _read(connection, made.order_by(_c.seq))


def standing(connection: Connection, at: datetime) -> list[Switch]:
    """The switches that stood at `at` and were not over: the last word of each until then."""
    last = _entries().ext(distinct_on(_c.switch_id)).where(_c.at < at)
    found = _read(connection, last.order_by(_c.switch_id, _c.seq.desc()))
    switches = (switch_of(entry.after) for entry in found)
    return [switch for switch in switches if switch is not None and not switch.over(at)]


def within(entries: list[Entry], scope: Scope) -> list[Entry]:
    """The changes that touch a channel of the scope."""
    return [entry for entry in entries if _touches(switch_of(entry.after or entry.before), scope)]


def stood(switches: list[Switch], scope: Scope) -> list[Switch]:
    """The switches that touch a channel of the scope."""
    return [switch for switch in switches if _touches(switch, scope)]


def _touches(switch: Switch | None, scope: Scope) -> bool:
    return switch is None or switch.channel == ANY or scope.has_channel(switch.channel)


def switch_of(text: str | None) -> Switch | None:
    """The switch that an audit entry holds."""
    return None if text is None else msgspec.json.decode(text, type=Switch)


def _entries() -> Select[Any]:
    columns = [_c[name] for name in Entry.__struct_fields__]
    return select(*columns).where(_c.switch_id > GUARDRAILS_ID)


def _read(connection: Connection, query: Select[Any]) -> list[Entry]:
    return [Entry(**row) for row in connection.execute(query).mappings()]
