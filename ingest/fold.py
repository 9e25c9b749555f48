"""The fold as text: `FOLD` turns a relation ``facts`` into a relation ``folded``.

The ingest statement runs it on the threads of a batch, the verification on all of them:
``with facts as (select <FACT_COLUMNS> from events), <FOLD> select * from folded``.
"""

from __future__ import annotations

from collections.abc import Iterable
from importlib.resources import files

from ingest.events import ANSWERING, ENDING, OPENING, PASSING
from ingest.schema import contacts


def listed(kinds: Iterable[str]) -> str:
    """The kinds as SQL lists them."""
    return ", ".join(f"'{kind}'" for kind in kinds)


FOLD: str = (
    files("ingest")
    .joinpath("fold.sql")
    .read_text()
    .format(
        opening=listed(OPENING),
        ending=listed(ENDING),
        answering=listed(ANSWERING),
        passing=listed(PASSING),
    )
)

#: What the fold reads of an event.
FACT_COLUMNS: tuple[str, ...] = (
    "thread_key", "event_key", "occurred_at", "source", "contact_id", "kind", "channel",
    "direction", "queue", "reason", "segment", "site", "agent", "wait_ms", "dial_wait_ms",
    "talk_ms", "hold_ms", "wrap_ms",
)

#: The columns of ``contacts``, in the order in which ``folded`` gives them.
CONTACT_COLUMNS: tuple[str, ...] = tuple(column.name for column in contacts.columns)
