"""`vigie report` and `GET /api/v1/reports`: whole files or none, plain words where it is wrong."""

from __future__ import annotations

import csv
import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from app.bootstrap import House
from app.errors import AppError, WrongUse
from app.reports.saving import save
from tests.app.conftest import Login
from tests.app.reports.telling import TUESDAY, hours, tell
from tests.house import Vigie

BANK_DAY = "1999-01-05"
BANK_ZONE = ("--zone", "Asia/Jerusalem")
FILES = ("csv", "html", "json", "xlsx")
Daily = tuple[str, ...]
DAILY: Daily = ("report", "daily", "--day", str(TUESDAY), "--zone", "Europe/Paris")

#: What is asked wrongly, and what is answered.
WRONG = [
    (("--day", "soon"), "«soon» is no day: write 2024-01-31"),
    (("--day", "2199-12-31"), "2199-12-31 has not begun yet"),
    (("--day", "9999-12-31"), "9999-12-31 is too far away"),
    (("--zone", "Mars/Base"), "no time zone «Mars/Base»"),
    (("--format", "docx"), "no format «docx»; there are: "),
    (("--format", "../xlsx"), "no format «../xlsx»; there are: "),
    (("--language", "de"), "no language «de»; there are: en, fr"),
    (("--last", "2024-03-14"), "a daily report has no last day"),
    (("--as-of", "2199-01-01"), "as of 2199-01-01 has not come yet"),
    (("--as-of", "2024-03-01"), "as of 2024-03-01 2024-03-12 had not begun"),
    (("--out", "/nowhere/report.xlsx"), "there is no folder /nowhere: create it first"),
    (("--out", "/tmp"), "/tmp is a folder: name a file in it"),
    (("--out", "/dev/null"), "/dev/null is no plain file"),
]


@pytest.fixture
def told(house: House) -> None:
    tell(house, hours(TUESDAY, 8, 18))


@pytest.mark.usefixtures("told")
def test_a_report_is_written_twice_as_the_same_file_and_nothing_is_left_beside_it(
    vigie: Vigie, tmp_path: Path
) -> None:
    folder = tmp_path / "out"
    folder.mkdir()
    for name in ("a", "b"):
        answer = vigie(*DAILY, "--format", "xlsx", "--out", folder / f"{name}.xlsx")
        assert (answer.code, answer.out) == (0, ""), answer.err
    assert sorted(os.listdir(folder)) == ["a.xlsx", "b.xlsx"]
    assert (folder / "a.xlsx").read_bytes() == (folder / "b.xlsx").read_bytes()


def test_wrong_use_is_one_line_and_exit_code_2_and_writes_nothing(
    vigie: Vigie, tmp_path: Path
) -> None:
    out = tmp_path / "report.xlsx"
    for words, said in WRONG:
        answer = vigie(*DAILY, "--format", "xlsx", "--out", out, *words)
        assert (answer.code, answer.out) == (2, ""), words
        assert said in answer.err
        assert answer.err.count("\n") == 1
    assert not out.exists()


def test_the_reports_are_listed(vigie: Vigie) -> None:
    found = vigie("report", "list", "--format", "json").rows
    assert [row["report"] for row in found] == ["daily", "weekly", "monthly", "period"]
    assert all(name in str(found[0]["formats"]) for name in FILES)


def test_a_file_that_cannot_be_written_leaves_the_old_one_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "report.csv"
    save(b"old", out)

    def full(number: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(AppError, match="No space left on device"):
        save(b"new", out)
    assert (out.read_bytes(), os.listdir(tmp_path)) == (b"old", ["report.csv"])


def test_a_link_is_replaced_not_followed(tmp_path: Path) -> None:
    precious, out = tmp_path / "precious", tmp_path / "report.csv"
    precious.write_bytes(b"precious")
    out.symlink_to(precious)
    save(b"report", out)
    assert (precious.read_bytes(), out.read_bytes()) == (b"precious", b"report")
    with pytest.raises(WrongUse, match="there is no folder"):
        save(b"report", tmp_path / "missing" / "report.csv")


def test_the_day_of_the_bank_of_1999_is_what_the_kpis_say(
    vigie: Vigie, shared_data: Callable[[str], Path], tmp_path: Path
) -> None:
    path = shared_data("calls_bank_1999/january.txt")
    lines = path.read_text().splitlines(keepends=True)
    day = tmp_path / "day.txt"
    day.write_text("".join(line for line in lines if "date" in line or "\t990105\t" in line))
    assert vigie("load", "bank-calls-1999", day, "--source", "bank", *BANK_ZONE).code == 0
    daily = ("report", "daily", "--day", BANK_DAY, *BANK_ZONE, "--format", "csv")
    written = vigie(*daily, "--out", tmp_path / "bank.csv")
    assert written.code == 0, written.err
    span = ("--from", BANK_DAY, "--to", "1999-01-06", *BANK_ZONE, "--format", "json")
    [total] = json.loads(vigie("kpis", *span).out)
    assert total["offered"] > 500
    with (tmp_path / "bank.csv").open() as file:
        lines_of_csv = list(csv.DictReader(file))
    for key, value in total.items():
        cells = [
            line["value"] for line in lines_of_csv
            if (line["table"], line["row"], line["key"]) == ("by_hour", "total", key)
        ]  # fmt: skip
        if key not in ("from", "to"):
            assert cells == ["" if value is None else str(value)], key


@pytest.mark.usefixtures("told")
def test_the_api_gives_the_file_that_the_command_writes(
    vigie: Vigie, log_in: Login, tmp_path: Path
) -> None:
    out = tmp_path / "report.xlsx"
    vigie(*DAILY, "--language", "en", "--format", "xlsx", "--out", out)
    asked = f"/api/v1/reports/daily/{TUESDAY}.xlsx?language=en&zone=Europe/Paris"
    answer = log_in("vera").get(asked)
    assert answer.status_code == 200, answer.text
    name = f'attachment; filename="vigie-daily-{TUESDAY}.xlsx"'
    assert answer.headers["content-disposition"] == name
    assert "sandbox" in answer.headers["content-security-policy"]
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.content == out.read_bytes()


def test_the_api_refuses_what_is_wrong_and_whoever_is_unknown(
    log_in: Login, stranger: TestClient
) -> None:
    browser = log_in("vera")
    wanted = {
        f"daily/{TUESDAY}.docx": 404,
        f"yearly/{TUESDAY}.csv": 404,
        "daily/soon.csv": 422,
        f"daily/{TUESDAY}.csv?zone=Mars": 422,
        f"daily/{TUESDAY}.csv?language=de": 422,
        f"daily/{TUESDAY}.csv?as_of=2199-01-01": 422,
        "daily/..%2f..%2fetc%2fpasswd.csv": 404,
        "daily/2024-03-12%0d%0aX-Evil: 1.csv": 422,
    }
    for path, status in wanted.items():
        answer = browser.get(f"/api/v1/reports/{path}")
        assert answer.status_code == status, path
        assert "x-evil" not in answer.headers
    assert stranger.get(f"/api/v1/reports/daily/{TUESDAY}.csv").status_code == 401
    listed = browser.get("/api/v1/reports").json()
    assert [one["report"] for one in listed] == ["daily", "weekly", "monthly", "period"]
