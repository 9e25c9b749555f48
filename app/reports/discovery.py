"""The reports, their topics and formats, each one file: found here, listed nowhere."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from functools import cache
from zoneinfo import ZoneInfo

from app.errors import NotFound
from app.modules import modules
from app.reports.asking import Period
from app.reports.desk import Desk
from app.reports.model import Content, Section


@dataclass(frozen=True, slots=True)
class Kind:
    """One report; `title` and `summary` are message ids."""

    key: str
    title: str
    summary: str
    order: int
    #: Is its last day chosen too?
    range: bool
    period: Callable[[date, date | None, ZoneInfo], Period]
    #: A day → the first of the last whole period before it; None: it cannot be sent by a schedule.
    latest: Callable[[date], date] | None


@dataclass(frozen=True, slots=True)
class Format:
    """One way to write a report down: the end of its file's name, its type, its writer."""

    key: str
    media_type: str
    render: Callable[[Content], bytes]


@cache
def kinds() -> dict[str, Kind]:
    """Every report by key, in order."""
    found = [_kind(module.__name__, vars(module)) for module in modules("app.reports.kinds")]
    return {kind.key: kind for kind in sorted(found, key=lambda kind: kind.order)}


@cache
def topics() -> tuple[Callable[[Desk], Section | None], ...]:
    """What writes each section, in order."""
    found = sorted(modules("app.reports.topics"), key=lambda module: int(module.ORDER))
    return tuple(module.section for module in found)


@cache
def formats() -> dict[str, Format]:
    """Every format by key, alphabetical."""
    found = [
        Format(
            module.__name__.rpartition(".")[2].removesuffix("_file"),
            module.MEDIA_TYPE,
            module.render,
        )
        for module in modules("app.reports.formats")
    ]
    return {one.key: one for one in sorted(found, key=lambda one: one.key)}


def kind_named(key: str) -> Kind:
    """That report.  Raises NotFound, which lists them."""
    if key not in kinds():
        raise NotFound(f"no report «{key[:40]}»; there are: {', '.join(kinds())}")
    return kinds()[key]


def format_named(key: str) -> Format:
    """That format.  Raises NotFound, which lists them."""
    if key not in formats():
        raise NotFound(f"no format «{key[:40]}»; there are: {', '.join(formats())}")
    return formats()[key]


def _kind(name: str, told: dict[str, object]) -> Kind:
    fields = {field.lower(): told[field] for field in ("TITLE", "SUMMARY", "ORDER", "RANGE")}
    latest = told.get("latest")
    return Kind(key=name.rpartition(".")[2], period=told["period"], latest=latest, **fields)  # type: ignore[arg-type]
