"""What this floor keeps of customers beside contacts: callbacks, and what others are told."""

from __future__ import annotations

from collections.abc import Collection

from app.callback_desk.capacity import CHANNEL
from ingest.erasing import SEED, Seal, naming
from ingest.linking import Cursor

#: Whose number is buried, booked before; or whose thread is among these.
_CALLBACKS = f"""
select c.id from callbacks c
where c.id = any(%(ids)s) or exists (
    select from erased_identities e
    where e.tombstone = hashtextextended(c.number_key, {SEED}) and c.booked_at < e.erased_at
)
"""
#: One that is open has been cancelled before, or its house was restored: nobody calls any more.
_NAMELESS = """
update callbacks set
    name = null, phone = null, number_key = null, phone_masked = 'erased',
    request_id = 'erased-' || id, state = case when state = 'open' then 'cancelled' else state end,
    ended_at = coalesce(ended_at, now())
where id = any(%(ids)s)
"""
#: What others were or will be told, as :func:`ingest.erasing.naming` reads it.
DELIVERIES = "select id, announced_at, body, coalesce(error, '') from webhook_deliveries"
_PREFIX = f"{CHANNEL}/"


def callbacks_of(at: Cursor, contact_ids: Collection[str]) -> list[str]:
    """The callbacks of whoever is buried, and those with these threads."""
    ids = [one.removeprefix(_PREFIX) for one in contact_ids if one.startswith(_PREFIX)]
    return [id for (id,) in at.execute(_CALLBACKS, {"ids": ids})]


def sweep_elsewhere(at: Cursor, seal: Seal, contact_ids: Collection[str] = ()) -> int:
    """Take the buried out of it; how many entries that were."""
    ids = callbacks_of(at, contact_ids)
    at.execute(_NAMELESS, {"ids": ids})
    told = list(naming(at, DELIVERIES, seal, contact_ids))
    at.execute("delete from webhook_deliveries where id = any(%s)", (told,))
    return len(ids) + len(told)
