"""The guardrails as data: what they stand at, with defaults for what nobody has set."""

from __future__ import annotations

from typing import Annotated
from zoneinfo import ZoneInfo

import msgspec
import psycopg
from psycopg.rows import TupleRow

from app.exposure.errors import InvalidChange, UnknownWord
from app.exposure.model import ANY
from app.exposure.modes import Mode, Word
from kpis.errors import KpiError
from kpis.intervals import zone_named

Word64 = Annotated[str, msgspec.Meta(min_length=1, max_length=64)]


class Budget(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a channel billed by use may cost on a local day, in the currency of the costs."""

    per_day: Annotated[float, msgspec.Meta(ge=0, le=1e9)]
    zone: str = "Europe/Paris"

    @property
    def tz(self) -> ZoneInfo:
        return zone_named(self.zone)


class Guardrails(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the guardrails stand at.

    That closing needs a second person, and that a human channel stays, is no value: nobody can
    switch it off.
    """

    #: Reasons that keep a channel at every hour: the channel, or `*` for any with people.
    protected: dict[Word64, Word64] = msgspec.field(
        default_factory=lambda: {"complaint": ANY, "subscription": ANY}
    )
    #: How long one person alone may close, in an emergency.
    emergency_minutes: Annotated[int, msgspec.Meta(ge=1, le=60)] = 60
    #: How long a proposal waits for its second person.
    approval_minutes: Annotated[int, msgspec.Meta(ge=1, le=1440)] = 30
    #: Seconds between two flips of one scope, unless the later one shows more.
    dwell_s: Annotated[int, msgspec.Meta(ge=0, le=86_400)] = 300
    #: Flips of one scope in an hour, after which it is frozen.
    flips_per_hour: Annotated[int, msgspec.Meta(ge=1, le=1000)] = 6
    #: By channel.
    budgets: dict[Word64, Budget] = {}
    #: Whether a rule may close by itself.
    rules_may_close: bool = False
    #: How long no rule hides anything after somebody has opened all.
    rules_rest_minutes: Annotated[int, msgspec.Meta(ge=0, le=1440)] = 30


def decoded(told: object) -> Guardrails:
    """The guardrails from plain data.  Raises InvalidChange saying what does not fit."""
    try:
        values = msgspec.convert(told, type=Guardrails)
        for budget in values.budgets.values():
            zone_named(budget.zone)
    except (msgspec.ValidationError, KpiError) as error:
        raise InvalidChange("guardrails", f"not guardrails: {error}", "guardrails") from error
    return values


def require_known(values: Guardrails, modes: tuple[Mode, ...], words: tuple[Word, ...]) -> None:
    """Raises UnknownWord where the values name a reason or channel that does not exist."""
    channels = [mode.channel for mode in modes]
    reasons = [word.word for word in words if word.kind == "reason"]
    for asked in (*values.budgets, *values.protected.values()):
        if asked not in channels and asked != ANY:
            raise UnknownWord("channel", asked, channels)
    for asked in values.protected:
        if asked not in reasons:
            raise UnknownWord("reason", asked, reasons)


def read_values(connection: psycopg.Connection[TupleRow]) -> Guardrails:
    """The values as they stand: rows, over the defaults."""
    rows = connection.execute("select name, value from exposure_guardrails").fetchall()
    return decoded({name: msgspec.json.decode(value) for name, value in rows})


def store_values(connection: psycopg.Connection[TupleRow], values: Guardrails) -> None:
    """Keep what differs from the defaults."""
    plain, usual = msgspec.to_builtins(values), msgspec.to_builtins(Guardrails())
    rows = [
        (name, msgspec.json.encode(value).decode())
        for name, value in plain.items()
        if value != usual[name]
    ]
    connection.execute("delete from exposure_guardrails")
    with connection.cursor() as cursor:
        cursor.executemany("insert into exposure_guardrails (name, value) values (%s, %s)", rows)
