"""The page of channels says what the API says, and each of its numbers leads to its contacts."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import msgspec
import pytest
from dash.development.base_component import Component

from app import access, context, i18n
from app.access import User
from app.bootstrap import House
from app.channel_look import BREAKDOWNS, Look, figures
from app.channel_reading import Channels, read_channels
from app.components.channel_heat import heat_chart
from app.components.channel_levels import levels_table
from app.components.channel_parts import parts_table
from app.components.channel_trend import trend_chart
from app.components.channel_waits import waits_chart
from app.components.channel_words import better, difference
from app.components.table import Table
from app.components.vocabulary import Vocabulary
from app.contact_look import Look as ContactLook
from app.exposure.service import ExposureService
from app.filters import Filters
from app.pages import channels, contacts
from ingest.connector import Source
from kpis.catalogue import catalogue
from kpis.contact_page import read_page
from kpis.promises import read_promises
from kpis.service_level import DEFAULT
from kpis.snapshot import snapshot
from tests.app.conftest import Login
from tests.kpis.telling import contact

PARIS = ZoneInfo("Europe/Paris")
#: A Wednesday, 14:20 in Paris.
NOW = datetime(2026, 11, 18, 13, 20, tzinfo=UTC)
PBX = Source("pbx", "simulator")


@pytest.fixture
def inside(house: House) -> Iterator[House]:
    """The context of a request of a viewer, a week of contacts behind it."""
    write(house)
    entered, known = context.enter(house), access.enter(User("vera", "viewer"))
    yield house
    access.leave(known)
    context.leave(entered)


def write(house: House) -> None:
    """Calls twice an hour from 9 to 17 for eight days, the last of which is not over; mails."""
    events = []
    first = datetime(2026, 11, 11, 8, 5, tzinfo=UTC)
    for hour in range(8 * 24):
        at = first + timedelta(hours=hour)
        if not 9 <= at.astimezone(PARIS).hour < 17 or at > NOW:
            continue
        waits = (5 + hour % 40, 12 + hour % 200)
        for number, (wait, left) in enumerate(zip(waits, ("answered", "abandoned"), strict=True)):
            queue = "billing" if number else "delivery"
            events += contact(f"c{hour}-{number}", at, left, wait, queue=queue, reason="invoice")
        if hour % 6 == 0:
            events += contact(f"m{hour}", at, "message_out", 5400, channel="email", queue=None)
    events += contact("waiting", NOW - timedelta(minutes=3), None)
    house.store.load(PBX, events, now=NOW)


def look(search: str, now: datetime = NOW) -> Look:
    filters = Filters.of(search)
    house = context.current_house()
    with house.database.engine.connect() as connection:
        modality = read_promises(connection, now).modality
    return Look.of(filters, now, PARIS, DEFAULT, modality)


def read(search: str) -> Channels:
    with snapshot(context.current_house().database.engine) as connection:
        return read_channels(connection, look(search), read_promises(connection, NOW))


def count_behind(link: str, part: str = "numerator") -> int:
    """How many contacts an address of the page lists, page by page."""
    asked = ContactLook.of(link.partition("?")[2] + f"&part={part}", NOW, PARIS, DEFAULT)
    behind, _place = asked.question.behind(NOW)
    with snapshot(context.current_house().database.engine) as connection:
        page = read_page(connection, behind, 1000)
        count, _total = behind.totals(connection)
    assert len(page.contacts) == count
    return count


def linked(shown: Table) -> Iterator[tuple[list[object], str]]:
    for row, link in zip(shown.rows, shown.links, strict=True):
        if link is not None:
            yield list(row), link


SEARCHES = [
    "", "?period=today", "?period=today&grain=hour&compare=week", "?compare=previous&kpi=offered",
    "?channel=email", "?channel=email&compare=previous", "?queue=billing&grain=15min",
    "?reason=invoice&compare=week", "?segment=nobody", "?period=2026-11-12..2026-11-14&grain=day",
    "?channel=fax&kpi=nonsense&by=nonsense", "?period=2030-01-01", "?kpi=aht_s",
    "?period=yesterday&kpi=cost_per_contact", "?kpi=fcr&period=28d", "?by=site", "?by=source",
]  # fmt: skip


def test_every_view_is_drawn(inside: House) -> None:
    for at, search in enumerate(SEARCHES):
        with i18n.speaking(("fr", "en")[at % 2]):
            told = plain(channels._shown(Filters.of(search), NOW))
        assert '"vg-totals"' in told, search
        assert "NaN" not in told, search


def plain(component: Component) -> str:
    found = component.to_plotly_json()
    return json.dumps(found, default=lambda c: c.to_plotly_json(), ensure_ascii=False)


def test_each_point_of_the_line_leads_to_as_many_contacts_as_it_counts(inside: House) -> None:
    shown = trend_chart(read("?kpi=offered&period=today&grain=hour")).table
    counted = {row[0]: (row[1], count_behind(link)) for row, link in linked(shown)}
    assert sum(number for _is, number in counted.values()) > 8
    assert all(is_ == number for is_, number in counted.values())


def test_each_cell_of_the_heat_map_leads_to_its_contacts(inside: House) -> None:
    shown = heat_chart(read("?kpi=answered&channel=phone")).table
    pairs = [(row, link) for row, link in linked(shown)]
    assert len(pairs) >= 5 * 8
    for row, link in pairs[:3]:
        assert count_behind(link) == row[1]


def test_the_heat_map_gives_the_mean_of_days_that_came_twice(inside: House) -> None:
    once = heat_chart(read("?kpi=offered&period=2026-11-11")).table.rows
    twice = heat_chart(read("?kpi=offered&period=2026-11-11..2026-11-18")).table.rows
    at_ten = [next(row for row in rows if str(row[0]).endswith(" 10 h") and row[2] in (2, 3, 4, 5))
              for rows in (once, twice)]  # fmt: skip
    assert at_ten[0][1] == at_ten[1][1]


def test_the_bars_hold_everybody_who_left_and_the_target_stands_where_it_is(inside: House) -> None:
    found = read("?channel=phone&queue=delivery")
    shown = waits_chart(found)
    answered = next(e for e in found.shown.distribution.levels if e.formula.id == "answered_only")
    columns = list(zip(*shown.table.rows, strict=True))
    assert sum(columns[1]) == answered.judged > 50  # type: ignore[arg-type]
    assert columns[4][-1] == 1.0
    assert found.promise is not None
    (line,) = shown.layout["shapes"]  # type: ignore[misc]
    assert line["x0"] == found.promise.target_ms / 1000  # type: ignore[index]


@pytest.mark.parametrize("search", ["?period=7d", "?channel=email", "?queue=billing"])
def test_each_bar_leads_to_its_own_contacts(inside: House, search: str) -> None:
    shown = waits_chart(read(search)).table
    for (_span, *counts, _share), link in linked(shown):
        assert count_behind(link) == sum(counts)  # type: ignore[arg-type]


def test_what_is_no_wait_is_refused(log_in: Login) -> None:
    browser = log_in("vera")
    asked = {"from": "2026-11-18", "to": "2026-11-19", "wait": "long"}
    assert "10..20" in browser.get("/api/v1/contacts", params=asked).json()["detail"]
    asked |= {"wait": "10..20", "kpi": "repeat_contacts"}
    assert browser.get("/api/v1/contacts", params=asked).status_code == 422


def test_written_channels_wait_in_hours_and_show_their_own_quality(inside: House) -> None:
    found = read("?channel=email")
    assert found.look.kpi.key == "async_service_level"
    assert sum(found.shown.distribution.waits["answered"].values()) > 3
    assert '"levels"' in plain(channels._shown(Filters.of("?channel=email"), NOW))


def test_the_eight_levels_are_those_of_the_series_and_lead_to_what_they_judge(
    inside: House,
) -> None:
    shown = levels_table(read("?period=7d"))
    assert len(shown.rows) == 8
    for row, link in linked(shown):
        _name, _symbols, value, good, judged = row
        assert value == round(good / judged, 6)  # type: ignore[operator]
        assert (count_behind(link), count_behind(link, "denominator")) == (good, judged)


def test_the_parts_add_up_and_lead_to_a_page_of_their_own(inside: House) -> None:
    vocabulary = Vocabulary.of(ExposureService(inside.database).read())
    for by in BREAKDOWNS:
        found = read(f"?by={by}")
        shown = parts_table(found, vocabulary)
        assert sum(row[1] for row in shown.rows) == found.shown.total.kpis["offered"]  # type: ignore[misc]
    link = next(iter(linked(parts_table(read("?by=queue&compare=week"), vocabulary))))[1]
    narrower = Filters.of(link.partition("?")[2])
    assert narrower.queue in ("billing", "delivery")
    assert narrower.compare == "week"


def test_one_site_alone_is_looked_at_and_its_numbers_lead_to_its_contacts(inside: House) -> None:
    today = NOW.replace(hour=9)
    with i18n.speaking("en"):
        assert "vg-filter-alone" in plain(channels.layout())  # there is nothing to choose
    for site, count in (("lyon", 3), ("nantes", 2)):
        calls = (contact(f"{site}-{n}", today + timedelta(minutes=n)) for n in range(count))
        told = [
            msgspec.structs.replace(event, site=site, reason=f"of-{site}")
            for call in calls for event in call
        ]  # fmt: skip
        inside.store.load(PBX, told, now=NOW)

    drawn = trend_chart(read("?site=lyon&period=today&grain=hour&kpi=offered")).table
    with i18n.speaking("en"):
        choices = plain(channels.layout())
        heading = plain(channels._shown(Filters.of("?site=lyon"), NOW))
    parts = parts_table(read("?by=site&period=today"), vocabulary())

    assert [(row[1], count_behind(link)) for row, link in linked(drawn) if row[1]] == [(3, 3)]
    assert "vg-filter-alone" not in choices
    assert all(name in choices for name in ("All sites", "lyon", "nantes", "of-nantes"))
    assert "lyon" in heading
    assert "nantes" not in heading
    with i18n.speaking("en"):
        listed = "?kpi=offered&from=2000-01-01&to=2026-11-19"
        assert "Site" in plain(contacts._shown(f"{listed}&where=site%3Dlyon", NOW))
        others = plain(contacts._shown(f"{listed}&where=queue%3Ddelivery", NOW))
    assert "Site" not in others
    assert "Jan 1, 2000" in others
    assert {Filters.of(link.partition("?")[2]).site for row, link in linked(parts)} >= {"lyon"}


def vocabulary() -> Vocabulary:
    return Vocabulary.of(ExposureService(context.current_house().database).read())


def test_the_earlier_period_lies_under_the_same_days(inside: House) -> None:
    found = read("?period=2026-11-18&compare=week&kpi=offered&grain=hour")
    before, now, *_running = trend_chart(found).traces
    assert before["x"][:3] == now["x"][:3]  # type: ignore[index]
    assert before["y"][10] == found.earlier.line[10].kpis["offered"]  # type: ignore[index, union-attr]


def test_what_has_not_begun_is_not_drawn_and_what_runs_is_dotted(inside: House) -> None:
    now, running = trend_chart(read("?period=today&kpi=offered&grain=hour")).traces
    assert now["y"][13:] == [2] + [None] * 10  # type: ignore[index]
    assert running["y"][13:] == [2, 3] + [None] * 9  # type: ignore[index]
    assert running["line"]["dash"] == "dot"  # type: ignore[index]


def test_a_change_is_told_in_points_percents_and_seconds() -> None:
    known = catalogue()
    with i18n.speaking("en"):
        assert difference(known["service_level"], 0.82, 0.79) == "+3.0 pts"
        assert difference(known["offered"], 90, 100) == "−10.0%"
        assert difference(known["asa_s"], 30, 95) == "−1:05"
        assert difference(known["asa_s"], 14.3, 14.0) == "±0\N{NO-BREAK SPACE}s"
        assert better(known["asa_s"], 14.3, 14.0) is None
        assert difference(known["asa_s"], None, 95) is None
    assert better(known["asa_s"], 30, 95) is True
    assert better(known["service_level"], 0.7, 0.8) is False
    assert better(known["offered"], 1, 2) is None


def test_a_figure_of_every_family_is_drawn(inside: House) -> None:
    for kpi in {kpi.family: kpi for kpi in figures()}.values():
        found = read(f"?kpi={kpi.key}&period=yesterday")
        assert found.look.kpi is kpi
        assert trend_chart(found).name == "over-time"
        assert heat_chart(found).name == "by-hour"


def test_the_list_of_contacts_says_what_an_address_cannot_ask(inside: House) -> None:
    with i18n.speaking("en"):
        for wrong in ("?from=soon", "?kpi=nonsense", "?cell=channel", "?interval=x", "?after=x",
                      "?where=agent=7", "?kpi=asa_s&part=third"):  # fmt: skip
            assert "cannot be found" in plain(contacts._shown(wrong, NOW))
        told = plain(contacts._shown("?from=2026-11-17&to=2026-11-18&kpi=offered", NOW))
    assert "Contacts: 18" in told
    assert "format=csv" in told
