"""What waited for a second person, who proposed it, and what somebody else decided."""

from __future__ import annotations

import msgspec

from app import labels
from app.audit.source import Line, Reader, Source, Told
from app.components.exposure_words import scope_words
from app.exposure.approvals import Act, SetGuardrails, SetHours, SetSwitch
from app.i18n import N_, _

_SQL = """
    select id as number, proposed_at as at, by_name as who, 'proposed' as act,
        'proposal/' || id as subject, null::text as before, act as after, why
    from exposure_pending
    union all
    select id, decided_at, decided_by, decision, 'proposal/' || id, null, act, why
    from exposure_pending where decided_at is not null
"""


def _told(line: Line, reader: Reader) -> Told:
    act = msgspec.json.decode(line.after or "", type=Act)
    if isinstance(act, SetSwitch):
        after = labels.state(act.change.state.value)
        return Told(scope_words(act.change, reader.vocabulary), after=after)
    if isinstance(act, SetHours):
        return Told(_("Opening hours"))
    if isinstance(act, SetGuardrails):
        return Told(_("Guardrails"))
    return Told(_("Undoing a change"))


SOURCES = (
    Source(
        key="approvals",
        title=N_("Approvals"),
        right="see_audit",
        sql=_SQL,
        told=_told,
        acts={
            "proposed": N_("proposed"),
            "approved": N_("approved"),
            "rejected": N_("rejected"),
        },
        link=lambda line: "/exposure",
    ),
)
