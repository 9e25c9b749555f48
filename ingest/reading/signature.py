"""Was this body signed by who holds the secret?  Always over the raw bytes, in constant time."""

from __future__ import annotations

import base64
import hmac
from collections.abc import Callable, Mapping
from typing import Literal

from ingest.connector import Source
from ingest.errors import BadSignature
from ingest.reading.options import secret_variable


def secret_of(source: Source) -> bytes:
    """The source's secret.  Raises BadSignature where none is configured: nothing passes then."""
    if not source.secret:
        raise BadSignature(
            f"source {source.name} has no secret: set {secret_variable(source.name)}"
        )
    return source.secret.encode()


def check(
    source: Source,
    headers: Mapping[str, str],
    header: str,
    signed: bytes,
    *,
    by: Literal["sha256", "sha1"] = "sha256",
    prefix: str = "",
    written: Callable[[bytes], str] = bytes.hex,
) -> None:
    """Raise BadSignature unless `header` is the prefix and the HMAC of `signed`, as written."""
    expected = prefix + written(hmac.digest(secret_of(source), signed, by))
    if not same(headers.get(header, ""), expected):
        raise BadSignature(f"{header} is missing or does not fit what was sent")


def in_base64(digest: bytes) -> str:
    """As some vendors write it; others in hexadecimal."""
    return base64.b64encode(digest).decode()


def same(told: str, expected: str) -> bool:
    """Compare without telling by the time taken how much of it was right."""
    return hmac.compare_digest(told.encode(errors="replace"), expected.encode())
