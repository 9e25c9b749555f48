"""Queues: each one over time."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlencode

from app.i18n import N_
from app.palette import Asked, Target
from app.places import queue_options

ORDER = 40
TITLE = N_("Queues")


def targets(asked: Asked) -> Iterator[Target]:
    """Those that have seen a contact lately."""
    with asked.house.database.engine.connect() as connection:
        found = queue_options(connection, asked.now)
    for queue in found:
        to = "/channels?" + urlencode({"queue": queue["value"]})
        yield Target(queue["label"], to=to, words=queue["value"])
