"""Whom bytes name: the identities that could stand in a record nobody has parsed.

What was refused is kept as it came, so it cannot be asked for its identities.  But an identity
is known by its keyed hash: every word, number and address in the bytes is spelt and hashed as
an identity of each kind that is looked for.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from contextlib import suppress
from urllib.parse import unquote_plus

import msgspec

from ingest.events import KEY_CHARS, Identity
from ingest.identity import REGION, sealed

#: An address; a number as people write it; any other word, also what stands within quotes.
_ADDRESS = re.compile(r"[^\s<>\"',;:()\[\]{}|=&]+@[^\s<>\"',;:()\[\]{}|=&@]+")
_NUMBER = re.compile(r"(?<![\w])\+?\(?\d[\d .()/-]{4,24}\d")
_WORD = re.compile(r"[^\s<>\"',;()\[\]{}|=&]+")
_QUOTED = re.compile(r"\"([^\"\n]{1,512})\"")
_OF_NUMBERS = ("phone", "whatsapp", "sms")
#: Without its memory: what is tried here would drive out what every event asks for.
_sealed = sealed.__wrapped__


def hashes_in(
    raw: bytes, kinds: Collection[str], key: bytes, region: str = REGION
) -> frozenset[str]:
    """The hashes of all that might be an identity of one of the kinds.

    `key` is what seals identities, `region` the country of numbers told without one.
    """
    found = set()
    for text in _readings(raw):
        for kind in kinds:
            for word in _candidates(text, kind):
                if known := _sealed(Identity(kind, word), key, region):
                    found.add(known[1])
    return frozenset(found)


def _readings(raw: bytes) -> Iterator[str]:
    """The bytes as text, freed of what JSON or a form wraps around it."""
    text = raw.decode("utf-8", "replace")
    yield text
    if "%" in text or "+" in text:
        yield unquote_plus(text)
    if "\\" in text:
        with suppress(msgspec.DecodeError, RecursionError):
            yield msgspec.json.encode(msgspec.json.decode(raw)).decode()


def _candidates(text: str, kind: str) -> Iterator[str]:
    if kind == "email":
        yield from (found.strip(".") for found in _ADDRESS.findall(text))
        return
    if kind in _OF_NUMBERS:
        yield from _NUMBER.findall(text)
        return
    for word in _WORD.findall(text):
        if len(word) <= KEY_CHARS:
            yield word
            yield word.strip(".!?")
            yield from word.split(":") if ":" in word else ()
    yield from _QUOTED.findall(text)
