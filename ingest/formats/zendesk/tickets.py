"""What Zendesk tells of a ticket, as events: pushed by event webhooks, or read from its export.

The webhook is the live way and knows more (who is staff, the group, the tags, the moment to
the millisecond): revision 1.  The export fills holes: revision 0.  A comment and the opening
of a ticket have the same id both ways, so the webhook's telling stands whichever came first.
A change of status has one id in each and no common one: both are kept, and a contact ends at
the later of the two, once.
"""

from __future__ import annotations

import msgspec

from ingest.connector import Source
from ingest.events import Event, Identity
from ingest.reading import options
from ingest.reading import payload as pl
from ingest.reading.payload import Payload

#: `via.channel` of the ticket.
CHANNELS = {
    "email": "email", "mail": "email",
    "web": "form", "web_form": "form", "help_center": "form", "closed_ticket": "form",
    "chat": "chat", "chat_transcript": "chat", "chat_offline_message": "chat",
    "native_messaging": "messaging", "messaging": "messaging", "mobile_sdk": "messaging",
    "sms": "messaging", "whatsapp": "messaging", "line": "messaging", "telegram": "messaging",
    "any_channel": "social", "facebook": "social", "twitter": "social", "instagram_dm": "social",
    "messenger": "social",
    "voice": "phone", "voicemail": "phone", "phone_call_inbound": "phone",
    "phone_call_outbound": "phone",
}  # fmt: skip
EVENT_TYPE = "zen:event-type:"
#: Events after which nobody works on the ticket any more.
GONE = ("soft_deleted", "permanently_deleted", "marked_as_spam", "merged")


def pushed(source: Source, payload: Payload) -> list[Event]:
    """The event of a webhook; none where it is of no ticket.  Raises RejectedEvent."""
    domain, _, name = pl.needed(payload, "type").removeprefix(EVENT_TYPE).partition(".")
    if domain == "messaging_ticket":
        return [_chatted(source, payload, name)]
    if domain != "ticket":
        return []
    readers = {
        "created": _created,
        "comment_added": _commented,
        "status_changed": _status_changed,
    }
    event = readers.get(name, _changed)(_bare(source, payload, name), payload, source)
    return [msgspec.structs.replace(event, revision=1)]


def _bare(source: Source, payload: Payload, name: str) -> Event:
    """What every webhook of a ticket tells, under the id of the webhook itself."""
    detail = pl.table(payload, "detail")
    return Event(
        event_id=f"event:{pl.needed(payload, 'id')}",
        occurred_at=pl.needed_instant(payload, "time"),
        kind=name,
        contact_id=pl.needed(detail, "id"),
        channel=channel(source, pl.text(detail, "via", "channel")),
        queue=queue(detail),
        reason=tagged(source, "reason_tags", detail),
        segment=tagged(source, "segment_tags", detail),
        identities=requester(detail),
    )


def _created(bare: Event, payload: Payload, source: Source) -> Event:
    detail = pl.table(payload, "detail")
    at = pl.instant(detail, "created_at") or bare.occurred_at
    return msgspec.structs.replace(
        bare, event_id=created_id(bare.contact_id), occurred_at=at, kind=kind_of_ticket(detail)
    )


def _commented(bare: Event, payload: Payload, source: Source) -> Event:
    comment = pl.table(payload, "event", "comment")
    author = pl.needed(comment, "author", "id")
    staff = pl.table(comment, "author").get("is_staff") is True
    return spoken(
        source, bare, pl.needed(comment, "id"), author,
        staff=staff, public=comment.get("is_public") is not False,
    )  # fmt: skip


def _status_changed(bare: Event, payload: Payload, source: Source) -> Event:
    change = pl.table(payload, "event")
    kind = kind_of_status(pl.needed(change, "current"), pl.text(change, "previous"))
    return msgspec.structs.replace(bare, kind=kind)


