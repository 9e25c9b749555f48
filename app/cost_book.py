"""The only writer of prices: each is kept with what it was before, by whom and why."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

import msgspec
from sqlalchemy import Connection

from app.decision import Decision, wrong_use
from app.site.versions import keep_version
from ingest.database import Database
from kpis import costs
from kpis.costs import Listed, Price, read_prices

PART = "costs"


class Kept(msgspec.Struct, frozen=True):
    """What a version says of a price: amounts in `currency`, `since` in ISO 8601."""

    per_contact: Decimal
    per_minute: Decimal
    currency: str
    since: str


@dataclass(frozen=True, slots=True)
class CostBook:
    """Changes on one database; holds no state of its own."""

    database: Database

    def set(self, price: Price, decision: Decision, *, past: bool = False) -> list[Listed]:
        """Keep the price; every price as they then stand.

        Raises WrongUse: it would change what contacts already cost and `past` is not asked, or
        it cannot be a price.
        """
        with self.database.engine.begin() as connection, wrong_use():
            before = _at(connection, price)
            costs.set_price(connection, price, costs.Decision(decision.by, decision.at, past))
            after = _kept(price)
            if before != after:
                keep_version(connection, PART, place(price), before, after, decision)
            return read_prices(connection)


def place(price: Price) -> str:
    """What two people would both be changing: «phone/partner»."""
    return f"{price.channel}/{price.source}"


def _at(connection: Connection, price: Price) -> Kept | None:
    """The price that counts at the moment from which the new one shall."""
    found = [
        each.price
        for each in read_prices(connection)
        if place(each.price) == place(price) and each.price.valid_from <= price.valid_from
    ]
    return _kept(found[-1]) if found else None


def _kept(price: Price) -> Kept:
    return Kept(price.per_contact.normalize(), price.per_minute.normalize(), price.currency,
                price.valid_from.isoformat())  # fmt: skip
