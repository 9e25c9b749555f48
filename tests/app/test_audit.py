"""The audit: one timeline of all sources, filtered and paged at the server, read by who may."""

from __future__ import annotations

import io
import json
from datetime import UTC, datetime, timedelta

import psycopg
import pytest
from openpyxl import load_workbook

from app import access, context, i18n
from app.access import User
from app.access.accounts import Accounts
from app.access.rights import ROLES
from app.alerts.book import AlertBook
from app.alerts.model import Alert
from app.audit.look import Look
from app.audit.question import Place, Question
from app.audit.reading import Page, people, read_lines, readable_by, sources
from app.audit.source import Reader
from app.audit.telling import rows_of
from app.bootstrap import House
from app.components.audit_views import chain, timeline
from app.components.vocabulary import Vocabulary
from app.errors import WrongUse
from app.exposure.model import Actor, Change, State
from app.exposure.service import ExposureService
from app.pages import audit as page
from ingest.accesses import note_access
from tests.app.conftest import Login
from tests.app.test_pages import Marking, plain
from tests.app.test_settings_book import NOW, WANTED, put
from tests.house import PASSWORD, Vigie

OTTO, OLGA = Actor("user", "otto", ("operator",)), Actor("user", "olga", ("operator",))
ADMIN = User("ada", "admin")
LONG_AGO, TOMORROW = NOW - timedelta(days=400), NOW + timedelta(days=1)


@pytest.fixture
def busy(house: House) -> House:
    """A house in which everybody has done something, all in one minute."""
    service = ExposureService(house.database)
    soon = NOW + timedelta(hours=1)
    tucked = Change(channel="phone", reason="billing", state=State.TUCKED, why="queue too long",
                    expires_at=soon)  # fmt: skip
    switch = service.set(tucked, OTTO, NOW)
    service.revert(switch.id, OLGA, NOW + timedelta(seconds=10))
    closing = Change(channel="chat", state=State.CLOSED, why="agents absent", expires_at=soon)
    pending = service.propose(closing, OTTO, NOW + timedelta(seconds=20))
    service.approve(pending.id, OLGA, NOW + timedelta(seconds=30))
    for key, wanted in WANTED.items():
        put(house, key, wanted, at=NOW + timedelta(seconds=40))
    alert = Alert(name="long-wait", kpi="longest_wait_s", enter=60, exit=30)
    AlertBook(house.database, house.settings.tz).save(alert, OTTO, NOW)
    with house.database.engine.begin() as connection:
        note_access(connection, 4711, actor="otto", way="page", now=NOW, page="/contacts")
    Accounts(house.database.engine).add("zoe", "viewer", PASSWORD, NOW)
    return house


def asked(**words: object) -> Question:
    told: dict[str, object] = {"start": LONG_AGO, "end": TOMORROW, **words}
    return Question(**told)  # type: ignore[arg-type]


def found(house: House, limit: int = 500, user: User = ADMIN, **words: object) -> Page:
    with house.database.engine.connect() as connection:
        return read_lines(connection, readable_by(user), asked(**words), limit)


# --- what there is ------------------------------------------------------------------------


def test_everything_that_somebody_did_is_in_one_timeline_newest_first(busy: House) -> None:
    lines = found(busy).lines
    assert [line.at for line in lines] == sorted((line.at for line in lines), reverse=True)
    told = {(line.source, line.act, line.who) for line in lines}
    assert {
        ("exposure", "set", "otto"), ("exposure", "revert", "olga"),
        ("approvals", "proposed", "otto"), ("approvals", "approved", "olga"),
        ("alerts", "written", "otto"), ("accesses", "page", "otto"),
        ("reasons", "set", "mona"), ("costs", "set", "mona"), ("hours", "set", "mona"),
    } <= told  # fmt: skip


