"""Public holidays of a country and region, from the library ``holidays``: names by date."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from functools import lru_cache

from kpis.errors import WrongQuery


def holiday_on(day: date, country: str, region: str | None) -> str | None:
    """What the holiday is called (in English where the library tells), None on any other day.

    Raises WrongQuery: no such country or region.
    """
    return _year(country, region, day.year).get(day)


@lru_cache(maxsize=256)
def _year(country: str, region: str | None, year: int) -> Mapping[date, str]:
    import holidays  # 0.2 s that only those with a calendar pay

    try:
        found = holidays.country_holidays(country, subdiv=region, years=year, expand=False)
    except NotImplementedError as error:
        place = f"{country}, {region}" if region else country
        raise WrongQuery(
            f"no public holidays of «{place}» are known: "
            "write an ISO 3166 code such as FR, and of its regions one such as 57"
        ) from error
    return dict(found.items())
