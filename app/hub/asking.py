"""What every resource of the hub reads of a request, before it means anything."""

from __future__ import annotations

from starlette.types import Receive, Scope


def told(scope: Scope) -> tuple[bytes, int]:
    """The media type of the body (JSON where none is told) and its length (0)."""
    kind, length = b"application/json", b"0"
    for name, value in scope["headers"]:
        if name == b"content-type":
            kind = value
        elif name == b"content-length":
            length = value
    if kind != b"application/json":
        kind = kind.partition(b";")[0].strip().lower()
    return kind, int(length[:20]) if length.isdigit() else 0


async def body_of(receive: Receive, length: int, most: int) -> bytes | None:
    """The body of that told length, or None as soon as it is known to be too large."""
    if length > most:
        return None
    message = await receive()
    if not message.get("more_body", False):
        body = message.get("body", b"")
        return body if len(body) <= most else None
    pieces = bytearray(message.get("body", b""))
    while message.get("more_body", False) and len(pieces) <= most:
        message = await receive()
        pieces += message.get("body", b"")
    return bytes(pieces) if len(pieces) <= most else None
