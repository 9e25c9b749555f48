"""What an answer lets the browser do: the content security policy, and the nonce of the answer.

Scripts and style sheets are files of ours, or stand in the page with the nonce of this very
answer; text that becomes markup by mistake has no nonce and does nothing.  Whoever writes an
inline script or style asks :func:`nonce`; the border then names it in the header.
"""

from __future__ import annotations

import hashlib
import secrets
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

#: Where browsers tell what the policy kept from happening (:mod:`app.api.csp_reports`).
REPORTS = "/csp-reports"
NONCE_BYTES = 18


#: The looks that are written as attributes, all of them by Plotly: what is bold in its labels, and
#: the scale beside a heat map, whose look it empties first.  React, Mantine and what is ours set
#: looks by property, which no policy forbids.
LOOKS = ("font-weight:bold", "")


def _hashed(look: str) -> str:
    return f"'sha256-{b64encode(hashlib.sha256(look.encode()).digest()).decode()}'"


_LOOKS = " ".join(map(_hashed, LOOKS))


@dataclass(slots=True)
class Answer:
    """The answer at hand: the nonce that its page uses, once it has asked for one."""

    nonce: str | None = None

    def policy(self) -> str:
        """The value of its ``Content-Security-Policy``."""
        inline = f" 'nonce-{self.nonce}'" if self.nonce else ""
        return "; ".join((
            "default-src 'self'",
            f"script-src 'self'{inline}",
            "script-src-attr 'none'",
            f"style-src 'self'{inline}",
            f"style-src-attr 'unsafe-hashes' {_LOOKS}",
            "img-src 'self' data: blob:",
            "font-src 'self' data:",
            "connect-src 'self'",
            "worker-src 'self' blob:",
            "frame-src 'self'",
            "object-src 'none'",
            "base-uri 'none'",
            "form-action 'self'",
            "frame-ancestors 'none'",
            f"report-uri {REPORTS}",
        ))  # fmt: skip


_answer: ContextVar[Answer | None] = ContextVar("answer", default=None)


@contextmanager
def answering() -> Iterator[Answer]:
    """Within, pages are written for one answer."""
    answer = Answer()
    token = _answer.set(answer)
    try:
        yield answer
    finally:
        _answer.reset(token)


def nonce() -> str:
    """The nonce of the answer at hand: one that nobody could know before.

    Outside of an answer it is empty: what is written then is looked at elsewhere.
    """
    if (answer := _answer.get()) is None:
        return ""
    if answer.nonce is None:
        answer.nonce = secrets.token_urlsafe(NONCE_BYTES)
    return answer.nonce
