"""An address as a QR code: an SVG for the screen and for print."""

from __future__ import annotations

from functools import lru_cache
from io import BytesIO

import segno

from app.errors import WrongUse

#: Millimetres of a side in print: below, telephones on a letter do not read it.
SIZES = (20, 30, 50, 100)
_BORDER = 4
#: Bytes of an address: a longer one makes a code too fine for a letter, and takes long to draw.
_LONGEST = 400


@lru_cache(maxsize=256)
def qr_svg(address: str, millimetres: int | None = None) -> bytes:
    """The code of the address, black on white with its quiet zone.  Raises WrongUse.

    As large as its frame, or of so many millimetres.  At least 15 % of it may be lost (level M,
    or a higher one where that costs no larger code).  Takes about 10 ms.
    """
    if len(address.encode()) > _LONGEST:
        raise WrongUse("this address is too long for a QR code: name less in it")
    code = segno.make(address, error="m", micro=False)
    out = BytesIO()
    modules = code.symbol_size(border=_BORDER)[0]
    size = {"scale": millimetres / modules, "unit": "mm"} if millimetres else {"omitsize": True}
    code.save(out, kind="svg", light="#fff", border=_BORDER, xmldecl=False, nl=False, **size)
    return out.getvalue()
