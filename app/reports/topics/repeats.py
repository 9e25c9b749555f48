"""Repeat contacts and first-contact resolution, with how far they can be judged yet."""

from __future__ import annotations

from datetime import timedelta

from app.i18n import _, percent
from app.reports.asking import moved
from app.reports.desk import Desk
from app.reports.model import Section, Table
from app.reports.tables import by_dimension
from app.reports.writing import days
from kpis.windows import DEFAULT_DAYS

ORDER = 80
MAIN = (
    "repeat_contacts", "repeat_rate", "repeat_after_answer_rate", "repeat_after_abandon_rate",
    "cross_channel_repeat_rate", "fcr", "once_and_done", "fcr_coverage",
)  # fmt: skip
_WINDOW = timedelta(days=DEFAULT_DAYS)


def section(desk: Desk) -> Section:
    """This period, and the last one whose window has passed where this one's has not."""
    coverage = desk.total().get("fcr_coverage")
    table = by_dimension(
        "repeats", _("Repeat contacts"), ("channel",), desk.rows("channel"), desk.total(),
        main=MAIN, every=False,
    )  # fmt: skip
    ripe = [_ripe(desk)] if coverage is not None and coverage < 1 else []
    return Section(
        key="repeats",
        title=_("Repeat contacts and first-contact resolution"),
        note=_words(coverage),
        tables=(table, *ripe),
    )


def _words(coverage: float | None) -> str:
    window = _("A repeat follows within {days} days.", days=DEFAULT_DAYS)
    if coverage is None:
        judged = _("No contact of a known customer: nothing to judge.")
    elif coverage < 1:
        share = percent(coverage)
        judged = _("First-contact resolution is provisional: {share} mature.", share=share)
    else:
        judged = _("All of it is mature.")
    return f"{window} {judged}"


def _ripe(desk: Desk) -> Table:
    """As many days, the last of which the window of every contact has passed."""
    period = desk.asked.period
    last = (desk.asked.as_of - _WINDOW).astimezone(desk.asked.zone).date() - timedelta(days=1)
    back = max((period.last - last).days, 1)
    span = moved(period.first, period.last, back, desk.asked.zone)
    earlier = timedelta(days=back)
    when = days(period.first - earlier, period.last - earlier)
    return by_dimension(
        "repeats_mature", _("The last mature period: {days}", days=when), ("channel",),
        desk.rows("channel", span=span), desk.total(span), main=MAIN, every=False,
    )  # fmt: skip
