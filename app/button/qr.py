"""An address as a QR code: an SVG for the screen and for print."""

from __future__ import annotations

from io import BytesIO

import segno

from app.errors import WrongUse

#: Millimetres of a side in print: below, telephones on a letter do not read it.
SIZES = (20, 30, 50, 100)
_BORDER = 4


def qr_svg(address: str, millimetres: int | None = None) -> bytes:
    """The code of the address, black on white with its quiet zone.  Raises WrongUse.

    As large as its frame, or of so many millimetres.  A quarter of it may be lost (level Q)
    where that costs no larger code than level M.
    """
    try:
        code = segno.make(address, error="m", micro=False)
    except segno.DataOverflowError as error:
        raise WrongUse("this address is too long for a QR code: name less in it") from error
    out = BytesIO()
    modules = code.symbol_size(border=_BORDER)[0]
    size = {"scale": millimetres / modules, "unit": "mm"} if millimetres else {"omitsize": True}
    code.save(out, kind="svg", light="#fff", border=_BORDER, xmldecl=False, nl=False, **size)
    return out.getvalue()
