"""Zendesk: tickets, pushed by its event webhooks and reconciled by its incremental export.

One ticket is one thread.  Subscribe the webhook to ticket events and, where messaging is
used, to ``messaging_ticket.message_added``.  What each becomes:

=========================================  ================================================
``ticket.created``                         ``offered`` by the customer, or by phone;
                                           else ``created``
comment by an end user, public             ``message_in``
comment by staff, public                   ``message_out``; ``bot_out`` by one of ``bots``
comment, private                           ``note``
status → solved / closed / open again      ``resolved`` / ``closed`` / ``reopened``; a solved
                                           ticket that is closed is only filed away
ticket deleted, spam, merged               ``closed``
agent assigned                             ``assigned``
any other event of a ticket                its own name
=========================================  ================================================

:mod:`ingest.formats.zendesk.tickets` says how the two ways agree.  The export is read where
``url`` and the source's token are given.

Options: ``url`` (``https://….zendesk.com``), ``user`` (whose API token it is; without, the
token is an OAuth one), ``history_days`` (of the first reading, 7), ``channel`` (of tickets
that came by API), ``reason_tags`` and ``segment_tags`` (tags that are a reason, a segment),
``bots`` (user numbers of integrations that write as staff).  Texts are not kept.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import ClassVar

from ingest.connector import Page, Parsed, Source
from ingest.errors import BadSignature, RejectedEvent
from ingest.events import Rejected
from ingest.formats.zendesk import export
from ingest.formats.zendesk.tickets import pushed
from ingest.reading import payload as pl
from ingest.reading.signature import check, in_base64

#: How old or how far ahead a signed delivery may be.
TOLERANCE_S = 300


class Zendesk:
    """WebhookConnector; PullConnector, SeldomPulledConnector and CheckedConnector."""

    name: ClassVar[str] = "zendesk"
    #: Ten exports a minute are allowed, and the last minute is never told.
    every_s: ClassVar[float] = 300.0
    #: Epoch seconds; the clock of the tolerance, and of the first reading.
    clock: Callable[[], float] = staticmethod(time.time)

    def verify(self, source: Source, headers: Mapping[str, str], body: bytes) -> None:
        """Check ``base64(HMAC-SHA256(secret, timestamp + body))`` and its age."""
        sent_at = headers.get("x-zendesk-webhook-signature-timestamp", "")
        signed = sent_at.encode(errors="replace") + body
        check(source, headers, "x-zendesk-webhook-signature", signed, written=in_base64)
        if abs(self.clock() - _epoch(sent_at)) > TOLERANCE_S:
            raise BadSignature("x-zendesk-webhook-signature-timestamp is over 5 minutes away")

    def parse(self, source: Source, body: bytes) -> Iterable[Parsed]:
        """The event of one delivery; none where it is of no ticket."""
        try:
            payload = pl.decode(body)
            if "type" not in payload and "ticket" in payload:
                return [*export.again(source, payload)]  # Out of the quarantine.
            return [*pushed(source, payload)]
        except RejectedEvent as error:
            return [Rejected.of(error, body)]

    def pulled(self, source: Source) -> bool:
        """Whether the export is to be read: `url` and a token are there."""
        return export.is_configured(source)

    def check(self, source: Source) -> None:
        """Raise Fatal where only a part of what the export needs is there."""
        export.check(source)

    def pull(self, source: Source, cursor: str | None) -> Page:
        """The next page of the export."""
        return export.pull(source, cursor, self.clock)


def _epoch(sent_at: str) -> float:
    """Epoch seconds of an ISO date-time; 0, long ago, for anything else."""
    try:
        at = datetime.fromisoformat(sent_at)
    except ValueError:
        return 0.0
    return at.timestamp() if at.tzinfo else 0.0
