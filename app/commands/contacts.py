"""``vigie contacts``: exactly the contacts that make a number of ``vigie kpis``."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from app.decision import wrong_use
from app.printing import Format, FormatOption, print_rows
from app.question_options import (
    By,
    Formula,
    From,
    Grain,
    SameChannel,
    SameReason,
    TargetSeconds,
    To,
    Where,
    Window,
    Zone,
)
from kpis.service_level import DEFAULT
from kpis.windows import DEFAULT_DAYS

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from app.settings import Settings
    from kpis.contact_page import ContactLine
    from kpis.contact_question import ContactQuestion
    from kpis.contacts import Behind, Place

_Kpi = Annotated[str, typer.Option("--kpi", metavar="KEY", help="Which number.")]
_Part = Annotated[
    str, typer.Option("--part", help="numerator or, of a rate or a mean, denominator.")
]
_Cell = Annotated[
    list[str], typer.Option("--cell", metavar="DIM=VALUE", help="Those of one row of --by.")
]
_Interval = Annotated[
    str | None,
    typer.Option("--interval", metavar="T", help="Only the interval of --grain that holds it."),
]
_Limit = Annotated[int, typer.Option("--limit", min=1, help="At most so many, the oldest.")]
_After = Annotated[
    str | None, typer.Option("--after", metavar="PLACE", help="Go on where a list ended.")
]


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(name="contacts")(contacts)


def contacts(
    from_: From,
    to: To,
    kpi: _Kpi = "offered",
    part: _Part = "numerator",
    by: By = "",
    cell: _Cell = [],  # noqa: B006
    where: Where = [],  # noqa: B006
    grain: Grain = "total",
    interval: _Interval = None,
    zone: Zone = None,
    service_level_formula: Formula = None,
    target_seconds: TargetSeconds = None,
    repeat_window: Window = DEFAULT_DAYS,
    same_reason: SameReason = False,
    same_channel: SameChannel = False,
    limit: _Limit = 1000,
    after: _After = None,
    format: FormatOption = Format.table,
) -> None:
    """Print the contacts behind a number of `vigie kpis`, oldest first, and how many they are.

    Example: vigie contacts --from 2024-03-04 --to 2024-03-05 --where queue=billing --kpi abandoned
    """
    from app.settings import load_settings
    from kpis.contact_question import ContactQuestion
    from kpis.question import Question

    settings = load_settings()
    question = Question(
        from_=from_,
        to=to,
        by=by,
        where=tuple(where),
        grain=grain,
        zone=settings.zone if zone is None else zone,
        service_level_formula=service_level_formula or DEFAULT,
        target_seconds=target_seconds,
        repeat_window=repeat_window,
        same_reason=same_reason,
        same_channel=same_channel,
    )
    wanted = ContactQuestion(
        question=question, kpi=kpi, part=part, cells=tuple(cell), interval=interval, after=after
    )
    _print(settings, wanted, service_level_formula is not None, limit, format)


def _print(
    settings: Settings,
    wanted: ContactQuestion,
    formula_asked: bool,
    limit: int,
    format: Format,
) -> None:
    from app.bootstrap import open_house
    from kpis.snapshot import snapshot
    from kpis.versions import formula_in_force

    now = datetime.now(UTC)
    with wrong_use():
        behind, place = wanted.behind(now)
    with open_house(settings) as house, snapshot(house.database.engine) as connection:
        if not formula_asked:
            behind, place = wanted.under(formula_in_force(connection)).behind(now)
        count, _ = behind.totals(connection)
        lines, going_on = _pages(connection, behind, limit, place)
    print_rows([line.flat() for line in lines], format)
    more = f"; the next: --after {going_on}" if going_on else ""
    print(f"{count} contacts, {len(lines)} of them here{more}", file=sys.stderr)


def _pages(
    connection: Connection, behind: Behind, limit: int, place: Place | None
) -> tuple[list[ContactLine], str | None]:
    """The first `limit` contacts after the place, and where they end."""
    from kpis.contact_page import place_of, read_page
    from kpis.contacts import MOST

    lines: list[ContactLine] = []
    while True:
        page = read_page(connection, behind, min(MOST, limit - len(lines)), place)
        lines += page.contacts
        if page.next is None or len(lines) >= limit:
            return lines, page.next
        _, place = place_of(page.next)
