"""``vigie kpis``: the KPIs of a stretch of time, by dimensions and intervals."""

from __future__ import annotations

from dataclasses import replace
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
    from app.settings import Settings
    from kpis.question import Question


Compare = Annotated[
    str | None,
    typer.Option(
        "--compare",
        metavar="VERSION",
        help="Also the service levels under this version of targets and formula: a number, "
        "or previous.",
    ),
]
BusinessHours = Annotated[
    bool, typer.Option("--business-hours", help="Also response and resolution in business hours.")
]


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(name="kpis")(kpis)


def kpis(
    from_: From,
    to: To,
    by: By = "",
    where: Where = [],  # noqa: B006
    grain: Grain = "total",
    zone: Zone = None,
    service_level_formula: Formula = None,
    target_seconds: TargetSeconds = None,
    repeat_window: Window = DEFAULT_DAYS,
    same_reason: SameReason = False,
    same_channel: SameChannel = False,
    compare: Compare = None,
    business_hours: BusinessHours = False,
    format: FormatOption = Format.table,
) -> None:
    """Print the KPIs of the contacts that arrived from T up to T.

    Rates are fractions, durations seconds; without a denominator there is no value.

    Example: vigie kpis --from 2024-03-04 --to 2024-03-05 --by channel --grain hour
    """
    from app.settings import load_settings
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
    asked = service_level_formula is not None
    print_rows(_rows(settings, question, asked, compare, business_hours), format)


def _rows(
    settings: Settings,
    question: Question,
    formula_asked: bool,
    compare: str | None,
    business_hours: bool,
) -> list[dict[str, object]]:
    from app.bootstrap import open_house
    from kpis.beside import beside
    from kpis.series import compute
    from kpis.snapshot import snapshot
    from kpis.versions import formula_in_force

    with wrong_use():
        query = question.query(datetime.now(UTC))
    with open_house(settings) as house, snapshot(house.database.engine) as connection:
        if not formula_asked:
            query = replace(query, service_level_formula=formula_in_force(connection))
        rows = compute(connection, query)
        with wrong_use():
            more = beside(connection, query, rows, compare=compare, business_hours=business_hours)
        return [{**row.flat(), **told} for row, told in zip(rows, more, strict=True)]
