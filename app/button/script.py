"""The one file of the button: the script with its words, its drawings and the modes known.

The modes are inside so that a script which a browser kept draws them when its hub is gone.
"""

from __future__ import annotations

import gzip
import hashlib
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.resources import files

import msgspec

from app.button.squeezing import squeezed_script, squeezed_style
from app.button.words import LANGUAGES, words
from app.exposure.model import ANY
from app.hub.known import Snapshot

#: What a page may be asked to load at most, before it is compressed.
MOST = 20_000
#: Stands in the script where it knows something.
_PLACE = '"$KNOWN"'
_FOLDER = files(__package__)
#: Kept so long by browsers; and drawn from what they kept for a day while no hub answers.
CACHED = "public, max-age=300, stale-while-revalidate=86400, stale-if-error=86400"


@dataclass(frozen=True, slots=True)
class Script:
    """The script as it goes out, and its tag."""

    body: bytes
    gzipped: bytes
    tag: str


def script_of(snapshot: Snapshot) -> Script:
    """The script for what is known; made once for each set of modes and links."""
    links = {one.channel: one.link for one in snapshot.rows.links if one.surface == ANY}
    modes = tuple(
        (mode.channel, mode.label_fr, mode.label_en, *filter(None, [links.get(mode.channel)]))
        for mode in snapshot.exposure.modes
    )
    made = _made(modes)
    # Very long links would make it larger than is promised: then it carries none.
    return made if len(made.body) < MOST else _made(tuple(mode[:3] for mode in modes))


@cache
def drawings() -> dict[str, str]:
    """The drawing of a channel as the path of a 24 × 24 SVG, by channel."""
    return msgspec.json.decode(_read("drawings.json"), type=dict[str, str])


@cache
def style(name: str) -> bytes | None:
    """The style sheet of the hosted page or of the demo shop; None for any other."""
    match name:
        case "page":  # its list without a script looks like the one with it
            return squeezed_style((_read("page.css") + _read("button.css")).decode()).encode()
        case "demo":
            return squeezed_style(_read("shop.css").decode()).encode()
    return None


@cache
def shop_script() -> bytes:
    """What the demo shop's own page does."""
    return _read("shop.js")


@lru_cache(maxsize=8)
def _made(modes: tuple[tuple[str, ...], ...]) -> Script:
    known = {
        "words": {key: [words(one)[key] for one in LANGUAGES] for key in words("en")},
        "offers": modes,
        "draw": drawings(),
        "css": squeezed_style(_read("button.css").decode()),
    }
    code = squeezed_script(_read("button.js").decode())
    body = code.replace(_PLACE, _literal(known)).encode()
    tag = f'"{hashlib.sha256(body).hexdigest()[:16]}"'
    return Script(body, gzip.compress(body, 9, mtime=0), tag)


def _literal(known: object) -> str:
    """JSON as a part of a script: line separators and the end of an element are escaped."""
    text = msgspec.json.encode(known).decode()
    for risky, escaped in (("<", "\\u003c"), ("\u2028", "\\u2028"), ("\u2029", "\\u2029")):
        text = text.replace(risky, escaped)
    return text


def _read(name: str) -> bytes:
    return _FOLDER.joinpath(name).read_bytes()
