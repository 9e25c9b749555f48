"""``vigie kpis``: the KPIs of a stretch of time, by dimensions and intervals."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import typer

from app.errors import WrongUse
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
    from kpis.series import KpiRow


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
    service_level_formula: Formula = DEFAULT,
    target_seconds: TargetSeconds = None,
    repeat_window: Window = DEFAULT_DAYS,
    same_reason: SameReason = False,
    same_channel: SameChannel = False,
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
        service_level_formula=service_level_formula,
        target_seconds=target_seconds,
        repeat_window=repeat_window,
        same_reason=same_reason,
        same_channel=same_channel,
    )
    print_rows([row.flat() for row in _rows(settings, question)], format)


def _rows(settings: Settings, question: Question) -> list[KpiRow]:
    from app.bootstrap import open_house
    from kpis.errors import WrongQuery
    from kpis.series import compute
    from kpis.snapshot import snapshot

    try:
        query = question.query(datetime.now(UTC))
    except WrongQuery as error:
        raise WrongUse(str(error)) from error
    with open_house(settings) as house, snapshot(house.database.engine) as connection:
        return compute(connection, query)
