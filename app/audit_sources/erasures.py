"""Customers who were erased: by whom, why and how much; of whom nobody can tell any more."""

from __future__ import annotations

from app.audit.source import Line, Reader, Source, Told
from app.i18n import N_, _, integer

_SQL = """
    select id as number, at, actor as who, 'erased' as act, 'erasure/' || id as subject,
        identities::text as before, contacts::text as after, reason as why
    from erasures
"""


def _told(line: Line, _reader: Reader) -> Told:
    identities, contacts = int(line.before or 0), int(line.after or 0)
    words = _("identities: {identities}, contacts: {contacts}", identities=integer(identities),
              contacts=integer(contacts))  # fmt: skip
    return Told(_("a customer"), before=words)


SOURCES = (
    Source(
        key="erasures",
        title=N_("Erasures"),
        right="see_audit",
        sql=_SQL,
        told=_told,
        acts={"erased": N_("erased")},
    ),
)
