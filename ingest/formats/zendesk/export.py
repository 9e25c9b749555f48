"""Zendesk's incremental export, read to fill the holes that its webhooks leave.

``/api/v2/incremental/ticket_events.json`` lists what happened to tickets since a moment, up
to a minute ago; the tickets themselves and the roles of who wrote are asked for beside it.
Each page says where the next begins: that is the cursor.  The boundary is told twice, which
changes nothing.

What is recovered: the opening, every comment, every change of status, and a ``described`` of
where the ticket stands now.  What is not: messages of messaging tickets (the export has their
transcript only), assignments.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import msgspec

from ingest.connector import Page, Parsed, Source
from ingest.errors import Fatal, RejectedEvent, Retriable
from ingest.events import Event, Rejected
from ingest.formats.zendesk import tickets
from ingest.reading import options
from ingest.reading import payload as pl
from ingest.reading.api_client import ApiClient
from ingest.reading.cursors import decoded, encoded
from ingest.reading.payload import Payload

HISTORY_DAYS = 7
#: How many records Zendesk gives at once when asked by number.
AT_ONCE = 100


class Cursor(msgspec.Struct, frozen=True):
    """Epoch seconds from which on the next page is asked for."""

    start_time: int


@dataclass(frozen=True, slots=True)
class Beside:
    """What the export does not tell itself: the tickets, and who is staff; by number."""

    tickets: Mapping[str, Payload]
    staff: frozenset[str]


def is_configured(source: Source) -> bool:
    """Whether everything is there that the API needs."""
    return options.text(source, "url") is not None and bool(source.token)


def check(source: Source) -> None:
    """Raise Fatal where only a part of what the API needs is there."""
    if source.token:
        options.needed(source, "url", "https://….zendesk.com")
    elif options.text(source, "url"):
        raise Fatal(f"source {source.name} has no API token: set its VIGIE_SOURCE_…_TOKEN variable")
    _history_s(source)


def pull(source: Source, cursor: str | None, clock: Callable[[], float]) -> Page:
    """The next page of the export.  Raises Retriable, also where the page stands; Fatal."""
    check(source)
    at = decoded(cursor, Cursor) or Cursor(int(clock() - _history_s(source)))
    with _client(source) as api:
        answer = _page(api, at)
        told = pl.records(answer, "ticket_events")
        parsed = list(_told(source, told, _beside(api, told)))
    ended = answer.get("end_of_stream") is not False
    then = answer.get("end_time")
    after = Cursor(max(at.start_time, then) if isinstance(then, int) else at.start_time)
    if not ended and after == at:
        raise Retriable(f"Zendesk's export says that there is more, but stands at {at.start_time}")
    return Page(parsed, encoded(after), more=not ended)


def _page(api: ApiClient, at: Cursor) -> Payload:
    asked: dict[str, str | int] = {"start_time": at.start_time, "include": "comment_events"}
    answer = api.get("incremental/ticket_events.json", asked)
    if not isinstance(answer, dict) or not isinstance(answer.get("ticket_events"), list):
        raise Retriable("Zendesk's export is not what its API describes")
    return answer


# --- what stands beside -------------------------------------------------------------


def _beside(api: ApiClient, told: Sequence[Payload]) -> Beside:
    numbers = {number for each in told if (number := pl.text(each, "ticket_id"))}
    standing = _by_number(api, "tickets", numbers)
    customers = {pl.text(each, "requester_id") for each in standing.values()}
    authors = {
        author for each in told for child in pl.records(each, "child_events")
        if (author := pl.text(child, "author_id")) and author not in customers
    }  # fmt: skip
    people = _by_number(api, "users", {each for each in authors if each != "-1"})
    staff = {number for number, each in people.items() if pl.text(each, "role") != "end-user"}
    return Beside(standing, frozenset(staff))


def _by_number(api: ApiClient, what: str, numbers: Iterable[str]) -> dict[str, Payload]:
    """The records of these numbers that still exist."""
    asked, found = sorted(numbers), {}
    for first in range(0, len(asked), AT_ONCE):
        ids = ",".join(asked[first : first + AT_ONCE])
        for each in pl.records(api.get(f"{what}/show_many.json", {"ids": ids}), what):
            if number := pl.text(each, "id"):
                found[number] = each
    return found


# --- what happened --------------------------------------------------------------------


def again(source: Source, payload: Payload) -> list[Event]:
    """The events of a record that was refused, as :func:`_refused` kept it."""
    ticket = pl.table(payload, "ticket")
    beside = Beside({pl.needed(ticket, "id"): ticket}, _numbers(payload.get("staff")))
    if audit := pl.table(payload, "ticket_event"):
        return _audit(source, audit, beside)
    return _described(source, ticket)


def _told(source: Source, told: Sequence[Payload], beside: Beside) -> Iterator[Parsed]:
    for each in told:
        try:
            yield from _audit(source, each, beside)
        except RejectedEvent as error:
            ticket = beside.tickets.get(pl.text(each, "ticket_id") or "", {})
            yield _refused(error, beside, ticket_event=each, ticket=ticket)
    for ticket in beside.tickets.values():
        try:
            yield from _described(source, ticket)
        except RejectedEvent as error:
            yield _refused(error, beside, ticket=ticket)


def _refused(error: RejectedEvent, beside: Beside, **told: Payload) -> Rejected:
    """With all that it takes to parse it again."""
    return Rejected.of(error, pl.encode({**told, "staff": sorted(beside.staff)}))


def _numbers(told: object) -> frozenset[str]:
    return frozenset(map(str, told)) if isinstance(told, list) else frozenset()


def _audit(source: Source, audit: Payload, beside: Beside) -> list[Event]:
    """What one change of a ticket did: several things at once, maybe."""
    number = pl.needed(audit, "ticket_id")
    if (ticket := beside.tickets.get(number)) is None:
        return []  # It was deleted since: nothing tells its channel any more.
    at = pl.instant(audit, "created_at") or pl.instant(audit, "timestamp")
    if at is None:
        raise RejectedEvent("missing_field", "created_at is missing")
    via = pl.text(ticket, "via", "channel")
    bare = Event(
        event_id="", occurred_at=at, kind="", contact_id=number,
        channel=tickets.channel(source, via),
    )  # fmt: skip
    children = pl.records(audit, "child_events")
    events = [
        event for child in children
        if (event := _child(source, bare, child, beside)) is not None
    ]  # fmt: skip
    if any(pl.text(child, "event_type") == "Create" for child in children):
        events.append(_opening(bare, ticket))
    return events


def _child(source: Source, bare: Event, child: Payload, beside: Beside) -> Event | None:
    told = pl.text(child, "event_type")
    if told == "Comment":
        author = pl.needed(child, "author_id")
        return tickets.spoken(
            source, bare, pl.needed(child, "id"), author,
            staff=author in beside.staff, public=child.get("public") is not False,
        )  # fmt: skip
    if told == "Change" and (status := pl.text(child, "status")):
        return msgspec.structs.replace(
            bare,
            event_id=f"audit:{pl.needed(child, 'id')}",
            kind=tickets.kind_of_status(status, pl.text(child, "previous_value")),
        )
    return None


def _opening(bare: Event, ticket: Payload) -> Event:
    return msgspec.structs.replace(
        bare,
        event_id=tickets.created_id(bare.contact_id),
        occurred_at=pl.instant(ticket, "created_at") or bare.occurred_at,
        kind=tickets.kind_of_ticket(ticket),
    )


def _described(source: Source, ticket: Payload) -> list[Event]:
    """Where the ticket stands now; its id is made from its words, so no two can conflict."""
    number = pl.needed(ticket, "id")
    if (at := pl.instant(ticket, "updated_at")) is None:
        return []
    event = Event(
        event_id="",
        occurred_at=at,
        kind="described",
        contact_id=number,
        channel=tickets.channel(source, pl.text(ticket, "via", "channel")),
        queue=tickets.queue(ticket),
        reason=tickets.tagged(source, "reason_tags", ticket),
        segment=tickets.tagged(source, "segment_tags", ticket),
        identities=tickets.requester(ticket),
    )
    return [msgspec.structs.replace(event, event_id=f"described:{number}:{pl.digest(event)}")]


def _client(source: Source) -> ApiClient:
    """With an API token of a `user`, or an OAuth token of no one in particular."""
    token, user = source.token or "", options.text(source, "user")
    basic = base64.b64encode(f"{user}/token:{token}".encode()).decode()
    shown = f"Basic {basic}" if user else f"Bearer {token}"
    base = f"{options.needed(source, 'url').rstrip('/')}/api/v2/"
    return ApiClient(base, headers={"authorization": shown}, timeout_s=30.0)


def _history_s(source: Source) -> float:
    return options.number(source, "history_days", HISTORY_DAYS, 3_650) * 86_400
