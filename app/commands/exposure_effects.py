"""``vigie exposure effects``: what followed each change."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from app.commands.exposure import group
from app.printing import Format, FormatOption, Row, print_rows

if TYPE_CHECKING:
    from app.exposure.effects import Effect


def register(app: typer.Typer) -> None:
    """The command is in the group «exposure» already."""


@group.command("effects")
def effects(
    switch: Annotated[int | None, typer.Option("--switch", help="Of this switch only.")] = None,
    limit: Annotated[int, typer.Option("--limit", min=1, max=200)] = 50,
    format: FormatOption = Format.table,
) -> None:
    """Print what followed each change: the KPIs of its channels, 30 minutes before and after.

    One row a change and channel, newest first; «few» says that there were too few contacts to
    judge by, left_s how long it is still measured.

    Example: vigie exposure effects --limit 10
    """
    from app.bootstrap import open_house
    from app.exposure.effect_counts import read_effects
    from app.exposure.service import ExposureService
    from app.settings import load_settings
    from kpis.snapshot import snapshot

    with open_house(load_settings()) as house:
        entries = ExposureService(house.database).history(switch, limit=limit)
        with snapshot(house.database.engine) as connection:
            found = read_effects(connection, entries, datetime.now(UTC))
    print_rows([row for effect in found.values() for row in _rows(effect)], format)


def _rows(effect: Effect) -> Iterator[Row]:
    """A row a channel; the others together are «*»."""
    for lane in effect.lanes:
        sides = (("before", lane.before), ("after", lane.after))
        figures = {f"{key}_{side}": each[key] for key in lane.before for side, each in sides}
        yield {
            "seq": effect.seq,
            "at": effect.at,
            "channel": lane.channel or "*",
            "left_s": effect.left_s,
            "few": lane.few,
            **figures,
        }
