"""Sealing: what must not be read or changed outside of this house, under VIGIE_SECRET_KEY.

Secrets of second factors in the database, and notes that a browser carries for us between two
steps of a login.  Each purpose has a key of its own (HKDF), so that nothing sealed for one
opens as another; what it is about (whose it is) is bound to it as well.
"""

from __future__ import annotations

import base64
import binascii
import os
from datetime import datetime
from typing import TypeVar

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

T = TypeVar("T")
_NONCE_BYTES = 12


class Broken(Exception):
    """It was not sealed here, for this, with this key; or its time is over."""


def derived(secret_key: str, purpose: str) -> bytes:
    """The key of one purpose: 32 bytes."""
    return HKDF(SHA256(), 32, None, f"vigie:{purpose}".encode()).derive(secret_key.encode())


def seal(secret_key: str, purpose: str, content: bytes, about: str = "") -> bytes:
    """The content, unreadable and unchangeable."""
    nonce = os.urandom(_NONCE_BYTES)
    return nonce + AESGCM(derived(secret_key, purpose)).encrypt(nonce, content, about.encode())


def unseal(secret_key: str, purpose: str, sealed: bytes, about: str = "") -> bytes:
    """What :func:`seal` was given.  Raises Broken."""
    nonce, closed = sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:]
    try:
        return AESGCM(derived(secret_key, purpose)).decrypt(nonce, closed, about.encode())
    except (InvalidTag, ValueError) as error:
        raise Broken(f"not sealed here for «{purpose}»") from error


class _Dated(msgspec.Struct, frozen=True):
    until: datetime
    note: msgspec.Raw


def seal_note(secret_key: str, purpose: str, note: msgspec.Struct, until: datetime) -> str:
    """The note as a cookie's value, good until that moment."""
    dated = msgspec.json.encode(_Dated(until, msgspec.Raw(msgspec.json.encode(note))))
    return base64.urlsafe_b64encode(seal(secret_key, purpose, dated)).decode()


def unseal_note(secret_key: str, purpose: str, told: str, kind: type[T], now: datetime) -> T:
    """The note in a cookie.  Raises Broken."""
    try:
        sealed = base64.b64decode(told.encode("ascii", "replace"), b"-_", validate=True)
    except binascii.Error as error:
        raise Broken("not a note of ours") from error
    dated = msgspec.json.decode(unseal(secret_key, purpose, sealed), type=_Dated)
    if dated.until <= now:
        raise Broken("its time is over")
    return msgspec.json.decode(dated.note, type=kind)
