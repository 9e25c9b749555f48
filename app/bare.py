"""Bare pages: no frame and no Dash, one document that the live feed fills, for days.

A page of ``app/pages/`` with ``BARE = (scripts of assets, in order)`` is sent as the HTML of its
layout with these scripts and its own stylesheet.  Its ``layout`` takes what its address asks:
``language`` and ``theme`` are understood for every such page.  The answer's ETag changes with
whatever the page is made of: a screen that stays open asks for it after the server was away
and loads itself anew where it differs (``data-version``).
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from importlib.metadata import version
from urllib.parse import quote

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.types import Receive, Scope, Send

from app.components.logo import MARK
from app.components.markup import markup
from app.discovery import Page
from app.errors import WrongUse
from app.i18n import _, language, languages, speaking
from app.static import ASSETS

_STYLES = ("base", "icons")
THEMES = ("dark", "light")


class Bare:
    """ASGI: a bare page, as its address asks for it."""

    def __init__(self, page: Page) -> None:
        self._page = page

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        asked = dict(Request(scope).query_params)
        answer = await run_in_threadpool(self._answer, asked)
        await answer(scope, receive, send)

    def _answer(self, asked: Mapping[str, str]) -> Response:
        """The page.  Raises WrongUse: the address asks for what is not there."""
        with speaking(chosen(asked, "language", languages(), language())):
            theme = chosen(asked, "theme", THEMES, "")
            body = markup(self._page.layout(asked))
            found = _version(body, self._files())
            document = self._document(theme, body, found)
        return HTMLResponse(document, headers={"etag": f'"{found}"'})

    def _files(self) -> tuple[str, ...]:
        styles = (*_STYLES, self._page.name)
        return (*(f"{name}.css" for name in styles), *(f"{name}.js" for name in self._page.bare))

    def _document(self, theme: str, body: str, found: str) -> str:
        """Styles first; scripts last: the feed begins once all of them are there."""
        scheme = f' data-mantine-color-scheme="{theme}"' if theme else ""
        mark = "data:image/svg+xml," + quote(MARK.format(ink="#235892", light="#f2a900"))
        styles, scripts = [], []
        for name in self._files():
            if name.endswith(".css"):
                styles.append(f'<link rel="stylesheet" href="/assets/{name}">')
            else:
                scripts.append(f'<script src="/assets/{name}"></script>')
        return f"""<!DOCTYPE html>
<html lang="{language()}"{scheme}>
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>{_(self._page.title)} – Vigie</title>
<link rel="icon" type="image/svg+xml" href="{mark}">
<script src="/assets/scheme.js"></script>
{"".join(styles)}
</head>
<body data-version="{found}">{body}{"".join(scripts)}</body>
</html>"""


def chosen(asked: Mapping[str, str], name: str, known: tuple[str, ...], otherwise: str) -> str:
    """What an address asks for, if there is such a thing.  Raises WrongUse."""
    word = asked.get(name, otherwise)
    if word != otherwise and word not in known:
        raise WrongUse(f"{name}={word}: there are {', '.join(known)}")
    return word


def _version(body: str, files: tuple[str, ...]) -> str:
    """Changes with the page, with its files and with what is installed."""
    digest = hashlib.sha256(f"{version('vigie')}\n{body}".encode())
    for name in files:
        digest.update((ASSETS / name).read_bytes())
    return digest.hexdigest()[:16]
