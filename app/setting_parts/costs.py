"""Costs: what a contact costs, by channel and provider, from when on."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import msgspec
from sqlalchemy import select

from app import labels
from app.cost_book import PART as KEY
from app.cost_book import CostBook, Kept
from app.decision import Decision
from app.i18n import N_, NOTHING, _, date_time, decimal
from app.site.errors import Refused
from app.site.part import (
    KEPT,
    Act,
    Asked,
    Column,
    Field,
    Foreseen,
    Part,
    Standing,
    Told,
    Values,
    Version,
)
from app.site.seen import LATELY
from app.site.values import ANY, NO, YES, moment, number, one_of, optional
from app.site.versions import of_part
from ingest.schema import sources
from kpis.costs import DEAREST, Price, next_quarter, read_prices
from kpis.query import KpiQuery
from kpis.series import compute

_CHANNEL, _SOURCE = N_("Channel"), N_("Provider (source)")
_CONTACT, _MINUTE = N_("Per contact"), N_("Per minute of handling")
_CURRENCY, _FROM, _PAST = N_("Currency"), N_("In force from"), N_("Contacts that came since")


def _standing(asked: Asked) -> Sequence[Standing]:
    """Those that count now or will later."""
    last = _whys(asked)
    rows = []
    for each in read_prices(asked.connection):
        price = each.price
        if each.valid_until is not None and each.valid_until <= asked.now:
            continue
        stands = price.valid_from <= asked.now
        cells = (
            labels.channel(price.channel),
            _("Any") if price.source == ANY else price.source,
            float(price.per_contact), float(price.per_minute), price.currency,
            _("in force") if stands else _("to come"),
        )  # fmt: skip
        begins = price.valid_from.astimezone(asked.zone)
        values = {
            "channel": price.channel, "source": "" if price.source == ANY else price.source,
            "per_contact": f"{price.per_contact.normalize():f}",
            "per_minute": f"{price.per_minute.normalize():f}", "currency": price.currency,
            "from": "" if stands else begins.strftime("%Y-%m-%dT%H:%M"),
        }  # fmt: skip
        why = last.get((f"{price.channel}/{price.source}", price.valid_from), "")
        rows.append(Standing(cells, values, price.valid_from, each.decided_by, why))
    return rows


def _whys(asked: Asked) -> dict[tuple[str, datetime], str]:
    from app.site.schema import setting_versions

    c = setting_versions.c
    rows = asked.connection.execute(
        select(c.key, c.after, c.why).where(c.part == KEY).order_by(c.version)
    )
    return {
        (row.key, datetime.fromisoformat(msgspec.json.decode(row.after, type=Kept).since)): row.why
        for row in rows
    }


def _price(values: Values, zone: ZoneInfo, now: datetime) -> Price:
    currency = values.get("currency", "EUR").upper()
    if not (len(currency) == 3 and currency.isascii() and currency.isalpha()):
        raise Refused(N_("Currency: write its three letters, such as EUR."), "currency")
    begins = moment(values, "from", _(_FROM), zone) or next_quarter(now)
    if begins != next_quarter(begins):
        raise Refused(N_("A price begins at a full quarter hour: 08:00, 08:15…"), "from")
    return Price(
        channel=optional(values, "channel", _(_CHANNEL)),
        source=optional(values, "source", _(_SOURCE)),
        valid_from=begins,
        per_contact=_amount(values, "per_contact", _CONTACT),
        per_minute=_amount(values, "per_minute", _MINUTE),
        currency=currency,
    )


def _amount(values: Values, name: str, label: str) -> Decimal:
    if number(values, name, _(label), 0, float(DEAREST)) is None:
        return Decimal(0)
    return round(Decimal(values[name].replace(",", ".")), 6).normalize()


def _save(act: Act) -> str:
    price = _price(act.values, act.house.settings.tz, act.decision.at)
    past = one_of(act.values, "past", _(_PAST), (YES, NO), NO) == YES
    if price.valid_from < act.decision.at and not past:
        raise Refused(
            N_("That would change what contacts already cost: begin it now or later, or say that "
               "they are priced anew."), "from",
        )  # fmt: skip
    CostBook(act.house.database).set(price, act.decision, past=past)
    return KEPT


def _foresee(asked: Asked, values: Values, decision: Decision) -> Foreseen:
    """What the channel cost in the last seven days, and would have cost under that price."""
    price = _price(values, asked.zone, decision.at)
    with asked.connection.begin_nested() as tried:
        before = _cost(asked, price)
        _always(asked, price)
        after = _cost(asked, price)
        tried.rollback()
    columns = (
        Column(N_("Of the last 7 days")), Column(N_("As it is"), "decimal"),
        Column(N_("as it would be"), "decimal"),
    )  # fmt: skip
    names = (_("Cost, {currency}", currency=price.currency),
             _("Cost per contact, {currency}", currency=price.currency))  # fmt: skip
    rows = list(zip(names, before, after, strict=True))
    return Foreseen(_("What {channel} would have cost.", channel=labels.channel(price.channel)),
                    columns, rows)  # fmt: skip


def _always(asked: Asked, price: Price) -> None:
    """As if it had always been the only price of its place; rolled back by who asks."""
    from sqlalchemy import delete

    from kpis import costs
    from kpis.cost_schema import costs as table

    c = table.c
    asked.connection.execute(
        delete(table).where(c.channel == price.channel, c.source == price.source)
    )
    start = next_quarter(asked.now - LATELY * 2)
    long_ago = msgspec.structs.replace(price, valid_from=start)
    costs.set_price(asked.connection, long_ago, costs.Decision("nobody", asked.now, past=True))


def _cost(asked: Asked, price: Price) -> tuple[float | None, float | None]:
    query = KpiQuery(
        from_=asked.now - LATELY, to=asked.now, now=asked.now, zone=asked.zone,
        where={"channel": price.channel},
    )  # fmt: skip
    (row,) = compute(asked.connection, query, ("cost", "cost_per_contact"))
    cost, each = row.kpis["cost"], row.kpis["cost_per_contact"]
    return None if cost is None else float(cost), None if each is None else float(each)


def _told(version: Version, zone: ZoneInfo) -> Told:
    channel, _slash, source = version.subject.partition("/")
    thing = [labels.channel(channel), "" if source == ANY else source]
    before, after = (_words(text, zone) for text in (version.before, version.after))
    return Told(" · ".join(filter(None, thing)), before, after)


def _words(text: str | None, zone: ZoneInfo) -> str:
    if text is None:
        return NOTHING
    kept = msgspec.json.decode(text, type=Kept)
    return _(
        "{contact} per contact, {minute} per minute ({currency}), from {time}",
        contact=decimal(float(kept.per_contact)), minute=decimal(float(kept.per_minute)),
        currency=kept.currency, time=date_time(datetime.fromisoformat(kept.since), zone),
    )  # fmt: skip


def _channels(asked: Asked) -> Sequence[tuple[str, str]]:
    from app.site.names import read_channels

    return [(word, labels.channel(word)) for word in read_channels(asked.connection)]


def _sources(asked: Asked) -> Sequence[tuple[str, str]]:
    rows = asked.connection.scalars(select(sources.c.source).order_by(sources.c.source))
    return [(source, source) for source in rows]


def _pasts(_asked: Asked) -> Sequence[tuple[str, str]]:
    return [(NO, _("keep what they cost")), (YES, _("are priced anew"))]


PART = Part(
    key=KEY,
    title=N_("Costs"),
    purpose=N_("What a contact costs: the price of its provider goes before that of its channel."),
    order=60,
    right="set_settings",
    columns=(
        Column(_CHANNEL), Column(_SOURCE), Column(_CONTACT, "decimal"), Column(_MINUTE, "decimal"),
        Column(_CURRENCY), Column(N_("State")),
    ),
    fields=(
        Field("channel", _CHANNEL, "choice", "phone", options=_channels),
        Field("source", _SOURCE, "suggest", options=_sources, hint=N_("Empty: any.")),
        Field("per_contact", _CONTACT, "number", "0"),
        Field("per_minute", _MINUTE, "number", "0", hint=N_("Talk, hold and wrap.")),
        Field("currency", _CURRENCY, "text", "EUR"),
        Field("from", _FROM, "moment", hint=N_("Empty: the next full quarter hour.")),
        Field("past", _PAST, "choice", NO, options=_pasts),
    ),
    standing=_standing,
    save=_save,
    versions=of_part(KEY),
    told=_told,
    subject=lambda values: f"{values.get('channel', ANY)}/{values.get('source', ANY)}",
    foresee=_foresee,
    channels=lambda values: [values.get("channel", ANY)],
    add=N_("Set a price"),
)  # fmt: skip
