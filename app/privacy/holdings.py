"""All that is held on one customer, as the law has it that a person may ask.

Identities stand here as they are kept: a keyed hash and a masked form; the value itself is not
known to us.  What was refused is shown as it came.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime

from psycopg import Cursor
from psycopg.rows import dict_row
from sqlalchemy import Connection

from app.bootstrap import House, linker_of
from app.customers import Looker
from app.i18n import N_, _
from app.privacy.elsewhere import DELIVERIES, callbacks_of
from app.privacy.erasure import seal_of
from ingest.accesses import note_access
from ingest.erasing import Subject, bury, keys_of, naming, subject_of
from ingest.erasing import statement as kept

Row = dict[str, object]
Holdings = dict[str, list[Row]]

#: What is held, in this order, with what it is called.
SECTIONS: dict[str, str] = {
    "identities": N_("Identities (hashed; only the masked form can be read)"),
    "contacts": N_("Contacts"),
    "events": N_("What the sources told of these contacts"),
    "links": N_("Which contact followed which"),
    "merges": N_("How it became known that this is one person"),
    "decisions": N_("What people decided about it"),
    "callbacks": N_("Callbacks"),
    "accesses": N_("Who looked at this customer"),
    "refused": N_("Records that could not be used and name this customer"),
    "waiting": N_("Deliveries that nobody has read yet and name this customer"),
    "messages": N_("Messages to other systems that name this customer"),
}
_THREADS = "thread_key = any(%(threads)s)"
_QUERIES = {
    "identities": "select kind, masked, hash, ambiguous, identity_key::text from identities "
    "where identity_key = any(%(keys)s) order by kind, identity_key",
    "contacts": f"select * from contacts where {_THREADS} order by began_at, thread_key, turn",
    "events": f"select * from events where {_THREADS} "
    "and occurred_at between %(first_at)s and %(last_at)s order by occurred_at, event_key",
    "links": f"select * from links where {_THREADS} order by arrived_at, thread_key",
    "merges": "select * from customer_merges "
    "where customer_key = any(%(keys)s) or into_key = any(%(keys)s) order by id",
    "decisions": "select * from customer_decisions "
    "where identity_key = any(%(keys)s) or other_key = any(%(keys)s) order by decision_id",
    "callbacks": "select c.*, (select json_agg(a order by a.number) from callback_attempts a "
    "where a.callback = c.id) as attempts from callbacks c where c.id = any(%(callbacks)s) "
    "order by c.booked_at",
    "accesses": "select at, actor, way, page from customer_accesses "
    "where customer_key = any(%(keys)s) order by at, id",
    "refused": "select id, source, reason, detail, received_at, raw from quarantine "
    "where id = any(%(refused)s) order by id",
    "waiting": "select id, source, received_at, body from inbox "
    "where id = any(%(waiting)s) order by id",
    "messages": "select id, subscriber, kind, subject, announced_at, state, body "
    "from webhook_deliveries where id = any(%(messages)s) order by id",
}


def holdings(house: House, key: int, looker: Looker, now: datetime) -> Holdings:
    """Everything held on the customer of that key, section by section.

    That it was taken out is written down as a look, and is among it.  Raises NoSuchCustomer.
    """
    linker_of(house).drain(now)
    with house.database.engine.begin() as connection:
        _note(connection, key, looker, now)
    with house.database.connect() as raw, raw.cursor() as at:
        subject = subject_of(at, keys_of(at, key))
        words = _words(house, at, subject, now)
        with raw.cursor(row_factory=dict_row) as rows:
            found = {name: _plain(rows.execute(_QUERIES[name], words)) for name in SECTIONS}
        raw.rollback()  # Nobody was buried: that is how what names somebody is found.
    return found


def readable(found: Holdings, now: datetime) -> str:
    """The same for a person to read, in the language that is spoken."""
    return "\n".join(_lines(found, now))


def _note(connection: Connection, key: int, looker: Looker, now: datetime) -> None:
    raw = connection.connection.driver_connection
    assert raw is not None
    with raw.cursor() as at:
        keys = keys_of(at, key)
    note_access(
        connection, min(keys), actor=looker.actor, way=looker.way, page=looker.page, now=now
    )


def _words(house: House, at: Cursor[tuple[object, ...]], subject: Subject, now: datetime) -> Row:
    seal = seal_of(house)
    bury(at, subject.kinds, subject.tombstones, subject.threads, now)
    found = {
        name: list(naming(at, query, seal, subject.contact_ids))
        for name, query in (
            ("refused", kept("quarantine")), ("waiting", kept("inbox")), ("messages", DELIVERIES),
        )
    }  # fmt: skip
    return {
        "keys": list(subject.keys), "threads": list(subject.threads),
        "first_at": subject.first_at, "last_at": subject.last_at,
        "callbacks": callbacks_of(at, subject.contact_ids), **found,
    }  # fmt: skip


def _plain(rows: Iterable[Row]) -> list[Row]:
    """Keys as text (JavaScript rounds them), bytes as the text that they hold."""
    return [{name: _value(name, value) for name, value in row.items()} for row in rows]


def _value(name: str, value: object) -> object:
    if isinstance(value, bytes):
        return value.decode("utf-8", "backslashreplace")
    return str(value) if name.endswith("_key") and value is not None else value


def _lines(found: Holdings, now: datetime) -> Iterator[str]:
    moment = now.isoformat(timespec="seconds")
    yield _("Personal data held in Vigie, as of {moment}", moment=moment)
    for name, title in SECTIONS.items():
        rows = found[name]
        yield ""
        yield f"{_(title)}: {len(rows)}"
        for number, row in enumerate(rows, 1):
            yield f"  {number}."
            yield from (f"     {what}: {value}" for what, value in row.items() if value is not None)
