"""Was this body signed by who holds the secret?  Always over the raw bytes, in constant time."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping

from ingest.connector import Source
from ingest.errors import BadSignature


def secret_of(source: Source) -> bytes:
    """The source's secret.  Raises BadSignature where none is configured: nothing passes then."""
    if not source.secret:
        raise BadSignature(
            f"source {source.name} has no secret: set its VIGIE_SOURCE_…_SECRET variable"
        )
    return source.secret.encode()


def check_sha256(source: Source, headers: Mapping[str, str], header: str, signed: bytes) -> None:
    """Raise BadSignature unless `header` is ``sha256=`` and the hex HMAC-SHA256 of `signed`."""
    expected = "sha256=" + hmac.new(secret_of(source), signed, hashlib.sha256).hexdigest()
    if not same(headers.get(header, ""), expected):
        raise BadSignature(f"{header} is missing or does not fit the body")


def same(told: str, expected: str) -> bool:
    """Compare without telling by the time taken how much of it was right."""
    return hmac.compare_digest(told.encode(errors="replace"), expected.encode())
