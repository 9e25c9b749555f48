"""Files for the browser, compressed once: Dash's component suites and our assets.

First load is 9.5 MB of scripts; gzipped on the event loop for every visitor it would stop
the live values.  Here each file is compressed in a thread, once, and kept.
"""

from __future__ import annotations

import asyncio
import gzip
import mimetypes
import pkgutil
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from pathlib import Path

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

ASSETS = Path(__file__).parent / "assets"
_TEXT = {".js", ".mjs", ".css", ".svg", ".json", ".map", ".html", ".txt"}
_FOR_EVER = "private, max-age=31536000, immutable"


@dataclass(frozen=True, slots=True)
class File:
    """A file as it goes out; `gzipped` is None where compressing gains nothing.

    `tag` names its contents: whoever has them is told so instead of being sent them again.
    """

    body: bytes
    gzipped: bytes | None
    media_type: str
    tag: str


@lru_cache(maxsize=512)
def suite_file(package: str, path: str) -> File:
    """A file of an installed component package.  Raises FileNotFoundError."""
    if (body := pkgutil.get_data(package, path)) is None:
        raise FileNotFoundError(path)
    return packed(body, Path(path).suffix)


@lru_cache(maxsize=256)
def _asset(path: Path, modified_ns: int) -> File:
    return packed(path.read_bytes(), path.suffix)


def asset_file(name: str) -> File:
    """A file of ``app/assets``, as it is on disk now.  Raises FileNotFoundError."""
    path = (ASSETS / name).resolve()
    if not path.is_relative_to(ASSETS.resolve()) or not path.is_file():
        raise FileNotFoundError(name)
    return _asset(path, path.stat().st_mtime_ns)


def warm(registered: dict[str, set[str]], wanted: Iterable[str]) -> None:
    """Compress the files that a first visit loads; takes a second, so call it in a thread."""
    for package in wanted:
        for path in sorted(registered.get(package, ())):
            if not path.endswith(".map"):
                suite_file(package, path)


async def serve(request: Request, find: Callable[[], File], *, for_ever: bool) -> Response:
    """The file that `find` finds, compressed where the browser takes it, or a 404.

    304 for who has it already.
    """
    try:
        file = await asyncio.to_thread(find)
    except OSError as error:
        raise HTTPException(404, "no such file") from error
    kept = _FOR_EVER if for_ever else "no-cache"
    headers = {"vary": "accept-encoding", "cache-control": kept, "etag": file.tag}
    if file.tag in request.headers.get("if-none-match", ""):
        return Response(None, 304, headers)
    if file.gzipped is not None and "gzip" in request.headers.get("accept-encoding", ""):
        return Response(file.gzipped, 200, headers | {"content-encoding": "gzip"}, file.media_type)
    return Response(file.body, 200, headers, file.media_type)


def packed(body: bytes, suffix: str) -> File:
    """The contents, ready to go out as a file of that suffix."""
    media_type = mimetypes.types_map.get(suffix, "application/octet-stream")
    gzipped = gzip.compress(body, 6, mtime=0) if suffix in _TEXT and len(body) > 500 else None
    # Weak: the same contents, compressed or not.
    return File(body, gzipped, media_type, f'W/"{sha256(body).hexdigest()[:32]}"')
