"""Payloads that somebody hostile, broken or merely unlucky might send, from a seed.

Most begin as a good delivery of the vendor's, because what is nearly right comes furthest.
"""

from __future__ import annotations

import copy
import gzip
import json
import random
from collections.abc import Callable, Iterator
from urllib.parse import parse_qsl, urlencode

#: Stands in a text for what JSON writers refuse to write, and is put there as it is.
_RAW, _END = "\ue000", "\ue001"

_RAW_TOKENS = (
    "NaN", "Infinity", "-Infinity", "1e400", "-1e400", "9" * 5_000, "-0", "1E+2147483648",
    '"\\ud800"', '"\\udfff\\ud800"', '"\\u0000"', "18446744073709551617", "0x10", "01", "tru", "",
    '{"a":1,"a":2}', "[" * 3_000, "[" * 200 + "]" * 200, "'single'", "/* */1",
)  # fmt: skip
_VALUES: tuple[object, ...] = (
    None, True, -1, 0, 2**31, 2**63, -(2**63), 1.5, "", " ", "\x00", "a\x00b", "\ufffe", "\u202e",
    "x" * 10_240, "é" * 600, "'; drop table events; --", "=cmd|' /C calc'!A0", "<script>1</script>",
    "../../../etc/passwd", "{{7*7}}", "%00", "\r\nX: y", "\\N", "\\.", "\t\n\\", [], {}, [[]],
    "9999-12-31T23:59:59Z", "0001-01-01T00:00:00+14:00", "1969-12-31T23:59:59Z", [None],
    "2026-02-30T00:00:00Z", "2026-11-16T09:00:00", "tomorrow", 253402300800, -62135596801, 1e18,
    "1e400", "NaN", list(range(2_000)), {"a": {"b": {"c": {}}}}, {"": ""}, {"$ref": "#"},
    {"__proto__": {"a": 1}},
)  # fmt: skip


_PIECES = (
    b"", b"\x00", b'"', b"|", b"\xff", b"\r", b"9" * 5_000, b"9999999999", b"-1", b"1e400", b"nan",
    b" " * 3_000, b"(" * 2_000, b"<" * 2_000, b":" * 100, b"=" * 100, b"@" * 500, b"a." * 3_000,
    b"[1", "\u202e".encode(), "\u0663".encode() * 20,
)  # fmt: skip


def hostile(chance: random.Random, good: bytes) -> bytes:
    """One payload, mostly made from the good one."""
    kind = chance.choices((_mutated, _cut, _flipped, _noise, _packed), (80, 8, 6, 4, 2))[0]
    return kind(chance, good)


def damaged(chance: random.Random, line: bytes) -> bytes:
    """A line of any format with one to four pieces of it replaced, or others put between."""
    spoilt = bytearray(line)
    for _ in range(chance.randint(1, 4)):
        at = chance.randrange(len(spoilt) + 1)
        spoilt[at : at + chance.choice((0, 0, 1, chance.randint(2, 12)))] = chance.choice(_PIECES)
    return bytes(spoilt)


def _mutated(chance: random.Random, good: bytes) -> bytes:
    """The good one with one to three of its values, names or members spoilt."""
    try:
        document = json.loads(good)
    except ValueError:
        return _form(chance, good)
    for _ in range(chance.randint(1, 3)):
        document = _spoilt(chance, document)
    return _written(document)


def _form(chance: random.Random, good: bytes) -> bytes:
    pairs = parse_qsl(good.decode(errors="replace"), keep_blank_values=True) or [("a", "b")]
    at = chance.randrange(len(pairs))
    pairs[at] = (pairs[at][0], str(chance.choice((*_VALUES, *_RAW_TOKENS))))
    if chance.random() < 0.2:
        pairs.append(chance.choice(pairs))
    if chance.random() < 0.2:
        del pairs[chance.randrange(len(pairs))]
    return urlencode(pairs, errors="replace").encode()


def _spoilt(chance: random.Random, document: object) -> object:
    """A copy with one place changed; the document itself where it has none."""
    document = copy.deepcopy(document)
    places = list(_places(document))
    if not places:
        return chance.choice(_VALUES)
    holder, key = chance.choice(places)
    change = chance.random()
    if change < 0.15:
        del holder[key]  # type: ignore[attr-defined]
    elif change < 0.3 and isinstance(holder, dict):
        holder[str(chance.choice(_VALUES))[:12_000]] = holder.pop(key)
    else:
        holder[key] = _value(chance, holder[key])  # type: ignore[index]
    return document


def _value(chance: random.Random, was: object) -> object:
    drawn = chance.random()
    if drawn < 0.35:
        return f"{_RAW}{chance.choice(_RAW_TOKENS)}{_END}"
    if drawn < 0.45:
        return [was] * chance.choice((2, 300))
    if drawn < 0.5:
        return _nested(chance.choice((50, 1_200)))
    if drawn < 0.6 and isinstance(was, int | float):
        return -was
    if drawn < 0.7 and isinstance(was, str) and _RAW not in was:
        return was * chance.choice((2, 60)) + chance.choice(("", "\x00", "\n"))
    return chance.choice(_VALUES)


def _nested(depth: int) -> object:
    return f"{_RAW}{'[' * depth}{']' * depth}{_END}"


def _places(document: object) -> Iterator[tuple[object, object]]:
    """Every place of the document as (what holds it, under which key)."""
    members: Iterator[tuple[object, object]] = iter(())
    if isinstance(document, dict):
        members = iter(list(document.items()))
    elif isinstance(document, list):
        members = enumerate(document[:20])
    for key, value in members:
        yield document, key
        yield from _places(value)


def _written(document: object) -> bytes:
    """As JSON, with the raw tokens as they are; half a surrogate pair is no UTF-8 then."""
    text = json.dumps(document, ensure_ascii=False)
    pieces = text.split(f'"{_RAW}')
    raw = [pieces[0]]
    for piece in pieces[1:]:
        token, _, rest = piece.partition(f'{_END}"')
        raw.append(json.loads(f'"{token}"') + rest)
    return "".join(raw).encode(errors="surrogatepass")


def _cut(chance: random.Random, good: bytes) -> bytes:
    return good[: chance.randrange(len(good))]


def _flipped(chance: random.Random, good: bytes) -> bytes:
    flipped = bytearray(good)
    for _ in range(chance.randint(1, 4)):
        flipped[chance.randrange(len(flipped))] = chance.randrange(256)
    return bytes(flipped)


def _noise(chance: random.Random, good: bytes) -> bytes:
    makers: tuple[Callable[[], bytes], ...] = (
        lambda: b"",
        lambda: chance.randbytes(chance.randint(1, 200)),
        lambda: b"\xef\xbb\xbf" + good,
        lambda: good.decode(errors="replace").encode("utf-16"),
        lambda: b"[" * 50_000,
        lambda: b'{"a":' * 20_000,
        lambda: good + good,
        lambda: b"null",
        lambda: b"[" + b",".join([b"{}"] * 500) + b"]",
        lambda: b"--x\r\nContent-Disposition: form-data\r\n\r\n1\r\n--x--",
    )
    return chance.choice(makers)()


def _packed(_: random.Random, good: bytes) -> bytes:
    return gzip.compress(good * 50)
