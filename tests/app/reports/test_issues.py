"""A closed day that late events change: the report says which figures, from what to what."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from app.access.scopes import EVERYTHING, Scope
from app.bootstrap import House
from app.reports import writer
from app.reports.issues import issue
from app.reports.model import Content
from app.reports.writer import Wish, render
from tests.app.reports.telling import LATER, TUESDAY, hours, rows, section, table, tell
from tests.house import Vigie

EVENING = datetime(2024, 3, 13, 6, tzinfo=UTC)
DAY = timedelta(days=1)


def given_out(
    house: House, now: datetime, *, language: str = "en", scope: Scope = EVERYTHING,
    day: date = TUESDAY,
) -> Content:  # fmt: skip
    """The daily report, as somebody got it then."""
    wish = Wish(
        report="daily", first=str(day), last=None, zone="Europe/Paris", language=language,
        as_of=None, scope=scope,
    )  # fmt: skip
    content = writer.tell(house.database.engine, wish, now)
    issue(house.database.engine, content, now)
    return content


def notes(content: Content) -> list[str]:
    findings = section(content, "summary").findings
    return [one.words for one in findings if one.words.startswith(("Changed", "Changé"))]


def test_what_late_events_changed_is_told_until_it_changes_again(house: House) -> None:
    tell(house, hours(TUESDAY, 8, 10), now=EVENING)
    first = given_out(house, EVENING)
    assert notes(first) == notes(given_out(house, EVENING + DAY)) == []
    tell(house, hours(TUESDAY, 10, 11, "chat"), now=EVENING + DAY)
    second = given_out(house, EVENING + 2 * DAY)
    [note] = notes(second)
    assert note.startswith("Changed since issue 1 of Mar 13, 2024, 07:00:00:")
    assert note.endswith("Offered 12 → 18.")
    told = rows(table(second, "changed_count"))
    assert ("Total", "Offered", 12, 18) in [tuple(row.values()) for row in told]
    assert {"where": "Chat", "kpi": "Answered", "before": None, "after": 5} in told
    inside = rows(table(second, "changed_count_in_detail"))
    assert {"where": "10:00–11:00", "kpi": "Offered", "before": 0, "after": 6} in inside
    assert not [row for row in inside if row["where"] == "08:00–09:00"]
    again = given_out(house, EVENING + 3 * DAY)
    for format in ("xlsx", "csv", "json"):
        assert render(second, format) == render(again, format)
    tell(house, hours(TUESDAY, 11, 12, "chat"), now=EVENING + 4 * DAY)
    [third] = notes(given_out(house, EVENING + 5 * DAY))
    assert third.startswith("Changed since issue 2 of Mar 15, 2024, 07:00:00:")
    assert third.endswith("Offered 18 → 24.")


def test_what_only_ripens_is_no_change(house: House) -> None:
    """Repeats and ages move by themselves."""
    tell(house, [*hours(TUESDAY, 8, 10), *hours(TUESDAY, 9, 10, "email")], now=EVENING)
    given_out(house, EVENING)
    tell(house, hours(TUESDAY + 9 * DAY, 9, 10), now=EVENING + 9 * DAY)
    late = given_out(house, EVENING + 10 * DAY)
    assert notes(late) == [], [rows(one) for one in section(late, "changes").tables]


def test_every_language_reads_of_the_same_issue_and_every_scope_of_its_own(house: House) -> None:
    phone = Scope(channels=("phone",))
    tell(house, hours(TUESDAY, 8, 10), now=EVENING)
    given_out(house, EVENING, language="en")
    given_out(house, EVENING, scope=phone)
    tell(house, hours(TUESDAY, 10, 11, "chat"), now=EVENING + DAY)
    [note] = notes(given_out(house, EVENING + DAY, language="fr"))
    assert note.startswith("Changé depuis l’édition 1 du 13 mars 2024, 07:00:00")
    assert notes(given_out(house, EVENING + DAY, scope=phone)) == []


def test_a_day_that_is_not_over_has_no_issues(house: House) -> None:
    tell(house, hours(TUESDAY, 8, 10), now=EVENING - DAY + timedelta(hours=4))
    given_out(house, EVENING - DAY + timedelta(hours=5))
    tell(house, hours(TUESDAY, 10, 11), now=EVENING)
    assert notes(given_out(house, EVENING)) == []


def test_a_day_without_anything_that_gets_its_contacts_late_says_so(house: House) -> None:
    given_out(house, EVENING)
    tell(house, hours(TUESDAY, 8, 10), now=LATER)
    [note] = notes(given_out(house, LATER))
    assert "Offered 0 → 12" in note


@pytest.mark.usefixtures("house")
def test_the_command_tells_what_changed_since_it_was_run(
    house: House, vigie: Vigie, tmp_path: Path
) -> None:
    tell(house, hours(TUESDAY, 8, 10), now=EVENING)
    asked = ("report", "daily", "--day", TUESDAY, "--zone", "Europe/Paris", "--format", "csv")
    for name in ("a", "b"):
        assert vigie(*asked, "--out", tmp_path / name).code == 0
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()
    tell(house, hours(TUESDAY, 10, 11), now=EVENING + DAY)
    assert vigie(*asked, "--language", "en", "--out", tmp_path / "c").code == 0
    written = (tmp_path / "c").read_text()
    assert "Changed since issue 1 of" in written
    assert "changed_count" in written
