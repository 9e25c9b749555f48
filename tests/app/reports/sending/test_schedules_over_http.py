"""Schedules and the archive by address and by command: written, sent, had again, refused."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import text

from app.access.accounts import Accounts
from app.bootstrap import House
from app.reports.sending.book import ReportBook
from app.reports.sending.model import Schedule
from tests.app.conftest import Login
from tests.app.reports.sending.conftest import MAY, SEVEN, writer
from tests.house import PASSWORD, Vigie

AT = "/api/v1/reports"
BODY = {"recipients": ["ada@example.com"], "formats": ["csv"], "days": [1, 2, 3, 4, 5]}


@pytest.fixture
def allowed(monkeypatch: pytest.MonkeyPatch, house: House) -> None:
    monkeypatch.setenv("VIGIE_MAIL_DOMAINS", "example.com")
    object.__setattr__(house.settings, "mail_domains", "example.com")


@pytest.fixture
def mona(accounts: Accounts) -> str:
    """Somebody who may set reports."""
    accounts.add("mona", "manager", PASSWORD, datetime.now(UTC))
    return "mona"


@pytest.mark.usefixtures("allowed")
def test_a_schedule_is_written_switched_and_taken_away_over_http(log_in: Login, mona: str) -> None:
    manager = log_in(mona)
    written = manager.put(f"{AT}/schedules/board", json=BODY)
    assert (written.status_code, written.json()["version"]) == (200, 1), written.text
    assert datetime.fromisoformat(written.json()["next_at"]) > datetime.now(UTC)
    wrong = {
        "recipients": ["eve@elsewhere.com"], "formats": ["docx"], "days": [9], "time": "7",
        "zone": "Mars", "report": "period", "sites": ["a\nb"], "month_day": 40,
    }  # fmt: skip
    for name, value in wrong.items():
        refused = manager.put(f"{AT}/schedules/board", json=BODY | {name: value})
        assert refused.status_code == 422, (name, refused.text)
    off = manager.put(f"{AT}/schedules/board/switch", json={"enabled": False})
    assert (off.json()["enabled"], off.json()["next_at"]) == (False, None)
    assert [each["name"] for each in manager.get(f"{AT}/schedules").json()] == ["board"]
    assert manager.delete(f"{AT}/schedules/board").status_code == 204
    assert manager.get(f"{AT}/schedules/board").status_code == 404
    history = manager.get(f"{AT}/schedules/board/history").json()
    assert [(each["act"], each["by"]) for each in history] == [
        ("removed", "mona"), ("off", "mona"), ("kept", "mona"),
    ]  # fmt: skip


@pytest.mark.usefixtures("allowed")
def test_who_may_not_set_reports_reads_them_and_changes_nothing(log_in: Login, mona: str) -> None:
    log_in(mona).put(f"{AT}/schedules/board", json=BODY)
    for name in ("vera", "otto"):
        other = log_in(name)
        assert other.get(f"{AT}/schedules/board").status_code == 200
        assert other.put(f"{AT}/schedules/board", json=BODY).status_code == 403
        assert other.put(f"{AT}/schedules/board/switch", json={"enabled": False}).status_code == 403
        assert other.delete(f"{AT}/schedules/board").status_code == 403
        assert other.post(f"{AT}/archive/1/send", json={}).status_code == 403
    assert log_in(mona).get(f"{AT}/schedules/board").json()["version"] == 1


def test_only_who_sets_reports_is_told_to_whom_they_go(
    house: House, board: Schedule, log_in: Login, mona: str
) -> None:
    writer(house).turn(SEVEN)
    with house.database.engine.begin() as connection:
        refusal = text("update report_letters set error = '550 <ada@example.com> is unknown'")
        connection.execute(refusal)
    asked = [f"{AT}/schedules", f"{AT}/schedules/board", f"{AT}/schedules/board/history",
             f"{AT}/archive", f"{AT}/archive?schedule=board"]  # fmt: skip
    manager = log_in(mona)
    for at in [*asked, "/api/v1/audit?what=reports"]:
        assert manager.get(at).status_code == 200
    assert all("ada@example.com" in manager.get(at).text for at in asked)
    for name in ("vera", "otto"):
        other = log_in(name)
        told = "".join(other.get(at).text for at in [*asked, "/api/v1/audit"])
        assert "example.com" not in told
        schedule = other.get(f"{AT}/schedules/board").json()["schedule"]
        assert schedule["recipients"] == ["#1", "#2"]
        [sent] = other.get(f"{AT}/archive").json()
        assert [letter["recipient"] for letter in sent["letters"]] == ["#1", "#2"]
        assert other.get(f"{AT}/archive/{sent['id']}/csv").status_code == 200


def test_a_file_of_the_archive_is_had_as_it_was_sent(
    house: House, board: Schedule, book: ReportBook, log_in: Login, mona: str
) -> None:
    writer(house).turn(SEVEN)
    manager = log_in(mona)
    [sent] = manager.get(f"{AT}/archive").json()
    assert (sent["schedule"], sent["first"], sent["state"]) == ("board", "2024-03-12", "written")
    assert [letter["state"] for letter in sent["letters"]] == ["waiting", "waiting"]
    file = manager.get(f"{AT}/archive/{sent['id']}/csv")
    assert file.content == book.file(sent["id"], "csv").content
    name = 'attachment; filename="vigie-daily-2024-03-12.csv"'
    assert file.headers["content-disposition"] == name
    assert "sandbox" in file.headers["content-security-policy"]
    assert manager.get(f"{AT}/archive/{sent['id']}/pdf").status_code == 404
    assert manager.get(f"{AT}/archive/99/csv").status_code == 404
    busy = manager.post(f"{AT}/archive/{sent['id']}/send", json={})
    assert (busy.status_code, "on its way" in busy.text) == (409, True)


@pytest.mark.usefixtures("allowed")
def test_the_command_writes_schedules_and_hands_out_the_archive(
    house: House, book: ReportBook, vigie: Vigie, tmp_path: Path
) -> None:
    add = ("report", "schedules", "add", "board", "--to", "ada@example.com", "--file", "csv")
    added = vigie(
        *add, "--days", "mon-fri", "--channel", "phone", "--format", "json", "--actor", "m"
    )
    [row] = added.rows
    assert (row["name"], row["version"]) == ("board", 1)
    assert vigie(*add, "--days", "3").code == 0
    refused = vigie(*add, "--to", "eve@elsewhere.com")
    assert (refused.code, "allowed domains are example.com" in refused.err) == (2, True)
    assert vigie(*add, "--days", "someday").code == 2
    assert vigie("report", "schedules", "off", "wall").code == 1
    assert vigie("report", "schedules", "off", "board").code == 0
    history = vigie("report", "schedules", "history", "board", "--format", "json").rows
    assert [each["act"] for each in history] == ["off", "kept", "kept"]
    past = Schedule(
        name="past", zone="Europe/Paris", language="fr", formats=("csv",),
        recipients=("ada@example.com",), days=(3,),
    )  # fmt: skip
    book.save(past, MAY, SEVEN - timedelta(hours=1))
    writer(house).turn(SEVEN)
    [sent] = vigie("report", "archive", "list", "past", "--format", "json").rows
    out = tmp_path / "past.csv"
    assert vigie("report", "archive", "get", sent["id"], "--file", "csv", "--out", out).code == 0
    assert out.read_bytes() == book.file(int(str(sent["id"])), "csv").content
    assert vigie("report", "archive", "resend", sent["id"]).code == 1
