"""A page left open over midnight: what of it says another thing then is drawn anew by itself."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from dash import Dash
from fastapi import FastAPI

from app import access, callbacks, context
from app.access import User
from app.bootstrap import House
from app.discovery import pages
from app.exposure.model import Actor, Change, State
from app.exposure.service import ExposureService
from app.present import by_clock
from ingest.connector import Source
from tests.app.test_pages import plain
from tests.kpis.telling import contact

#: Paris sets its clocks back in this night: the day that begins has 25 hours.
MIDNIGHT = datetime(2026, 10, 24, 22, tzinfo=UTC)
BEFORE, AFTER = MIDNIGHT - timedelta(minutes=1), MIDNIGHT + timedelta(minutes=1)
#: What the browser tells when the day turns (``assets/refresh.js``, ``assets/reports.js``), or
#: with the minute (the mark of exposure, ``app/exposure/mark.py``).
TOLD = {("vigie-url", "search"), ("reports-moved", "data"), ("exposure-moved", "data")}
#: What the browser itself moves on: days of a form (``assets/reports.js``), and marks.  A form
#: has another key each time.
BY_ITSELF = {"data-day", "data-mark", "quick-key", "whole-key", "cell-key"}
ADMIN = User("ada", "admin")


def test_what_a_page_says_otherwise_after_midnight_is_drawn_anew(house: House) -> None:
    source = Source("pbx", "simulator")
    house.store.write(source, contact("a", BEFORE - timedelta(hours=1)), now=BEFORE)
    until = AFTER + timedelta(hours=8)
    tucked = Change(channel="chat", state=State.TUCKED, why="too few agents", expires_at=until)
    ExposureService(house.database).set(tucked, Actor("user", "olga", ("operator",)), BEFORE)
    # A page is known once it is found, and its callbacks with it.
    known, seen = pages(), set()
    anew = redrawn()
    for page in known:
        if page.bare:
            continue
        before, after = (drawn(house, page.layout, at) for at in (BEFORE, AFTER))
        for path in differing(before, after):
            seen.add(page.name)
            assert path & (anew | BY_ITSELF), (
                f"{page.name}: {sorted(path)} is that of yesterday: let the callback that draws "
                "it listen to Input('vigie-url', 'search')"
            )
    assert {"definitions", "exposure", "reports"} <= seen


def redrawn() -> set[str]:
    """The ids of what is drawn anew when the day turns."""
    dash = Dash("days", server=FastAPI(), use_pages=False, suppress_callback_exceptions=True)
    callbacks.attach(dash)
    return {
        part.rpartition(".")[0]
        for output, declared in dash.callback_map.items()
        if TOLD & {(one["id"], one["property"]) for one in declared["inputs"]}
        for part in output.strip(".").split("...")
    }


def drawn(house: House, layout: object, at: datetime) -> object:
    entered, known = context.enter(house), access.enter(ADMIN)
    try:
        with by_clock(lambda: at):
            return plain(layout())  # type: ignore[operator]
    finally:
        access.leave(known)
        context.leave(entered)


Path = frozenset[str]


def differing(one: object, other: object, path: Path = frozenset()) -> Iterator[Path]:
    """The ids, and the names of what the browser moves on, that lead to each difference."""
    if one == other:
        return
    if isinstance(one, dict) and isinstance(other, dict):
        own = BY_ITSELF & one.keys() | ({str(one["id"])} if "id" in one else set())
        for key in one.keys() | other.keys():
            yield from differing(one.get(key), other.get(key), path | own)
    elif isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        for mine, theirs in zip(one, other, strict=True):
            yield from differing(mine, theirs, path)
    else:
        yield path