def _changed(bare: Event, payload: Payload, source: Source) -> Event:
    """Any other event: its own name, what it changes already told by the detail."""
    if bare.kind in GONE:
        return msgspec.structs.replace(bare, kind="closed")
    if bare.kind == "agent_assignment_changed":
        assignee = pl.text(payload, "event", "current")
        agent = f"user:{assignee}" if assignee else None
        return msgspec.structs.replace(bare, kind="assigned", agent=agent)
    return bare


def _chatted(source: Source, payload: Payload, name: str) -> Event:
    """A message of a messaging ticket; its webhook tells the ticket's number and no more."""
    actor, message = pl.table(payload, "event", "actor"), pl.text(payload, "event", "message", "id")
    writers = {"end_user": ("message_in", "in"), "agent": ("message_out", "out")}
    kind, direction = writers.get(pl.text(actor, "type") or "", ("bot_out", "out"))
    kind = kind if name == "message_added" else name
    return Event(
        event_id=f"message:{message}" if message else f"event:{pl.needed(payload, 'id')}",
        occurred_at=pl.needed_instant(payload, "time"),
        kind=kind,
        contact_id=pl.needed(payload, "detail", "id"),
        channel="messaging",
        direction=direction,
        agent=f"user:{pl.text(actor, 'id')}" if kind == "message_out" else None,
        revision=1,
    )


# --- what both ways share -----------------------------------------------------------


def created_id(ticket: str) -> str:
    """The id of a ticket's opening."""
    return f"ticket:{ticket}:created"


def kind_of_ticket(ticket: Payload) -> str:
    """`offered` where the customer opened it; what staff open waits for its first comment."""
    by_phone = CHANNELS.get((pl.text(ticket, "via", "channel") or "").lower()) == "phone"
    submitter, customer = pl.text(ticket, "submitter_id"), pl.text(ticket, "requester_id")
    return "offered" if by_phone or submitter == customer else "created"


def kind_of_status(status: str, previous: str | None) -> str:
    """Solved ends a contact.  Closed does too, unless it was solved: then it is only filed."""
    now, before = status.lower(), (previous or "").lower()
    if now == "solved":
        return "resolved"
    if now == "closed" and before != "solved":
        return "closed"
    if now in ("new", "open", "pending", "hold") and before in ("solved", "closed"):
        return "reopened"
    return f"status_{now}"


def spoken(
    source: Source, bare: Event, comment: str, author: str, *, staff: bool, public: bool
) -> Event:
    """A comment: the customer's, a person's of ours, a bot's (option ``bots``), or a note."""
    automatic = author in ("-1", *options.texts(source, "bots"))
    kind = "message_out" if staff else "message_in"
    if automatic:
        kind = "bot_out"
    if not public:
        kind = "note"
    return msgspec.structs.replace(
        bare,
        event_id=f"comment:{comment}",
        kind=kind,
        direction="in" if kind == "message_in" else "out",
        agent=f"user:{author}" if kind == "message_out" else None,
    )


def channel(source: Source, via: str | None) -> str:
    """The ticket's channel; the option ``channel`` for those that came by API or are unknown."""
    return CHANNELS.get((via or "").lower(), options.text(source, "channel") or "form")


def queue(ticket: Payload) -> str | None:
    """The group, by its number: Zendesk names it nowhere here."""
    return f"group:{found}" if (found := pl.text(ticket, "group_id")) not in (None, "0") else None


def tagged(source: Source, option: str, ticket: Payload) -> str | None:
    """The ticket's first tag that the option lists."""
    wanted, tags = options.texts(source, option), ticket.get("tags")
    if not isinstance(tags, list):
        return None
    return next((tag for tag in tags if isinstance(tag, str) and tag in wanted), None)


def requester(ticket: Payload) -> tuple[Identity, ...]:
    """Whose ticket it is: by number, neither name nor address is told."""
    number = pl.text(ticket, "requester_id")
    return (Identity("zendesk", number),) if number else ()
