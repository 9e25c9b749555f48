"""What a backup says of itself, and whether it is whole."""

from __future__ import annotations

import hashlib
from datetime import datetime
from pathlib import Path

import msgspec

from app.errors import AppError, WrongUse

MANIFEST, DUMP = "manifest.json", "database.dump"
_STEP = 1 << 20


class Manifest(msgspec.Struct, frozen=True):
    """A backup as it was made: `revision` is the schema's, `key` tells two secret keys apart."""

    made_at: datetime
    vigie: str
    postgresql: str
    revision: str
    events: int
    contacts: int
    bytes: int
    sha256: str
    key: str


def key_mark(secret_key: str) -> str:
    """Tells whether a key is the one a backup was made under; says nothing of the key."""
    return hashlib.scrypt(secret_key.encode(), salt=b"vigie backup", n=4096, r=8, p=1).hex()[:8]


def digest(path: Path) -> str:
    """The SHA-256 of a file."""
    found = hashlib.sha256()
    with path.open("rb") as file:
        while part := file.read(_STEP):
            found.update(part)
    return found.hexdigest()


def read(folder: Path) -> Manifest:
    """What the backup says of itself.  Raises WrongUse: it is none; AppError: damaged."""
    try:
        return msgspec.json.decode((folder / MANIFEST).read_bytes(), type=Manifest)
    except OSError as error:
        raise WrongUse(f"{folder} is no backup: there is no {MANIFEST} in it") from error
    except msgspec.MsgspecError as error:
        raise AppError(f"{folder / MANIFEST} is damaged: take another backup") from error


def require_whole(folder: Path, manifest: Manifest) -> Path:
    """The dump of the backup, byte for byte as it was written.  Raises AppError."""
    dump = folder / DUMP
    if not dump.exists() or digest(dump) != manifest.sha256:
        raise AppError(f"{dump} is not as it was written: take another backup")
    return dump
