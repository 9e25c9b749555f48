"""Reading a JSON payload that nobody promised to keep as it is.

Every reader answers ``None`` where the thing is absent or of another type, so that an
unknown field, kind or version passes; only what an event cannot do without is refused.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import UTC, datetime

import msgspec

from ingest.errors import RejectedEvent

Payload = Mapping[str, object]
#: What a number may be before datetime refuses it; the store draws its own, tighter line.
_LAST_EPOCH_S = 253_402_300_799


def decode(body: bytes) -> Payload:
    """The JSON object of a delivery.  Raises RejectedEvent for anything else."""
    try:
        decoded = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise RejectedEvent("bad_json", f"not JSON: {error}") from error
    if not isinstance(decoded, dict):
        raise RejectedEvent("bad_json", "the JSON is not an object")
    return decoded


def encode(record: object) -> bytes:
    """The bytes of one record of a delivery, for the quarantine."""
    return msgspec.json.encode(record)


def digest(said: object) -> str:
    """A short name for what was said: the same words, the same name."""
    return hashlib.blake2b(encode(said), digest_size=8).hexdigest()


def table(payload: object, *path: str) -> Payload:
    """The object at the path; an empty one where there is none."""
    found = _at(payload, path)
    return found if isinstance(found, dict) else {}


def records(payload: object, *path: str) -> list[Payload]:
    """The objects of the list at the path; what is no object is left out."""
    found = _at(payload, path)
    return [each for each in found if isinstance(each, dict)] if isinstance(found, list) else []


def text(payload: object, *path: str) -> str | None:
    """The non-empty text at the path; a number is written out (ids are, sometimes)."""
    found = _at(payload, path)
    if isinstance(found, str):
        return found.strip() or None
    return str(found) if isinstance(found, int) and not isinstance(found, bool) else None


def needed(payload: object, *path: str) -> str:
    """The text at the path.  Raises RejectedEvent where there is none."""
    if (found := text(payload, *path)) is None:
        raise RejectedEvent("missing_field", f"{'.'.join(path)} is missing")
    return found


def instant(payload: object, *path: str) -> datetime | None:
    """The moment at the path: epoch seconds (number or text) or an ISO date-time.

    Aware UTC; a date-time without zone is UTC.  Raises RejectedEvent where it is no moment.
    """
    found = _at(payload, path)
    if found is None or found == "":
        return None
    try:
        return _moment(found)
    except (ValueError, OverflowError, OSError) as error:
        raise RejectedEvent("bad_time", f"{'.'.join(path)} is {found!r:.60}") from error


def needed_instant(payload: object, *path: str) -> datetime:
    """The moment at the path.  Raises RejectedEvent where there is none."""
    if (found := instant(payload, *path)) is None:
        raise RejectedEvent("missing_field", f"{'.'.join(path)} is missing")
    return found


def _at(payload: object, path: tuple[str, ...]) -> object:
    for step in path:
        payload = payload.get(step) if isinstance(payload, dict) else None
    return payload


def _moment(found: object) -> datetime:
    if isinstance(found, str) and not _is_number(found):
        parsed = datetime.fromisoformat(found.strip().replace(" UTC", "+00:00"))
        return parsed.replace(tzinfo=UTC) if parsed.tzinfo is None else parsed.astimezone(UTC)
    if isinstance(found, bool) or not isinstance(found, str | int | float):
        raise ValueError("not a moment")
    seconds = float(found)
    if not 0 <= seconds <= _LAST_EPOCH_S:
        raise ValueError("outside of the calendar")
    return datetime.fromtimestamp(seconds, UTC)


def _is_number(found: str) -> bool:
    return found.strip().replace(".", "", 1).isdecimal()
