"""Names and texts that are markup, in every field that people or sources fill."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from sqlalchemy import text

from app.access import User
from app.access.accounts import Accounts
from app.access.sessions import Arrival, Sessions
from app.alerts.book import AlertBook
from app.alerts.model import Alert
from app.bootstrap import House, linker_of
from app.exposure.model import Actor, Change, State
from app.exposure.rules.book import RuleBook
from app.exposure.rules.model import Condition, Doing, Measure, Rule
from app.exposure.service import ExposureService
from ingest.connector import Source
from ingest.events import Event, Identity, Rejected

#: Closes an attribute, a tag, a script; then calls what nobody may call.
MARKUP = "'\"></script><script>pwned()</script><img src=x onerror=pwned()>"
#: Where an address is expected.
ADDRESS = "javascript:pwned()//"
#: Columns that hold words of people, whatever the table: not keys, not kinds, not JSON.
WORDS = (
    "label_fr", "label_en", "message_fr", "message_en", "why", "owner", "detail", "told",
    "error", "masked", "acknowledged_by", "changed_by", "decided_by", "added_by", "over_why",
    "browser", "address", "title", "subject",
)  # fmt: skip
_SLUG = "zz-slug"
ADMIN = Actor("user", "ada", ("admin",))


def fill(house: House, now: datetime) -> None:
    """Contacts, customers, switches, alerts, rules, sessions and tokens with hostile words."""
    for source in (MARKUP, "pbx"):
        house.store.write(Source(source, "simulator"), [*_told(now)], now=now)
    linker_of(house).drain(now)
    _exposure(house, now)
    alert = Alert(name=_SLUG, kpi="abandonment_rate", queue=MARKUP[:60], enter=0.2, exit=0.1)
    AlertBook(house.database, house.settings.tz).save(alert, ADMIN, now)
    Sessions(house.database.engine).open(User("ada", "admin"), now, Arrival("code", MARKUP, MARKUP))
    accounts = Accounts(house.database.engine)
    accounts.new_token("ada", now, timedelta(days=9), label=MARKUP[:80])
    _overwrite(house)


def _told(now: datetime) -> Iterator[Event | Rejected]:
    """Contacts whose every word is hostile, some open, and a record that could not be read."""
    for number in range(6):
        word = ADDRESS if number % 2 else MARKUP
        at = now - timedelta(minutes=9 * number + 1)
        for kind in ("queued", "answered")[: 1 + number % 3]:
            yield Event(
                event_id=f"{number}/{kind}", occurred_at=at, kind=kind,
                contact_id=f"{word}{number}", channel=("phone", word)[number % 4 == 3],
                queue=word, reason=word, segment=word, site=word, agent=word,
                identities=(Identity("crm", f"{word}{number % 2}"),),
            )  # fmt: skip
    yield Rejected(reason="bad_record", detail=MARKUP, raw=MARKUP.encode())


def _exposure(house: House, now: datetime) -> None:
    service = ExposureService(house.database)
    change = Change(
        channel="phone", state=State.TUCKED, why=MARKUP, owner=MARKUP, message_fr=MARKUP,
        message_en=MARKUP, expires_at=now + timedelta(hours=1),
    )  # fmt: skip
    service.set(change, ADMIN, now)
    closing = Change(
        channel="chat", state=State.CLOSED, why=MARKUP, expires_at=now + timedelta(hours=1)
    )
    service.propose(closing, ADMIN, now)
    rule = Rule(
        name=_SLUG, channel="phone", queue=MARKUP[:60],
        conditions=(Condition(measure=Measure.LONGEST_WAIT, enter=300, exit=200),),
        doing=Doing(message_fr=MARKUP, message_en=MARKUP),
    )  # fmt: skip
    RuleBook(house.database).save(rule, ADMIN, now, why=MARKUP)


def _overwrite(house: House) -> None:
    """What the services would refuse: as if a refusal had been forgotten somewhere."""
    columns = text(
        "select table_name, column_name, data_type from information_schema.columns join"
        " information_schema.tables using (table_schema, table_name)"
        " where table_schema = 'public' and table_type = 'BASE TABLE'"
        " and data_type in ('text', 'character varying')"
    )
    with house.database.engine.begin() as connection:
        for table, column, _kind in connection.execute(columns).all():
            if column in WORDS:
                change = text(
                    f'update "{table}" set "{column}" = :markup where "{column}" is not null'
                )
                connection.execute(change, {"markup": MARKUP})
            elif table.startswith(("alert", "rule")) and column in ("name", "content"):
                change = text(f'update "{table}" set "{column}" = replace("{column}", :was, :now)')
                connection.execute(change, {"was": _SLUG, "now": MARKUP.replace('"', "")})
