"""Drilling down: the address of the contacts behind a row of KPIs."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from urllib.parse import quote, urlencode

from kpis.dimensions import Value
from kpis.question import Question
from kpis.series import KpiRow

CONTACTS = "/api/v1/contacts"
_EQUALS = "%3D"


def contacts_of(question: Question) -> Callable[[KpiRow], str]:
    """Gives each row of the question's answer its address; ``&kpi=KEY`` chooses the number."""
    asked = {
        "zone": question.zone,
        "service_level_formula": question.service_level_formula,
        "target_seconds": question.target_seconds,
        "repeat_window": question.repeat_window,
        "same_reason": question.same_reason,
        "same_channel": question.same_channel,
    }
    usual = {field: getattr(_USUAL, field) for field in asked}
    fixed = [("where", filter_) for filter_ in question.where]
    fixed += [(name, str(value)) for name, value in asked.items() if value != usual[name]]
    end = f"&{urlencode(fixed)}" if fixed else ""

    def address(row: KpiRow) -> str:
        cells = "".join(f"&cell={name}{_EQUALS}{_told(value)}" for name, value in row.by.items())
        return f"{CONTACTS}?from={_moment(row.start)}&to={_moment(row.end)}{cells}{end}"

    return address


def _told(value: Value) -> str:
    return "" if value is None else quote(str(value), safe="")


def _moment(at: datetime) -> str:
    return at.isoformat().replace("+", "%2B")


_USUAL = Question(from_="", to="", zone="")
