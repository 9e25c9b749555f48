"""The customers who came again most often, masked; each leads to the page of the customer."""

from __future__ import annotations

from collections.abc import Sequence
from zoneinfo import ZoneInfo

from app.components.customer_look import Look
from app.components.journey_look import PATH
from app.components.table import Column, Table
from app.i18n import _
from kpis.journeys import Returner


def people(found: Sequence[Returner], zone: ZoneInfo) -> Table:
    """The most frequent first, by their masked identities."""
    columns = [
        Column(_("Customer")), Column(_("Contacts"), "integer"),
        Column(_("Followed by another"), "integer"), Column(_("Channels"), "integer"),
        Column(_("Latest"), "moment"),
    ]  # fmt: skip
    rows = [
        (", ".join(one.known_by), one.contacts, one.repeated, one.channels,
         one.last_at.astimezone(zone).isoformat())
        for one in found
    ]  # fmt: skip
    links = [Look(one.customer_key, via=PATH).href for one in found]
    return Table("returning", _("Who came again most often"), columns, rows, links)
