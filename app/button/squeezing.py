"""Our own script and style sheet, made small: no comments, no needless space, short names.

It understands the JavaScript that ``button.js`` is written in, not any: statements end in
semicolons, there are no template literals, and a name that is not our own stands in `THEIRS`.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from itertools import count, product
from string import ascii_letters

#: The language's words and the browser's: everything else may have another name.
_LANGUAGE = (
    "async await catch const else false finally for function if in let new null of return this "
    "throw true try typeof undefined while"
)
_BROWSER = (
    "AbortSignal CSSStyleSheet CustomEvent Date Intl JSON Math Object Uint8Array addEventListener "
    "clearTimeout crypto document encodeURIComponent fetch localStorage location navigator "
    "setTimeout"
)
THEIRS = frozenset(f"{_LANGUAGE} {_BROWSER}".split())
_TOKEN = re.compile(
    r"""(?P<gap>\s+|//[^\n]*|/\*.*?\*/)
      | (?P<text>"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*')
      | (?P<name>[A-Za-z_$][\w$]*)
      | (?P<number>\d[\w.]*)
      | (?P<mark>=>|\.\.\.|===|!==|\*\*|&&|\|\||[<>=!+*-]=|\+\+|--|\?\.|\S)""",
    re.DOTALL | re.VERBOSE,
)
_PATTERN = re.compile(r"/(?:\\.|\[(?:\\.|[^\]\\])*\]|[^/\\\n\[])+/[a-z]*")
#: After these a slash begins a pattern, and a brace an object.
_BEFORE_VALUE = frozenset(("(", ",", "=", ":", "?", "[", "!", "&&", "||", "return", "const", "..."))
_Token = tuple[str, str]


def squeezed_script(source: str) -> str:
    """The script with the same meaning."""
    tokens = list(_tokens(source))
    roles = _roles(tokens)
    used = Counter(
        text for (kind, text), role in zip(tokens, roles, strict=True) if _ours(kind, text, role)
    )
    short = dict(zip([name for name, _times in used.most_common()], _names(), strict=False))
    return _joined(_without_parentheses(_gathered(list(_renamed(tokens, roles, short)))))


def squeezed_style(source: str) -> str:
    """The style sheet in one line."""
    bare = " ".join(re.sub(r"/\*.*?\*/", "", source, flags=re.DOTALL).split())
    tight = re.sub(r" ?([{};,]) ?", r"\1", bare)
    return re.sub(r"(?<=[\w-]): ", ":", tight.replace(";}", "}")).strip()


def _tokens(source: str) -> Iterator[_Token]:
    at, before = 0, "("
    while at < len(source):
        found = _PATTERN.match(source, at) if before in _BEFORE_VALUE else None
        if found is not None and not source.startswith(("//", "/*"), at):
            kind = "text"
        else:
            found = _TOKEN.match(source, at)
            assert found is not None
            kind = str(found.lastgroup)
        at = found.end()
        if kind != "gap":
            before = found[0]
            yield kind, before


def _roles(tokens: list[_Token]) -> list[str]:
    """What each token is beside a value: a ``property``, a ``key`` or a ``short`` key."""
    roles, objects = [], [False]
    for at, (_kind, text) in enumerate(tokens):
        before = tokens[at - 1][1] if at else ""
        after = tokens[at + 1][1] if at + 1 < len(tokens) else ""
        roles.append(_role(before, after, objects[-1]))
        if text in "{[(":
            objects.append(text == "{" and before in _BEFORE_VALUE)
        elif text in "}])":
            objects.pop()
    return roles


def _role(before: str, after: str, in_object: bool) -> str:
    if before in (".", "?."):
        return "property"
    if in_object and before in "{,":
        return "key" if after in (":", "(") else "short" if after in ",}" else ""
    return ""


def _ours(kind: str, text: str, role: str) -> bool:
    return kind == "name" and role not in ("property", "key") and text not in THEIRS


def _renamed(tokens: list[_Token], roles: list[str], short: dict[str, str]) -> Iterator[_Token]:
    for (kind, text), role in zip(tokens, roles, strict=True):
        if not _ours(kind, text, role):
            yield kind, text
            continue
        if role == "short":
            yield from (("name", text), ("mark", ":"))
        yield "name", short[text]


def _names() -> Iterator[str]:
    """a, b, … Z, aa, ab, … without the words of others."""
    for length in count(1):
        for letters in product(ascii_letters, repeat=length):
            if (name := "".join(letters)) not in THEIRS:
                yield name


def _gathered(tokens: list[_Token]) -> list[_Token]:
    """Constants that follow one another as one statement."""
    found: list[_Token] = []
    constant = [False]
    for before, token in zip([("mark", ""), *tokens], tokens, strict=False):
        if token[1] == "const" and before[1] == ";" and constant[-1]:
            found[-1] = ("mark", ",")
            continue
        if before[1] == ";":
            constant[-1] = False
        if token[1] in ("{", "[", "("):
            constant.append(False)
        elif token[1] in ("}", "]", ")"):
            constant.pop()
        constant[-1] = constant[-1] or token[1] == "const"
        found.append(token)
    return found


def _without_parentheses(tokens: list[_Token]) -> Iterator[_Token]:
    """(one) => as one =>"""
    for at, token in enumerate(tokens):
        alone = [text for _kind, text in tokens[at : at + 4]]
        if token[1] == "(" and alone[2:] == [")", "=>"] and tokens[at + 1][0] == "name":
            continue
        since = [text for _kind, text in tokens[max(at - 2, 0) : at + 2]]
        if (
            token[1] == ")"
            and since[0] == "("
            and since[-1] == "=>"
            and len(since) == 4
            and (tokens[at - 1][0] == "name")
        ):
            continue
        yield token


def _joined(tokens: Iterator[_Token]) -> str:
    """Without a space where two tokens cannot be taken for one."""
    parts: list[str] = []
    before: _Token = ("mark", "")
    for token in tokens:
        if token[1] == "}" and before[1] == ";":
            parts.pop()
        words = token[0] != "mark" and before[0] in ("name", "number")
        if (words and token[0] in ("name", "number")) or _would_merge(before[1], token[1]):
            parts.append(" ")
        parts.append(token[1])
        before = token
    return "".join(parts)


def _would_merge(before: str, after: str) -> bool:
    return bool(before) and before[-1] == after[0] and after[0] in "+-/"
