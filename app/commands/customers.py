"""``vigie customers``: who they are, by masked identities; merging and splitting them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from app.printing import Format, FormatOption, print_rows

if TYPE_CHECKING:
    from app.bootstrap import House

#: Keys may be negative: -12 is one of them and no option.
_KEYS = {"ignore_unknown_options": True}

LimitOption = Annotated[int, typer.Option("--limit", min=1, help="At most so many.")]
ReasonOption = Annotated[str, typer.Option("--reason", help="Why; it is kept with the decision.")]
WhoOption = Annotated[
    str | None, typer.Option("--actor", help="Who decides; else your account on this machine.")
]

group = typer.Typer(no_args_is_help=True, rich_markup_mode=None)


def register(app: typer.Typer) -> None:
    """Add the group."""
    app.add_typer(group, name="customers", help="Customers: identities, merges, splits, conflicts.")


@group.command("list")
def list_customers(
    told: Annotated[
        str | None,
        typer.Option("--told", help="Whom this identity leads to: phone=0639981234, crm=C17…"),
    ] = None,
    limit: LimitOption = 100,
    format: FormatOption = Format.table,
) -> None:
    """List customers, those with the most contacts first.

    Example: vigie customers list --told email=ada@example.org
    """
    from msgspec.structs import asdict

    from app.customers import key_told
    from ingest.customers import customers
    from kpis.snapshot import snapshot

    with _house() as house:
        key = None if told is None else key_told(told, house.settings)
        with snapshot(house.database.engine) as connection:
            found = customers(connection, key=key, limit=limit)
    print_rows([asdict(one) for one in found], format)


@group.command("show", no_args_is_help=True, context_settings=_KEYS)
def show(
    key: Annotated[int, typer.Argument(help="A customer or an identity of theirs.")],
    limit: LimitOption = 100,
    actor: WhoOption = None,
    format: FormatOption = Format.table,
) -> None:
    """Show a customer: identities (masked), then contacts on all channels; who looked is kept.

    Example: vigie customers show 5203716218840316442
    """
    from app.customers import Looker, by_account, looked_at, told

    looker = Looker(by_account(actor), "command")
    with _house() as house:
        customer = told(looked_at(house, key, looker, datetime.now(UTC), limit=limit))
    if format is Format.json:
        print_rows([customer], format)
        return
    for name in ("identities", "merges", "timeline"):
        rows = customer[name]
        assert isinstance(rows, list)
        if rows or name != "merges":
            print_rows(rows, format)


@group.command("accesses", context_settings=_KEYS)
def list_accesses(
    key: Annotated[
        int | None, typer.Argument(help="A customer or an identity of theirs; else of all.")
    ] = None,
    by: Annotated[str | None, typer.Option("--by", help="Only the looks of this person.")] = None,
    limit: LimitOption = 100,
    format: FormatOption = Format.table,
) -> None:
    """List who looked at which customer, when and from where; kept for twelve months.

    Example: vigie customers accesses 5203716218840316442
    """
    from app.customers import looks

    with _house() as house:
        found = looks(house, customer=key, actor=by, limit=limit)
    print_rows(found, format)


@group.command("merge", no_args_is_help=True, context_settings=_KEYS)
def merge(
    one: Annotated[int, typer.Argument(help="A customer.")],
    other: Annotated[int, typer.Argument(help="The same person.")],
    reason: ReasonOption,
    actor: WhoOption = None,
    format: FormatOption = Format.table,
) -> None:
    """Say that two customers are one person, also where each has a customer number.

    Example: vigie customers merge 5203716218840316442 17283 --reason "married, ticket 4711"
    """
    from app.customers import by_account, decisions_of

    who, now = by_account(actor), datetime.now(UTC)
    with _house() as house:
        decided = decisions_of(house).merge(one, other, actor=who, reason=reason, now=now)
    print_rows([{"decision": decided}], format)


@group.command("split", no_args_is_help=True, context_settings=_KEYS)
def split(
    identities: Annotated[list[int], typer.Argument(help="Identities, as `show` lists them.")],
    reason: ReasonOption,
    actor: WhoOption = None,
    format: FormatOption = Format.table,
) -> None:
    """Take identities out of their customer: each stands apart, whatever is told with it.

    Example: vigie customers split 17283 --reason "the reception's telephone"
    """
    from app.customers import by_account, decisions_of

    who, now = by_account(actor), datetime.now(UTC)
    with _house() as house:
        decide = decisions_of(house).split
        decided = [decide(each, actor=who, reason=reason, now=now) for each in identities]
    print_rows([{"decision": one} for one in decided], format)


@group.command("undo", no_args_is_help=True)
def undo(
    decision: Annotated[int, typer.Argument(help="Its number in `vigie customers decisions`.")],
    reason: ReasonOption,
    actor: WhoOption = None,
    format: FormatOption = Format.table,
) -> None:
    """Undo a merge or a split: everything is as if it had never been decided.

    Example: vigie customers undo 3 --reason "they were two after all"
    """
    from app.customers import by_account, decisions_of

    who, now = by_account(actor), datetime.now(UTC)
    with _house() as house:
        decisions_of(house).undo(decision, actor=who, reason=reason, now=now)
    print_rows([{"undone": decision}], format)


@group.command("decisions")
def list_decisions(
    undone: Annotated[bool, typer.Option("--all", help="Also those undone.")] = False,
    format: FormatOption = Format.table,
) -> None:
    """List what people decided, and why.

    Example: vigie customers decisions --all
    """
    from msgspec.structs import asdict

    from ingest.decisions import decisions

    with _house() as house, house.database.engine.connect() as connection:
        found = decisions(connection, undone=undone)
    print_rows([asdict(one) for one in found], format)


@group.command("conflicts")
def list_conflicts(
    shared: Annotated[
        bool, typer.Option("--shared", help="Instead: identities of so many that they tell nobody.")
    ] = False,
    limit: LimitOption = 100,
    format: FormatOption = Format.table,
) -> None:
    """List what ties customers together that have customer numbers of their own: not merged.

    `merge` the customers where they are one person, else `split` what ties them.

    Example: vigie customers conflicts
    """
    from msgspec.structs import asdict

    from ingest.customers import conflicts, crowds

    with _house() as house, house.database.engine.connect() as connection:
        found = (crowds if shared else conflicts)(connection, limit=limit)
    print_rows([_flat(asdict(one)) for one in found], format)


def _flat(row: dict[str, object]) -> dict[str, object]:
    """Lists of keys as one cell."""
    return {
        name: " ".join(map(str, value)) if isinstance(value, list) else value
        for name, value in row.items()
    }


def _house() -> House:
    from app.bootstrap import open_house
    from app.settings import load_settings

    return open_house(load_settings())
