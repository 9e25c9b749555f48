"""A page of contacts behind a number, as it is shown: no name, no whole number or address.

Whoever they were stands there masked, as it is stored; the identifier that the source gave is
masked too where it may be a telephone number or an address.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from importlib.resources import files

import msgspec
from sqlalchemy import Connection, RowMapping, text

from ingest.identity import masked
from kpis.contacts import MOST, Behind, Found, Place
from kpis.errors import WrongQuery

_EPOCH, _MICROSECOND = datetime(1970, 1, 1, tzinfo=UTC), timedelta(microseconds=1)
#: Durations are stored in milliseconds and given in seconds.
_DURATIONS = ("wait", "dial_wait", "talk", "hold", "wrap", "response", "resolution",
              "target")  # fmt: skip
_TIMES = ("began_at", "answered_at", "abandoned_at", "flowed_out_at", "deflected_at",
          "contained_at", "resolved_at")  # fmt: skip
_DETAILS = files("kpis").joinpath("contact_page.sql").read_text()
#: Addresses, and runs of digits as long as telephone numbers; not the time stamps of a PBX.
_PERSONAL = re.compile(r"[^\s:;,<>|/]+@[^\s:;,<>|/]+|\+?\d{8,}(?!\d*\.\d)")


class ContactLine(msgspec.Struct, frozen=True):
    """One contact.  Times in the zone of the question, durations in seconds.

    `contact`: its key here; `contact_id`: what its source calls it.  `adds`: what it adds to the
    number, 1 or the milliseconds that are summed.  `previous_…`, `next_…`: the contacts of the
    same customer.
    """

    contact: str
    source: str
    contact_id: str | None
    channel: str
    modality: str
    queue: str | None
    reason: str | None
    segment: str | None
    site: str | None
    outcome: str | None
    adds: int
    arrived_at: datetime
    began_at: datetime | None
    answered_at: datetime | None
    abandoned_at: datetime | None
    flowed_out_at: datetime | None
    deflected_at: datetime | None
    contained_at: datetime | None
    resolved_at: datetime | None
    wait_s: float | None
    dial_wait_s: float | None
    talk_s: float | None
    hold_s: float | None
    wrap_s: float | None
    response_s: float | None
    resolution_s: float | None
    target_s: float | None
    messages_in: int | None
    messages_out: int | None
    transfers: int | None
    identities: list[str]
    customer: str | None
    previous_contact: str | None
    previous_channel: str | None
    previous_gap_s: float | None
    next_contact: str | None
    next_channel: str | None
    next_gap_s: float | None

    def flat(self) -> dict[str, object]:
        """One flat row for tables and files."""
        return {**msgspec.structs.asdict(self), "identities": " ".join(self.identities)}


class Page(msgspec.Struct, frozen=True):
    """Contacts behind a number as of a moment, and where the next page begins (None: nowhere)."""

    as_of: datetime
    contacts: list[ContactLine]
    next: str | None


def read_page(
    connection: Connection, behind: Behind, limit: int, after: Place | None = None
) -> Page:
    """The next `limit` contacts, 1 to MOST, after a place.  Raises WrongQuery."""
    if not 1 <= limit <= MOST:
        raise WrongQuery(f"a page of {limit} contacts: write 1 to {MOST}")
    found = behind.page(connection, limit + 1, after)
    page, more = found[:limit], len(found) > limit
    now = behind.query.now
    return Page(
        now.astimezone(behind.query.zone),
        _lines(connection, behind, page),
        token(now, page[-1].place) if more else None,
    )


def token(as_of: datetime, place: Place) -> str:
    """The place as it is given out: where to go on from, and as of when."""
    at, thread_key, turn = place
    return f"{_micros(as_of):x}.{_micros(at):x}.{thread_key:x}.{turn:x}"


def place_of(words: str) -> tuple[datetime, Place]:
    """(as of, place) of a token.  Raises WrongQuery."""
    try:
        as_of, at, thread_key, turn = (int(part, 16) for part in words.split("."))
        if max(abs(thread_key), abs(turn) << 32) >= 1 << 63:
            raise ValueError("no keys are that large")
        return _moment(as_of), (_moment(at), thread_key, turn)
    except (ValueError, OverflowError) as error:
        raise WrongQuery(
            f"«{words}» is no place to go on from: give what stood under `next`"
        ) from error


def disclosed(contact_id: str) -> str:
    """The source's identifier without what may be a telephone number or an address."""
    return _PERSONAL.sub(lambda found: _masked(found.group()), contact_id)


def _masked(value: str) -> str:
    return masked("email" if "@" in value else "phone", value)


def _lines(connection: Connection, behind: Behind, page: Sequence[Found]) -> list[ContactLine]:
    keys = [found.key for found in page]
    asked = {"threads": [key for key, _ in keys], "turns": [turn for _, turn in keys]}
    rows = connection.execute(text(_DETAILS), asked).mappings()
    return [_line(behind, found, row) for found, row in zip(page, rows, strict=True)]


def _line(behind: Behind, found: Found, row: RowMapping) -> ContactLine:
    query = behind.query
    told: dict[str, object] = {**row, **found.words, "adds": found.adds}
    told["contact"] = _key(*found.key)
    told["contact_id"] = row["contact_id"] and disclosed(row["contact_id"])
    told["identities"] = row["identities"] or []
    told["customer"] = None if row["customer_key"] is None else str(row["customer_key"])
    told["arrived_at"] = found.place[0].astimezone(query.zone)
    told |= {name: row[name] and row[name].astimezone(query.zone) for name in _TIMES}
    told |= {f"{name}_s": _seconds(row[f"{name}_ms"]) for name in _DURATIONS}
    if query.target_ms is not None:
        told["target_s"] = query.target_ms / 1000
    for which, gap in (("previous", "since_ms"), ("next", "until_ms")):
        told[f"{which}_contact"] = _key(row[f"{which}_thread_key"], row[f"{which}_turn"])
        told[f"{which}_gap_s"] = _seconds(row[gap])
    return msgspec.convert(told, ContactLine)


def _key(thread_key: int | None, turn: int | None) -> str | None:
    """A contact's key; text, for it is larger than what browsers take for a number."""
    return None if thread_key is None else f"{thread_key}.{turn}"


def _seconds(milliseconds: int | None) -> float | None:
    return None if milliseconds is None else milliseconds / 1000


def _micros(at: datetime) -> int:
    return (at - _EPOCH) // _MICROSECOND


def _moment(micros: int) -> datetime:
    return _EPOCH + micros * _MICROSECOND
