"""How callbacks are found among everything else, which they are a small part of."""

from __future__ import annotations

from sqlalchemy import Index, text

from ingest.link_schema import links
from ingest.schema import contacts

_CALLBACK = text("channel = 'callback'")

Index("ix_contacts_callback", contacts.c.offered_at, postgresql_where=_CALLBACK)
Index("ix_links_callback", links.c.arrived_at, postgresql_where=_CALLBACK)
