"""A forecast in the words of a command line or an address: checked, then answered."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from zoneinfo import ZoneInfo

import msgspec
from sqlalchemy import Connection

from kpis.errors import UnknownWord, WrongQuery
from kpis.forecast import BY, Backtest, By, Forecast, backtest, forecast
from kpis.forecasting.staffing import Staffing, staffing
from kpis.intervals import moment, zone_named
from kpis.public_holidays import holiday_on

#: Keeps nobody's holidays.
NOBODY = "none"
#: A day of any year: it only asks whether the country is known.
_ANY_DAY = date(2024, 1, 1)


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """The parameters of ``vigie forecast`` and ``GET /forecast``, as text.

    `country`: whose public holidays are kept, ``none`` for nobody's; left out, `site_country`
    where its holidays are known.  `at`: as it was known then.  `opening`: ``channel`` or
    ``channel=share``; `agents`: ``channel=number``.
    """

    zone: str
    site_country: str
    country: str | None = None
    at: str | None = None
    horizon: str = "today"
    by: str = "channel"
    opening: tuple[str, ...] = ()
    agents: tuple[str, ...] = ()

    def forecast(self, connection: Connection, now: datetime) -> Forecast:
        """The forecast.  Raises WrongQuery: one line that says what would be right."""
        found: dict[str, By] = {by: by for by in BY}
        if self.by not in found:
            raise UnknownWord("grouping", self.by, list(found))
        zone = zone_named(self.zone)
        return forecast(
            connection, self._moment(now, zone), zone, self.horizon,
            by=found[self.by], country=self._kept(), opening=_shares(self.opening),
        )  # fmt: skip

    def staffing(self, connection: Connection, now: datetime) -> list[Staffing]:
        """What the forecast asks of agents.  Raises WrongQuery."""
        channels = msgspec.structs.replace(self, by="channel")
        return staffing(connection, channels.forecast(connection, now), _numbers(self.agents))

    def backtest(self, connection: Connection, now: datetime, days: int) -> Backtest:
        """The test of the past `days` days.  Raises WrongQuery."""
        zone = zone_named(self.zone)
        return backtest(
            connection, self._moment(now, zone), zone, self.horizon,
            days=days, country=self._kept(),
        )  # fmt: skip

    def _moment(self, now: datetime, zone: ZoneInfo) -> datetime:
        return now if self.at is None else moment(self.at, zone)

    def _kept(self) -> str | None:
        if self.country is not None:
            return None if self.country.lower() == NOBODY else _known(self.country.upper())
        try:
            return _known(self.site_country)
        except WrongQuery:  # the country of the telephone numbers need not be one of holidays
            return None


def _known(country: str) -> str:
    holiday_on(_ANY_DAY, country, None)
    return country


def _shares(words: Iterable[str]) -> dict[str, float | None]:
    found: dict[str, float | None] = {}
    for word in words:
        channel, told, share = word.partition("=")
        try:
            found[channel.strip()] = float(share) if told else None
        except ValueError as error:
            raise WrongQuery(f"«{word}»: write channel=share, as video=0.05") from error
    return found


def _numbers(words: Iterable[str]) -> dict[str, int]:
    found: dict[str, int] = {}
    for word in words:
        channel, _, number = word.partition("=")
        if not (number.strip().isascii() and number.strip().isdigit() and len(number) < 7):
            raise WrongQuery(f"«{word}»: write channel=number, as phone=12")
        found[channel.strip()] = int(number)
    return found
