"""Metrics as text: several collectors as one; a port of their own for processes without a web."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

from prometheus_client import CONTENT_TYPE_LATEST, generate_latest, start_http_server
from prometheus_client.core import Metric

from app.errors import WrongUse
from app.metrics.instruments import PROCESS

MEDIA_TYPE = CONTENT_TYPE_LATEST


class Collector(Protocol):
    """Whoever has something to tell."""

    def collect(self) -> Iterator[Metric]:
        """The metrics as they are now."""


class Together:
    """Several collectors as one, this process's own among them."""

    def __init__(self, *others: Collector) -> None:
        self._others = others

    def collect(self) -> Iterator[Metric]:
        yield from PROCESS.collect()
        for each in self._others:
            yield from each.collect()


def exposition(*others: Collector) -> bytes:
    """What this process counts, and what the others tell, in Prometheus' text format."""
    return bytes(generate_latest(Together(*others)))


@contextmanager
def exposed(host: str, port: int | None, *others: Collector) -> Iterator[None]:
    """Tell it on a port of its own meanwhile; on none where `port` is None.

    Raises WrongUse where nothing can listen there.
    """
    if port is None:
        yield
        return
    try:
        server, thread = start_http_server(port, host, Together(*others))
    except OSError as error:
        raise WrongUse(
            f"cannot tell metrics on {host}:{port} ({error.strerror}): give another --metrics-port"
        ) from error
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
