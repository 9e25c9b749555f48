"""Customers: which of them people put together or apart, and who looked at whom."""

from __future__ import annotations

from app.audit.source import Line, Reader, Source, Told
from app.i18n import N_, _

#: Only what a person decided: what conversations tell joins customers by itself, all day.
_DECISIONS = """
    select decision_id as number, made_at as at, actor as who, kind as act,
        identity_key::text as subject, null::text as before, other_key::text as after,
        reason as why
    from customer_decisions
    union all
    select decision_id, undone_at, undone_by, 'undone', identity_key::text, other_key::text, null,
        undone_reason
    from customer_decisions where undone_at is not null
"""
_LOOKS = """
    select id as number, at, actor as who, way as act, customer_key::text as subject,
        null::text as before, page as after, null::text as why
    from customer_accesses
"""


def _told(line: Line, _reader: Reader) -> Told:
    keys = [key and _("customer {key}", key=key) for key in (line.before, line.after)]
    return Told(_("customer {key}", key=line.subject), keys[0] or "", keys[1] or "")


def _looked(line: Line, _reader: Reader) -> Told:
    return Told(_("customer {key}", key=line.subject), after=line.after or "")


SOURCES = (
    Source(
        key="customers",
        title=N_("Customers"),
        right="see_audit",
        sql=_DECISIONS,
        told=_told,
        acts={"merge": N_("merged"), "split": N_("split"), "undone": N_("undone")},
        link=lambda line: f"/customers?customer={line.subject}&via=/audit",
    ),
    Source(
        key="accesses",
        title=N_("Looks at customers"),
        right="see_access_log",
        sql=_LOOKS,
        told=_looked,
        acts={"page": N_("on the page"), "api": N_("by the API"), "command": N_("by a command")},
        link=lambda line: f"/customers?customer={line.subject}&via=/audit",
    ),
)