@pytest.mark.parametrize("language", ["fr", "en"])
def test_every_line_is_told_in_the_readers_language_and_leads_to_its_thing(
    busy: House, language: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = found(busy).lines
    vocabulary = Vocabulary.of(ExposureService(busy.database).read())
    with i18n.speaking(language):
        rows = rows_of(lines, Reader(vocabulary, busy.settings.tz))
        by_source = {row.line.source: row for row in rows}
        tucked = {"fr": "En retrait", "en": "Tucked"}[language]
        assert by_source["exposure"].told.after.startswith(tucked)
        assert by_source["exposure"].link == "/exposure"
        assert by_source["reasons"].link == "/settings?part=reasons"
        assert by_source["accesses"].link == "/customers?customer=4711&via=/audit"
        assert all(row.told.thing for row in rows)
        shown = json.dumps(plain(timeline(rows)), ensure_ascii=False)
        assert "queue too long" in shown
        monkeypatch.setattr(i18n, "_translations", lambda code: Marking())
        assert all(row.act.startswith("⟦") for row in rows)


def test_the_filters_find_by_person_source_text_and_time(busy: House) -> None:
    assert {line.who for line in found(busy, who="OLGA").lines} == {"olga"}
    assert {line.source for line in found(busy, source="reasons").lines} == {"reasons"}
    assert {line.source for line in found(busy, about="queue TOO").lines} == {"exposure"}
    assert found(busy, about="100%_").lines == ()
    assert found(busy, end=NOW).lines == found(busy, end=NOW, source=None).lines
    assert all(line.at < NOW for line in found(busy, end=NOW).lines)
    with busy.database.engine.connect() as connection:
        assert people(connection, sources(), asked()) == sorted(
            {line.who for line in found(busy).lines}
        )


def test_pages_hold_every_line_once_also_those_of_one_moment(busy: House) -> None:
    whole = found(busy).lines
    for size in (1, 3, 7):
        place, seen = None, []
        while True:
            page_ = found(busy, size, after=place)
            seen += page_.lines
            if (place := page_.next) is None:
                break
            assert Place.named(place.word) == place
        assert tuple(seen) == whole


def test_a_place_that_is_none_is_refused_and_left_out_of_an_address() -> None:
    for word in ("", "x", "2026-11-22~a~1~b", "2026-11-22T10:00:00+00:00~a~x~b"):
        with pytest.raises(WrongUse):
            Place.named(word)
        assert Look.of(f"?after={word}").after is None


# --- who may ------------------------------------------------------------------------------


def test_looks_and_logins_are_shown_to_who_has_their_right(busy: House) -> None:
    assert {source.right for source in sources()} == {
        "see_audit", "see_access_log", "manage_users", "set_reports",
    }  # fmt: skip
    for user in (User("x", role) for role in ROLES):
        lines = found(busy, user=user).lines if readable_by(user) else ()
        assert any(line.source == "accesses" for line in lines) == user.may("see_access_log")
        assert any(line.source == "access" for line in lines) == user.may("manage_users")
    assert User("x", "manager").may("see_access_log") > User("x", "viewer").may("see_access_log")


def test_the_api_answers_with_the_same_filters_pages_and_files(log_in: Login, busy: House) -> None:
    Accounts(busy.database.engine).add("mona", "manager", PASSWORD, datetime.now(UTC))
    mona, vera = log_in("mona"), log_in("vera")
    tomorrow = datetime.now(UTC).date() + timedelta(days=1)
    address = f"/api/v1/audit?from=2020-01-01T00:00:00Z&to={tomorrow}T00:00:00Z"
    assert vera.get(address).status_code == 403
    first = mona.get(f"{address}&limit=4").json()
    assert len(first["lines"]) == 4
    second = mona.get(first["next"]).json()
    assert second["lines"][0]["at"] <= first["lines"][-1]["at"]
    (one,) = mona.get(f"{address}&what=reasons&who=mona&about=bills").json()["lines"]
    assert (one["who"], one["link"]) == ("mona", "/settings?part=reasons")
    assert mona.get(f"{address}&what=access").status_code == 404
    assert mona.get(f"{address}&after=x").status_code == 422
    assert mona.get("/api/v1/audit?to=0001-01-01T00:00:00Z").status_code == 422
    assert mona.get(f"{address}&about=%00").status_code == 422
    csv = mona.get(f"{address}&format=csv")
    assert csv.text.count("\n") == len(found(busy, user=User("m", "manager")).lines) + 1
    book = load_workbook(io.BytesIO(mona.get(f"{address}&format=xlsx").content))
    assert [cell.value for cell in book.active[1]][:3] == ["at", "who", "what"]
    assert mona.post("/api/v1/audit/verify").json()["problems"] == []
    assert {each["source"] for each in mona.get("/api/v1/audit/sources").json()} >= {"exposure"}


def test_the_command_prints_the_same(vigie: Vigie, busy: House) -> None:
    said = vigie("audit", "--from", "2026-11-01", "--to", "2026-11-23", "--who", "olga",
                 "--format", "json")  # fmt: skip
    assert [(row["source"], row["act"]) for row in said.rows] == [
        ("exposure", "set"), ("approvals", "approved"), ("exposure", "revert"),
    ]  # fmt: skip
    assert vigie("audit", "--what", "colours").code == 1


def test_the_page_is_for_who_may_and_whole(busy: House) -> None:
    for name, role in (("vera", "viewer"), ("ada", "admin")):
        entered, known = context.enter(busy), access.enter(User(name, role))  # type: ignore[arg-type]
        try:
            layout = json.dumps(plain(page.layout()), ensure_ascii=False)
        finally:
            access.leave(known)
            context.leave(entered)
        assert ("audit-found" in layout) == (role == "admin")


# --- the chain ----------------------------------------------------------------------------


def test_a_broken_chain_says_since_which_entry(busy: House) -> None:
    service = ExposureService(busy.database)
    whole = service.verify()
    assert (whole.problems, whole.broken) == ((), None)
    with psycopg.connect(busy.database.conninfo) as connection:
        connection.execute("update exposure_audit set why = 'nothing to see' where seq = 2")
    broken = service.verify()
    assert broken.broken is not None
    assert broken.broken.seq == 2
    with i18n.speaking("en"):
        said = json.dumps(plain(chain(broken, NOW, busy.settings.tz)), ensure_ascii=False)
    assert "broken since entry 2 of Nov 22, 14:00" in said
    assert "entry 2 has been altered" in said
