"""``vigie privacy``: what is held on a customer, erased for good; what is old, forgotten."""

from __future__ import annotations

from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from app.printing import Format, FormatOption, print_rows

if TYPE_CHECKING:
    from app.bootstrap import House

#: Keys may be negative: -12 is one of them and no option.
_KEYS = {"ignore_unknown_options": True}
CustomerArgument = Annotated[
    str, typer.Argument(help="A customer, an identity of theirs, or as it is said: phone=0639…")
]
WhoOption = Annotated[
    str | None, typer.Option("--actor", help="Who does it; else your account on this machine.")
]
DryOption = Annotated[bool, typer.Option("--dry-run", help="Only say what would go.")]

group = typer.Typer(no_args_is_help=True, rich_markup_mode=None)


class Form(StrEnum):
    """How everything on a customer is written."""

    text = "text"
    json = "json"


def register(app: typer.Typer) -> None:
    """Add the group."""
    app.add_typer(group, name="privacy", help="Personal data: export, erase, forget by age.")


@group.command("export", no_args_is_help=True, context_settings=_KEYS)
def export(
    customer: CustomerArgument,
    out: Annotated[Path | None, typer.Option("--out", help="Into this file, else printed.")] = None,
    actor: WhoOption = None,
    format: Annotated[Form, typer.Option("--format", help="For people, or machines.")] = Form.text,
) -> None:
    """Take out all that is held on a customer; that it was taken out is kept.

    Example: vigie privacy export phone=0639981234 --format json --out told.json
    """
    import json

    from app.customers import Looker, by_account
    from app.i18n import speaking
    from app.privacy.holdings import holdings, readable
    from app.reports.saving import save

    now, looker = datetime.now(UTC), Looker(by_account(actor), "command")
    with _house() as house:
        found = holdings(house, _key(house, customer), looker, now)
        with speaking(house.settings.language):
            text = readable(found, now)
    if format is Form.json:
        text = json.dumps(found, default=str, ensure_ascii=False, indent=1)
    if out is None:
        typer.echo(text)
    else:
        save(f"{text}\n".encode(), out, private=True)  # for whoever asked, and nobody else
        typer.echo(f"written to {out}", err=True)


@group.command("erase", no_args_is_help=True, context_settings=_KEYS)
def erase(
    customer: CustomerArgument,
    reason: Annotated[str, typer.Option("--reason", help="Why; do not name whom.")],
    dry_run: DryOption = False,
    actor: WhoOption = None,
    format: FormatOption = Format.table,
) -> None:
    """Erase a customer everywhere, for good; contacts stay and are counted, without a name.

    Example: vigie privacy erase phone=0639981234 --reason "request of 3 May" --dry-run
    """
    from msgspec.structs import asdict

    from app.customers import by_account
    from app.privacy.erasure import erase_customer

    who, now = by_account(actor), datetime.now(UTC)
    with _house() as house:
        key = _key(house, customer)
        done = erase_customer(house, key, actor=who, reason=reason, now=now, dry_run=dry_run)
    print_rows([asdict(done)], format)


@group.command("erasures")
def erasures(format: FormatOption = Format.table) -> None:
    """List who erased somebody, when, why and how much; not whom.

    Example: vigie privacy erasures
    """
    from sqlalchemy import select

    from ingest.erasure_schema import erasures as log

    with _house() as house, house.database.engine.connect() as connection:
        rows = [dict(row._mapping) for row in connection.execute(select(log).order_by(log.c.id))]
    print_rows(rows, format)


@group.command("retention")
def retention(dry_run: DryOption = False, format: FormatOption = Format.table) -> None:
    """Forget what is older than [privacy] in vigie.toml lets be kept; `vigie work` does it nightly.

    Example: vigie privacy retention --dry-run
    """
    from msgspec.structs import asdict

    from app.privacy.retention import retain

    with _house() as house:
        lines = retain(house, datetime.now(UTC), dry_run=dry_run)
    print_rows([asdict(line) for line in lines], format)


def _key(house: House, customer: str) -> int:
    """Raises WrongUse where it is neither a key nor an identity."""
    from app.customers import key_told
    from app.errors import WrongUse

    if "=" in customer:
        return key_told(customer, house.settings)
    try:
        key = int(customer)
    except ValueError:
        raise WrongUse("name a customer by key, or by identity as phone=0639981234") from None
    if not -(2**63) <= key < 2**63:
        raise WrongUse(f"no customer {key}: `vigie customers list` shows them")
    return key


def _house() -> House:
    from app.bootstrap import open_house
    from app.settings import load_settings

    return open_house(load_settings())
