"""Named statements: one SQL file may hold several, each under a line ``-- :name``."""

from __future__ import annotations

import re
from importlib.resources import files

_NAME = re.compile(r"^-- :(\w+)$", re.MULTILINE)


def statements(file: str, /, **words: str) -> dict[str, str]:
    """The statements of a file beside this one, by name; `words` fill its ``{…}``.

    What precedes the first name is the file's own comment.
    """
    text = files("ingest").joinpath(file).read_text()
    _, *found = _NAME.split(text)
    return {
        name: body.strip().format(**words)
        for name, body in zip(found[::2], found[1::2], strict=True)
    }
