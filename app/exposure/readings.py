"""What the board said when something was decided: JSON that the audit keeps as it was told."""

from __future__ import annotations

import msgspec

from app.exposure.errors import InvalidChange

CHARS = 8000


def checked(readings: str | None) -> str | None:
    """The readings if they are JSON of a reasonable size.  Raises InvalidChange."""
    if readings is None:
        return None
    if len(readings) > CHARS:
        told = f"readings have {len(readings)} characters: at most {CHARS}"
        raise InvalidChange("too_long", told, "readings")
    try:
        msgspec.json.decode(readings.encode())
    except (msgspec.DecodeError, UnicodeEncodeError) as error:
        told = f"readings are not JSON: {error}"
        raise InvalidChange("unprintable", told, "readings") from error
    if "\\u0000" in readings:
        raise InvalidChange("unprintable", "readings hold a NUL: remove it", "readings")
    return readings
