"""``vigie costs``: what contacts cost, by channel and provider, and from when on."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from app.errors import WrongUse
from app.printing import Format, FormatOption, Row, print_rows

if TYPE_CHECKING:
    from decimal import Decimal

    from app.bootstrap import House
    from kpis.costs import Listed

group = typer.Typer(help="Prices of contacts by channel and provider.", no_args_is_help=True)


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.add_typer(group, name="costs")


@group.command("list")
def show(
    everything: Annotated[
        bool, typer.Option("--all", help="Also the prices that count no more.")
    ] = False,
    format: FormatOption = Format.table,
) -> None:
    """Print the prices that count now or will later.

    Example: vigie costs list --format json
    """
    from kpis.costs import read_prices

    now = datetime.now(UTC)
    with _house() as house, house.database.engine.connect() as connection:
        prices = read_prices(connection)
    print_rows([_row(each) for each in prices if everything or not _over(each, now)], format)


@group.command("set")
def set_cost(
    channel: Annotated[str, typer.Option("--channel", help="phone, chat, chatbot…")],
    source: Annotated[str, typer.Option("--source", help="One provider; * for any.")] = "*",
    per_contact: Annotated[str, typer.Option("--per-contact", metavar="AMOUNT")] = "0",
    per_minute: Annotated[
        str, typer.Option("--per-minute", metavar="AMOUNT", help="Of talk, hold and wrap.")
    ] = "0",
    currency: Annotated[str, typer.Option("--currency", help="ISO 4217.")] = "EUR",
    from_: Annotated[
        str | None,
        typer.Option("--from", metavar="T", help="First instant; else the next quarter hour."),
    ] = None,
    past: Annotated[
        bool, typer.Option("--past", help="Also for contacts that have already come.")
    ] = False,
    why: Annotated[str, typer.Option("--why", help="The reason; kept with the price.")] = "",
    actor: Annotated[
        str | None, typer.Option("--actor", help="Who decides; else your account here.")
    ] = None,
    format: FormatOption = Format.table,
) -> None:
    """Keep a price and print those of its channel; earlier contacts keep what they cost.

    Example: vigie costs set --channel phone --source partner --per-contact 0.35 --per-minute 0.62
    """
    from app.cost_book import CostBook
    from app.decision import of_command
    from kpis.costs import Price, next_quarter

    now = datetime.now(UTC)
    decision = of_command(actor, why or "set at the terminal", now)
    with _house() as house:
        begins = _moment(from_) if from_ else next_quarter(now)
        price = Price(
            channel=channel.strip(),
            source=source.strip(),
            valid_from=begins,
            per_contact=_amount("--per-contact", per_contact),
            per_minute=_amount("--per-minute", per_minute),
            currency=currency,
        )
        prices = CostBook(house.database).set(price, decision, past=past)
    print_rows([_row(each) for each in prices if each.price.channel == price.channel], format)


@contextmanager
def _house() -> Iterator[House]:
    """The house; a wrong price is wrong use of the command."""
    from app.bootstrap import open_house
    from app.decision import wrong_use
    from app.settings import load_settings

    with open_house(load_settings()) as house, wrong_use():
        yield house


def _moment(text: str) -> datetime:
    from app.settings import load_settings
    from kpis.intervals import moment

    return moment(text, load_settings().tz)


def _amount(option: str, text: str) -> Decimal:
    from decimal import Decimal, InvalidOperation

    try:
        amount = Decimal(text)
    except InvalidOperation as error:
        raise WrongUse(f"{option} {text}: write an amount such as 0.35") from error
    if not amount.is_finite():
        raise WrongUse(f"{option} {text}: write an amount such as 0.35")
    return amount


def _over(listed: Listed, now: datetime) -> bool:
    return listed.valid_until is not None and listed.valid_until <= now


def _row(listed: Listed) -> Row:
    price = listed.price
    return {
        "channel": price.channel,
        "source": price.source,
        "from": price.valid_from,
        "until": listed.valid_until,
        "per_contact": f"{price.per_contact:f}",
        "per_minute": f"{price.per_minute:f}",
        "currency": price.currency,
        "decided_at": listed.decided_at,
        "decided_by": listed.decided_by,
    }
