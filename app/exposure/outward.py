"""What a change of a switch says to other systems: the switch as it is now, and nothing of why.

Whose decision it was and why stays in the audit: what is told here may reach customers.
"""

from __future__ import annotations

import msgspec

from app.exposure.audit import Entry
from app.exposure.model import Switch
from app.exposure.records import Connection, newest
from app.outbox.announcing import announce

CHANGED, REMOVED, EXPIRED = KINDS = (
    "exposure.switch.changed",
    "exposure.switch.removed",
    "exposure.switch.expired",
)
#: What is told of a switch.
_TOLD = (
    "channel", "reason", "segment", "surface", "state", "share", "message_fr", "message_en",
    "starts_at", "expires_at",
)  # fmt: skip


def tell_last(connection: Connection, switch_id: int) -> None:
    """Announce the last change of the switch, in its own transaction."""
    (entry,) = newest(connection, switch_id, 1, None)
    kind = _kind(entry)
    announce(connection, kind, f"switch/{switch_id}", entry.seq, message(entry), entry.at)


def message(entry: Entry) -> bytes:
    """The body: `version` is the revision of the exposure that the change has made."""
    document = {
        "type": _kind(entry),
        "timestamp": entry.at,
        "data": {
            "subject": f"switch/{entry.switch_id}",
            "version": entry.seq,
            "action": entry.action,
            "switch": _told(entry.after),
            "was": _told(entry.before),
        },
    }
    return msgspec.json.encode(document)


def _kind(entry: Entry) -> str:
    if entry.after is not None:
        return CHANGED
    return EXPIRED if entry.action == "close_out" else REMOVED


def _told(written: str | None) -> dict[str, object] | None:
    if written is None:
        return None
    switch = msgspec.json.decode(written, type=Switch)
    return {name: getattr(switch, name) for name in _TOLD}
