"""What a hub knows, and how it is kept on disk for a start without a database.

The file is one line that tells schema and checksum, then the knowledge as JSON.  It is written
beside and renamed, so it is whole or not there; what is not exactly as it was written is
ignored, with a line that says why: a hub without it offers everything.
"""

from __future__ import annotations

import hashlib
import logging
import os
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec

from app.exposure.reading import Exposure
from app.exposure.surroundings import Rows, surroundings
from kpis.errors import KpiError

FILE = "hub-snapshot"
#: Changes when what is kept cannot be read as before: another version is not read.
SCHEMA = 1
_MAGIC = b"vigie-hub-snapshot"
#: No exposure is so large; a larger file is not ours.
_LARGEST = 64 << 20
#: A clock that was wrong when the file was written: nothing in it can be judged by ours.
_AHEAD = timedelta(days=1)
_log = logging.getLogger(__name__)


class Snapshot(msgspec.Struct, frozen=True):
    """Exposure and surroundings, and when the database last confirmed them (None: never)."""

    exposure: Exposure
    as_of: datetime | None
    rows: Rows = Rows()


class Unusable(Exception):
    """A kept snapshot that is not as it was written, or not of this version."""


@dataclass(frozen=True, slots=True)
class Kept:
    """The snapshot in this folder; any number of processes may keep theirs there."""

    folder: Path

    @property
    def path(self) -> Path:
        return self.folder / FILE

    def save(self, snapshot: Snapshot) -> None:
        """Write it to the disk, whole or not at all.  Raises OSError."""
        self.folder.mkdir(parents=True, exist_ok=True)
        beside = self.folder / f".{FILE}.{os.getpid()}"
        with beside.open("wb") as file:
            file.write(packed(snapshot))
            file.flush()
            os.fsync(file.fileno())
        beside.replace(self.path)
        _settle(self.folder)

    def load(self, now: datetime) -> Snapshot | None:
        """The last one kept; None where there is none that can be used, with one line why."""
        try:
            if self.path.stat().st_size > _LARGEST:
                raise Unusable(f"over {_LARGEST} bytes")
            return unpacked(self.path.read_bytes(), now)
        except FileNotFoundError:
            return None
        except (OSError, Unusable) as error:
            _log.warning("hub: %s is ignored, the safe default stands: %s", self.path, error)
            return None


def packed(snapshot: Snapshot) -> bytes:
    """The bytes of the file."""
    body = msgspec.json.encode(snapshot)
    digest = hashlib.sha256(body).hexdigest().encode()
    return b"%s %d %s\n%s" % (_MAGIC, SCHEMA, digest, body)


def unpacked(raw: bytes, now: datetime) -> Snapshot:
    """What was packed.  Raises Unusable."""
    head, _, body = raw.partition(b"\n")
    match head.split(b" "):
        case [magic, schema, digest] if magic == _MAGIC:
            pass
        case _:
            raise Unusable("not a snapshot of a hub")
    if schema != b"%d" % SCHEMA:
        raise Unusable(f"of schema {schema[:20]!r}, this version reads {SCHEMA}")
    if hashlib.sha256(body).hexdigest().encode() != digest:
        raise Unusable("damaged: its checksum is another")
    try:
        snapshot = msgspec.json.decode(body, type=Snapshot)
        surroundings(snapshot.rows)
    except (msgspec.MsgspecError, KpiError, UnicodeDecodeError, RecursionError) as error:
        raise Unusable(f"not as this version writes it: {error}") from error
    _require_safe(snapshot, now)
    return snapshot


def _require_safe(snapshot: Snapshot, now: datetime) -> None:
    """Refuse what would leave a visitor without people, or hide a mode for ever."""
    if not any(mode.human for mode in snapshot.exposure.modes):
        raise Unusable("no mode in it is answered by people")
    if any(one.state.hides and one.expires_at is None for one in snapshot.exposure.switches):
        raise Unusable("a closing in it never ends")
    if snapshot.as_of is None or snapshot.as_of.tzinfo is None:
        raise Unusable("nobody knows of when it is")
    if snapshot.as_of.astimezone(UTC) > now + _AHEAD:
        raise Unusable(f"of {snapshot.as_of.isoformat()}, which is to come")


def _settle(folder: Path) -> None:
    """The new name survives a power cut too."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
