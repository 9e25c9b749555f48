"""``vigie kpis``: the KPIs of a stretch of time, by dimensions and intervals."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from app.errors import WrongUse
from app.printing import Format, FormatOption, print_rows
from kpis.service_level import DEFAULT
from kpis.windows import DEFAULT_DAYS

if TYPE_CHECKING:
    from app.settings import Settings
    from kpis.question import Question
    from kpis.series import KpiRow

_From = Annotated[
    str, typer.Option("--from", metavar="T", help="First instant: a date or date-time.")
]
_To = Annotated[str, typer.Option("--to", metavar="T", help="First instant that is not in it.")]
_By = Annotated[str, typer.Option("--by", metavar="DIM,…", help="Dimensions to group by.")]
_Where = Annotated[
    list[str], typer.Option("--where", metavar="DIM=VALUE", help="Only these contacts.")
]
_Grain = Annotated[str, typer.Option("--grain", help="15min, hour, day or total.")]
_Zone = Annotated[str | None, typer.Option("--zone", help="IANA time zone; else the site's.")]
_Formula = Annotated[
    str, typer.Option("--service-level-formula", metavar="ID", help="Which service level.")
]
_Target = Annotated[
    int | None,
    typer.Option("--target-seconds", metavar="N", help="Instead of each contact's own target."),
]
_Window = Annotated[
    int, typer.Option("--repeat-window", metavar="DAYS", help="A repeat comes within so many.")
]
_Reason = Annotated[
    bool, typer.Option("--same-reason", help="A repeat is for the same reason as before.")
]
_Channel = Annotated[
    bool, typer.Option("--same-channel", help="A repeat is on the same channel as before.")
]


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(name="kpis")(kpis)


def kpis(
    from_: _From,
    to: _To,
    by: _By = "",
    where: _Where = [],  # noqa: B006
    grain: _Grain = "total",
    zone: _Zone = None,
    service_level_formula: _Formula = DEFAULT,
    target_seconds: _Target = None,
    repeat_window: _Window = DEFAULT_DAYS,
    same_reason: _Reason = False,
    same_channel: _Channel = False,
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
