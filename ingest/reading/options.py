"""What a source's table in vigie.toml says, line by line.

A line that is not there, or is empty, is None, or as usual.  One that cannot be used is Fatal:
the message names the source and the line, and nothing is asked before a person has mended it.
"""

from __future__ import annotations

import re
import ssl
from pathlib import Path
from typing import Literal

from ingest.connector import Source
from ingest.errors import Fatal


def secret_variable(source: str, what: Literal["secret", "token"] = "secret") -> str:
    """The environment variable that holds a source's secret, or its token."""
    return f"VIGIE_SOURCE_{re.sub(r'[^A-Z0-9]', '_', source.upper())}_{what.upper()}"


def text(source: Source, option: str) -> str | None:
    """The text of a line; a number is written out (accounts are, sometimes)."""
    found = source.options.get(option)
    if isinstance(found, bool) or not isinstance(found, str | int | float):
        return None
    return str(found) or None


def texts(source: Source, option: str) -> list[str]:
    """The texts of a line that holds one or several."""
    found = source.options.get(option)
    if isinstance(found, list):
        return [str(each) for each in found]
    return [found] if isinstance(found, str) and found else []


def needed(source: Source, option: str, example: str = "…") -> str:
    """The text of a line.  Raises Fatal, with the example, where there is none."""
    if (found := text(source, option)) is None:
        raise Fatal(f'[sources.{source.name}] needs a line {option} = "{example}"')
    return found


def needed_path(source: Source, example: str) -> Path:
    """The file or folder of the line ``path``.  Raises Fatal where there is none."""
    return Path(needed(source, "path", example))


def one_of(source: Source, option: str, *words: str, usual: str) -> str:
    """The word of a line.  Raises Fatal where it is none of these."""
    found = source.options.get(option, usual)
    if not isinstance(found, str) or found not in words:
        said = f"{', '.join(words[:-1])} or {words[-1]}"
        raise Fatal(f"[sources.{source.name}] {option} is «{found}»: use {said}")
    return found


def number(source: Source, option: str, usual: float, most: float = 1_000_000) -> float:
    """The number of a line, above zero.  Raises Fatal for anything else, or for more."""
    found = source.options.get(option, usual)
    if isinstance(found, bool) or not isinstance(found, int | float) or not 0 < found <= most:
        raise Fatal(f"[sources.{source.name}] {option} must be a number above zero, to {most:g}")
    return found


def port(source: Source, usual: int) -> int:
    """The line ``port``.  Raises Fatal where no server can be at it."""
    found = source.options.get("port", usual)
    if isinstance(found, bool) or not isinstance(found, int) or not 0 < found < 65_536:
        raise Fatal(f"[sources.{source.name}] port must be a number from 1 to 65535")
    return found


def password(source: Source) -> str:
    """The source's secret, where it is a password.  Raises Fatal where there is none."""
    if not source.secret:
        raise Fatal(f"source {source.name} has no password: set {secret_variable(source.name)}")
    return source.secret


def trusted(source: Source) -> ssl.SSLContext:
    """Whose certificates are believed: the machine's, or those of the line ``ca_file``.

    Raises Fatal where that cannot be read.
    """
    try:
        return ssl.create_default_context(cafile=text(source, "ca_file"))
    except OSError as error:
        said = error.strerror or str(error)
        raise Fatal(f"[sources.{source.name}] ca_file cannot be read: {said}") from error
