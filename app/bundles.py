"""Our own scripts and style sheets, as few files as a visit needs.

Seventy files of a kilobyte are seventy questions that the gate looks into; a first visit would
wait longer for them than for all the libraries.  Here they are one script that runs before
anything is drawn, one for all the rest, and one style sheet, made of the files as they are on
disk now.  Each file stays reachable by its own name, for pages that want only some of them
(:mod:`app.bare`).
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from app.static import ASSETS, File, asset_file, packed

#: Before anything is drawn, in this order; the names without ``.js``.
_FIRST = ("style_nonce", "scheme", "early")
FIRST, SCRIPTS, STYLES = "first.js", "all.js", "all.css"
Stamped = tuple[tuple[Path, int], ...]


def address(name: str) -> str:
    """Where a bundle or file is: another content has another address, so it is kept for ever."""
    return f"/assets/{name}?m={asset(name).tag[3:-1]}"


def asset(name: str) -> File:
    """A bundle, or a file of ``app/assets`` as it is on disk now.  Raises FileNotFoundError."""
    files = _files(name)
    return _whole(files) if files else asset_file(name)


def _files(name: str) -> Stamped:
    """What the bundle is made of, with the moment of each file's last change."""
    if name == FIRST:
        found = [ASSETS / f"{first}.js" for first in _FIRST]
    elif name == SCRIPTS:
        found = [path for path in sorted(ASSETS.glob("*.js")) if path.stem not in _FIRST]
    else:
        found = sorted(ASSETS.glob("*.css")) if name == STYLES else []
    return tuple((path, path.stat().st_mtime_ns) for path in found)


@lru_cache(maxsize=16)
def _whole(files: Stamped) -> File:
    """One after the other; a script that lacks its last semicolon keeps to itself."""
    suffix = files[0][0].suffix
    between = b"\n;\n" if suffix == ".js" else b"\n"
    return packed(between.join(path.read_bytes() for path, _changed in files), suffix)
