"""A customer whose every word is found again wherever it stands, and where that is looked for."""

from __future__ import annotations

import json

from psycopg import sql

from app.bootstrap import House, linker_of
from ingest.connector import Source
from ingest.database import Database
from ingest.events import Event, Identity, Rejected
from ingest.inbox import Inbox
from tests.ingest.telling import NOW, told

#: Nobody else's: what a search for one of these finds is the customer's.
MAIL = "cora.canary@canary-mail.example"
NUMBER, NATIONAL = "+33639987654", "06 39 98 76 54"
ACCOUNT = "CANARY-ACCOUNT-77"
WORDS = ("canary", "639987654", "39 98 76 54")
#: The others, who must stay as they are.
BYSTANDER = "+33639980001"

PBX, MESSENGER, MAILS = (Source(name, "test") for name in ("pbx", "messenger", "mails"))
PUSHED = Source("pushed", "chatwoot")


def calls() -> list[Event]:
    """Three calls of the customer, one of somebody else; the agents' names stay."""
    mine = (Identity("phone", NATIONAL), Identity("crm", ACCOUNT))
    return [
        *_call("1", 0, mine), *_call("2", 3600, mine), *_call("3", 7200, mine),
        *_call("4", 7300, (Identity("phone", BYSTANDER),)),
        *_call("5", 7400, (Identity("phone", BYSTANDER),)),
    ]  # fmt: skip


def messages() -> list[Event]:
    """A messenger that names its threads after the number, as they do."""
    thread, who = f"line:{NUMBER}", (Identity("whatsapp", NUMBER), Identity("email", MAIL))
    said = {"subject": f"from {MAIL}", "result": "kept"}
    return [
        told(100, "message_in", thread, channel="messaging", identities=who, attributes=said),
        told(160, "message_out", thread, channel="messaging", agent="ada"),
    ]


def refused() -> list[Rejected]:
    """What could not be used, with the customer in it in five spellings, and one without."""
    spelt = (
        f"from: {MAIL.upper()} broken",
        json.dumps({"who": {"tel": NATIONAL}, "cut": True}),
        f"From=%2B{NUMBER[1:]}&Body=hello",
        '{"contact": "line\\u003a", "mail": "cora.canary\\u0040canary-mail.example"}',
        f"customer={ACCOUNT};?",
        f"from: {BYSTANDER} broken",
    )
    return [Rejected(reason="bad_record", detail="?", raw=one.encode()) for one in spelt]


def deliver(house: House) -> None:
    """All the raw files once (more), and the linking that follows."""
    house.store.write(PBX, calls(), now=NOW)
    house.store.write(MESSENGER, messages(), now=NOW)
    house.store.write(MAILS, refused(), now=NOW)
    linker_of(house).drain(NOW)


def leave_in_the_inbox(house: House) -> None:
    """A delivery that nobody has read yet, and one of somebody else."""
    inbox = Inbox(house.database, house.store)
    for number in (NUMBER, BYSTANDER):
        inbox.take(PUSHED, json.dumps({"event": "x", "phone": number}).encode(), NOW)


def found(database: Database, words: tuple[str, ...] = WORDS) -> list[str]:
    """Every column of every table, as the catalog names them, that holds one of the words.

    Case does not matter; bytes are read as text, byte for byte.
    """
    with database.connect() as connection:
        columns = connection.execute(_COLUMNS).fetchall()
        asked = sql.SQL(" union all ").join(_holds(*column) for column in columns)
        return [where for (where,) in connection.execute(asked, {"words": list(words)})]


_COLUMNS = """
    select c.table_name, c.column_name, c.data_type from information_schema.columns c
    join information_schema.tables t using (table_schema, table_name)
    where t.table_schema = 'public' and t.table_type = 'BASE TABLE'
        and c.table_name !~ '^events_[0-9]'
        and c.data_type in ('text', 'bytea', 'json', 'jsonb', 'ARRAY', 'character varying')
"""


def _holds(table: str, column: str, kind: str) -> sql.Composed:
    plain = sql.SQL("encode({}, 'escape')" if kind == "bytea" else "{}::text")
    return sql.SQL(
        "select {} where exists (select from {}, unnest(%(words)s::text[]) w "
        "where position(w in lower({})) > 0)"
    ).format(
        sql.Literal(f"{table}.{column}"), sql.Identifier(table),
        plain.format(sql.Identifier(column)),
    )  # fmt: skip


def _call(thread: str, second: float, identities: tuple[Identity, ...]) -> list[Event]:
    return [
        told(second, "queued", thread, queue="billing", identities=identities),
        told(second + 20, "answered", thread, queue="billing", agent="ada", wait_ms=20_000),
        told(second + 90, "closed", thread, queue="billing", agent="ada", talk_ms=70_000),
    ]
