"""Chatwoot: conversations of its chat, mail and messaging inboxes, pushed and reconciled.

One conversation is one thread.  What each fact becomes:

====================================  =====================================================
message, incoming                     ``message_in`` (``auto_reply`` where Chatwoot says so)
message, outgoing, by a person        ``message_out``; also a reply typed in the channel's own
                                      app (``external_echo``)
message, outgoing, by anything else   ``bot_out``: bots, automation, campaigns, templates
message, private                      ``note``
message, activity                     ``resolved``, ``reopened`` where its sentence says so,
                                      else ``activity``
status → resolved / open again        ``resolved`` / ``reopened``; others ``status_…``
team, inbox, labels, customer         ``described``, beside every other fact
anything else about a conversation    its own event name
====================================  =====================================================

Messages and statuses are counted; the others are kept.  What speaks of no conversation
(contact_updated, webwidget_triggered, typing) is no fact about a contact.

A webhook is tried once, for 5 s.  With ``url``, ``account`` and the source's token the REST
API is read as well (:mod:`ingest.formats.chatwoot.rest` says what it recovers and what it cannot).

Options: ``unsigned = true`` (versions that send no signature), ``account`` (for status
changes of conversations without a message, which do not name theirs), ``reason_attribute``
and ``segment_attribute`` (custom attributes; else the first label is the reason),
``channel`` (for inboxes of type Api and unknown ones), ``url``, ``history_days`` (how far
the first reading goes back, 7), ``overlap_minutes`` (how far each goes back behind the last,
30), ``resolved_text`` and ``reopened_text`` (parts of the sentences by which an account in
another language than English or French tells of a status).  Bodies are not kept.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from typing import ClassVar

from ingest.connector import Page, Parsed, Source
from ingest.errors import BadSignature, RejectedEvent
from ingest.events import Rejected
from ingest.formats.chatwoot import rest
from ingest.formats.chatwoot.conversation import told
from ingest.reading import payload as pl
from ingest.reading.signature import check

#: How old or how far ahead a signed delivery may be.
TOLERANCE_S = 300

#: They say nothing of a contact.
BESIDE = {
    "contact_created", "contact_updated", "webwidget_triggered", "inbox_created",
    "inbox_updated", "conversation_typing_on", "conversation_typing_off",
}  # fmt: skip


class Chatwoot:
    """WebhookConnector; PullConnector, SeldomPulledConnector and CheckedConnector."""

    name: ClassVar[str] = "chatwoot"
    #: The API fills the holes of the webhooks; it need not be asked often.
    every_s: ClassVar[float] = 300.0
    #: Epoch seconds; the clock of the signature's tolerance.
    clock: Callable[[], float] = staticmethod(time.time)

    def verify(self, source: Source, headers: Mapping[str, str], body: bytes) -> None:
        """Check ``sha256=hex(HMAC-SHA256(secret, "{timestamp}.{body}"))`` and its age."""
        if source.options.get("unsigned") is True and "x-chatwoot-signature" not in headers:
            return
        sent_at = headers.get("x-chatwoot-timestamp", "")
        signed = sent_at.encode(errors="replace") + b"." + body
        check(source, headers, "x-chatwoot-signature", signed, prefix="sha256=")
        if not sent_at.isdecimal() or abs(self.clock() - int(sent_at)) > TOLERANCE_S:
            raise BadSignature("x-chatwoot-timestamp is more than 5 minutes away from our clock")

    def parse(self, source: Source, body: bytes) -> Iterable[Parsed]:
        """The events of a delivery; none where it speaks of no conversation."""
        try:
            payload = pl.decode(body)
            if (event := pl.needed(payload, "event")) not in BESIDE:
                yield from told(source, event, payload)
        except RejectedEvent as error:
            yield Rejected.of(error, body)

    def pulled(self, source: Source) -> bool:
        """Whether the API is to be read: `url`, `account` and a token are there."""
        return rest.is_configured(source)

    def check(self, source: Source) -> None:
        """Raise Fatal where only a part of what the API needs is there."""
        rest.check(source)

    def pull(self, source: Source, cursor: str | None) -> Page:
        """The next page of conversations, with every message of theirs in the window."""
        return rest.pull(source, cursor, self.clock())
