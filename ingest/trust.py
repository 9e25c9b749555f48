"""Whom to believe: the authorities that stand for the certificates of the servers we ask."""

from __future__ import annotations

import ssl
from functools import cache

import httpx2


@cache
def authorities() -> ssl.SSLContext:
    """Those of httpx2, read once a process: that takes longer than a request."""
    return httpx2.create_ssl_context()
