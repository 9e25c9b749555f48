"""Costs: what contacts cost, by the prices in force when they arrived.

A price is of a channel, or of one source (the provider) on a channel, which goes before.  A
later price never changes what an earlier contact cost: who wants the past priced anew says so.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import zip_longest
from typing import Any

import msgspec
from sqlalchemy import Connection, Row, select
from sqlalchemy.dialects.postgresql import insert

from kpis.cost_schema import costs
from kpis.errors import WrongQuery
from kpis.intervals import QUARTER

#: Any source.
ANY = "*"
MICROS = 1_000_000
#: No price is higher, in the currency.
DEAREST = Decimal(1000)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Price(msgspec.Struct, frozen=True, kw_only=True):
    """What a contact of a channel (and source) costs from `valid_from` on.

    In `currency`: `per_contact`, and `per_minute` of talk, hold and wrap.
    """

    channel: str
    source: str = ANY
    valid_from: datetime
    per_contact: Decimal = Decimal(0)
    per_minute: Decimal = Decimal(0)
    currency: str = "EUR"


class Listed(msgspec.Struct, frozen=True, kw_only=True):
    """A price as it stands: until when it counts, and who decided it."""

    price: Price
    valid_until: datetime | None
    decided_at: datetime
    decided_by: str


@dataclass(frozen=True, slots=True)
class Decision:
    """Who decides a price, and when.  `past`: also for contacts that have already come."""

    by: str
    now: datetime
    past: bool = False


def next_quarter(now: datetime) -> datetime:
    """The full quarter hour at or after `now`: where a price may begin."""
    return _EPOCH + -((_EPOCH - now) // QUARTER) * QUARTER


def read_prices(connection: Connection) -> list[Listed]:
    """Every price, by channel, source and time."""
    c = costs.c
    rows = connection.execute(select(costs).order_by(c.channel, c.source, c.valid_from)).all()
    return [_listed(row, after) for row, after in zip_longest(rows, rows[1:])]


def _listed(row: Row[Any], after: Row[Any] | None) -> Listed:
    followed = after is not None and (after.channel, after.source) == (row.channel, row.source)
    price = Price(
        channel=row.channel,
        source=row.source,
        valid_from=row.valid_from,
        per_contact=Decimal(row.contact_micros) / MICROS,
        per_minute=Decimal(row.minute_micros) / MICROS,
        currency=row.currency,
    )
    return Listed(
        price=price,
        valid_until=after.valid_from if after is not None and followed else None,
        decided_at=row.decided_at,
        decided_by=row.decided_by,
    )


def set_price(connection: Connection, price: Price, decision: Decision) -> None:
    """Keep a price.  Raises WrongQuery: it would change the past, or cannot be a price."""
    _check(price)
    _check_currency(price, read_prices(connection))
    if price.valid_from < decision.now and not decision.past:
        raise WrongQuery(
            f"a price from {price.valid_from.isoformat()} would change what contacts already "
            "cost: begin it now or later, or say that the past is meant"
        )
    values = {
        "contact_micros": int(price.per_contact * MICROS),
        "minute_micros": int(price.per_minute * MICROS),
        "currency": price.currency,
        "decided_at": decision.now,
        "decided_by": decision.by,
    }
    place = {"channel": price.channel, "source": price.source, "valid_from": price.valid_from}
    statement = insert(costs).values(**place, **values)
    connection.execute(statement.on_conflict_do_update(index_elements=list(place), set_=values))


def _check(price: Price) -> None:
    if not price.channel.strip() or not price.source.strip():
        raise WrongQuery("a price is of a channel, and of a source or of any (*)")
    if price.valid_from.tzinfo is None or (price.valid_from - _EPOCH) % QUARTER != timedelta(0):
        raise WrongQuery("a price begins at a full quarter hour: 08:00, 08:15…")
    for amount in (price.per_contact, price.per_minute):
        if not 0 <= amount <= DEAREST or amount != round(amount, 6):
            raise WrongQuery(f"{amount} is no price: 0 to {DEAREST}, with at most six decimals")
    if not (len(price.currency) == 3 and price.currency.isascii() and price.currency.isupper()):
        raise WrongQuery(f"«{price.currency}» is no currency: use its three letters, such as EUR")


def _check_currency(price: Price, known: Iterable[Listed]) -> None:
    used = {each.price.currency for each in known}
    if used - {price.currency}:
        raise WrongQuery(f"prices are in {', '.join(sorted(used))}: sums need one currency")
