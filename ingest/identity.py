"""Identities at rest: a keyed hash to join on, a masked form to show; never the value itself."""

from __future__ import annotations

import hashlib
import re
from functools import lru_cache

from ingest.events import Identity

_NOT_DIALLED = re.compile(r"[^\d+]")


@lru_cache(maxsize=65_536)
def sealed(identity: Identity, key: bytes) -> tuple[str, str, str]:
    """(kind, hash of 32 hex digits, masked form).  The same value gives the same hash for a key."""
    value = normalised(identity)
    digest = hashlib.blake2b(f"{identity.kind}\x1f{value}".encode(), key=key, digest_size=16)
    return identity.kind, digest.hexdigest(), masked(identity.kind, value)


def normalised(identity: Identity) -> str:
    """One spelling for one identity: bare digits for phones, lower case for e-mail."""
    if identity.kind in ("phone", "whatsapp"):
        return _NOT_DIALLED.sub("", identity.value).lstrip("+")
    if identity.kind == "email":
        return identity.value.strip().lower()
    return identity.value.strip()


def masked(kind: str, value: str) -> str:
    """What a screen may show: the ends of a number, the domain of an address."""
    if kind == "email":
        name, _, domain = value.partition("@")
        return f"{name[:1]}•••@{domain}"
    return f"{value[:2]}•••{value[-2:]}" if len(value) > 6 else "•••"
