"""What a question to the KPIs is in an address: ``def read(question: Asked) -> …``."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Query

from app.bootstrap import House
from app.context import HouseDep
from kpis.question import Question
from kpis.versions import formula_in_force
from kpis.windows import DEFAULT_DAYS


def asked(
    house: HouseDep,
    from_: Annotated[str, Query(alias="from", description="a date or date-time in the zone")],
    to: Annotated[str, Query(description="the first instant that is not in it")],
    by: Annotated[str, Query(description="dimensions, with commas between")] = "",
    where: Annotated[list[str], Query(description="dimension=value, each")] = [],  # noqa: B006
    grain: Annotated[str, Query(description="15min, hour, day or total")] = "total",
    zone: Annotated[str | None, Query(description="IANA time zone; else the site's")] = None,
    service_level_formula: Annotated[
        str | None, Query(description="a formula's id; else the site's")
    ] = None,
    target_seconds: int | None = None,
    repeat_window: Annotated[int, Query(description="1, 2, 7, 14 or 30 days")] = DEFAULT_DAYS,
    same_reason: Annotated[bool, Query(description="a repeat is for the same reason")] = False,
    same_channel: Annotated[bool, Query(description="a repeat is on the same channel")] = False,
) -> Question:
    """The question, not yet checked."""
    return Question(
        from_=unspaced(from_),
        to=unspaced(to),
        by=by,
        where=tuple(where),
        grain=grain,
        zone=house.settings.zone if zone is None else zone,
        service_level_formula=service_level_formula or _of_the_site(house),
        target_seconds=target_seconds,
        repeat_window=repeat_window,
        same_reason=same_reason,
        same_channel=same_channel,
    )


def _of_the_site(house: House) -> str:
    with house.database.engine.connect() as connection:
        return formula_in_force(connection)


Asked = Annotated[Question, Depends(asked)]


def unspaced(moment: str) -> str:
    """A + of an address that nobody wrote as %2B has become a space: 10:00:00 02:00."""
    return moment.replace(" ", "+") if "T" in moment else moment
