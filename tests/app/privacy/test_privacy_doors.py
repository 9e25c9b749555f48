"""Export and erasure by the command and by the API: complete, rightful, logged."""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import update
from structlog.testing import capture_logs

from app.access.accounts import Accounts
from app.access.schema import sessions
from app.bootstrap import House
from tests.app.conftest import Login
from tests.app.exposure.pressing import post
from tests.app.privacy import canary
from tests.app.privacy.canary import ACCOUNT, MAIL, NUMBER, found
from tests.app.privacy.test_erasure import key
from tests.house import PASSWORD, Vigie
from tests.ingest.telling import NOW

WHO = ("--actor", "ada")


@pytest.fixture
def told_of(house: House) -> House:
    canary.deliver(house)
    canary.leave_in_the_inbox(house)
    return house


def test_an_export_has_all_of_it_and_nothing_of_others(told_of: House, vigie: Vigie) -> None:
    answer = vigie("privacy", "export", f"crm={ACCOUNT}", *WHO, "--format", "json")
    assert answer.code == 0
    told = json.loads(answer.out)
    assert {name: len(rows) for name, rows in told.items()} == {
        "identities": 3, "contacts": 4, "events": 11, "links": 4, "merges": 0, "decisions": 0,
        "callbacks": 0, "accesses": 1, "refused": 5, "waiting": 1, "messages": 0,
    }  # fmt: skip
    assert {one["masked"] for one in told["identities"]} == {
        "+33•••54", "c•••@canary-mail.example", "CA•••77",
    }  # fmt: skip
    assert told["accesses"][0]["actor"] == "ada"
    assert canary.BYSTANDER[3:] not in answer.out


def test_people_can_read_it_too_and_only_who_asked(
    told_of: House, vigie: Vigie, tmp_path: Path
) -> None:
    path = tmp_path / "told.txt"
    before = os.umask(0o022)
    try:
        assert vigie("privacy", "export", f"email={MAIL}", *WHO, "--out", path).code == 0
    finally:
        after = os.umask(before)
    text = path.read_text()
    assert "Données personnelles conservées dans Vigie" in text
    assert "Qui a consulté ce client: 1" in text
    assert path.stat().st_mode & 0o077 == 0
    assert after == 0o022, "what is made next is as open as ever"


def test_erased_by_the_command_after_a_look_at_what_would_go(told_of: House, vigie: Vigie) -> None:
    why = ("--reason", "request of 3 May", *WHO, "--format", "json")
    [planned] = vigie("privacy", "erase", f"phone={NUMBER}", "--dry-run", *why).rows
    [done] = vigie("privacy", "erase", f"phone={NUMBER}", *why).rows
    assert planned == done
    assert done["contacts"] == 4
    assert found(told_of.database) == []
    [logged] = vigie("privacy", "erasures", "--format", "json").rows
    assert (logged["actor"], logged["reason"], logged["contacts"]) == ("ada", "request of 3 May", 4)


def test_who_is_named_wrongly_is_told_how(vigie: Vigie) -> None:
    for words, said, code in (
        (("export", "ada"), "name a customer by key", 2),
        (("erase", "12", "--reason", "asked"), "no customer 12", 1),
    ):
        answer = vigie("privacy", *words)
        assert (answer.code, answer.out) == (code, "")
        assert said in answer.err


def test_retention_says_what_would_go(vigie: Vigie) -> None:
    lines = vigie("privacy", "retention", "--dry-run", "--format", "json").rows
    assert [line["kept"] for line in lines if line["what"] == "contacts"] == ["13 months"]


@pytest.fixture
def adam(house: House, accounts: Accounts) -> None:
    """An admin and a manager."""
    accounts.add("adam", "admin", PASSWORD, NOW)
    accounts.add("maya", "manager", PASSWORD, NOW)


@pytest.mark.usefixtures("adam")
def test_only_an_admin_erases_and_a_manager_exports(told_of: House, log_in: Login) -> None:
    path = f"/api/v1/customers/{key(told_of)}"
    order = {"reason": "request of 3 May"}
    for name, exports, erases in (("otto", 403, 403), ("maya", 200, 403)):
        browser = log_in(name)
        assert browser.get(f"{path}/export").status_code == exports
        assert browser.post(f"{path}/erase", json=order).status_code == erases
    assert found(told_of.database)
    admin = log_in("adam")
    planned = admin.post(f"{path}/erase", json={**order, "dry_run": True})
    assert (planned.status_code, planned.json()["contacts"]) == (200, 4)
    assert admin.post(f"{path}/erase", json={"reason": ""}).status_code == 422
    assert admin.post(f"{path}/erase", json=order).json() == planned.json()
    assert admin.get(f"{path}/export").status_code == 404
    assert found(told_of.database) == []


@pytest.fixture
def careful(house: House) -> None:
    """A house where a proof holds for a quarter of an hour; before the application begins."""
    (house.settings.home / "vigie.toml").write_text("[access]\nproof_minutes = 15\n")


@pytest.mark.usefixtures("careful", "adam")
def test_the_page_takes_out_and_erases_with_a_reason_and_a_fresh_proof(
    told_of: House, log_in: Login
) -> None:
    whom = {"vigie-url.search": f"?customer={key(told_of)}"}
    why = {**whom, "customer-erase-why.value": "request of 3 May"}
    manager, admin = log_in("maya"), log_in("adam")
    taken = post(manager, "customer-export-text.n_clicks", whom).json()["response"]
    assert "Données personnelles conservées" in taken["customer-export"]["data"]["content"]
    coded = post(manager, "customer-export-json.n_clicks", whom).json()["response"]
    file = coded["customer-export"]["data"]
    assert (file["filename"][-5:], len(json.loads(file["content"])["contacts"])) == (".json", 4)
    assert post(manager, "customer-erase.n_clicks", why).status_code == 403
    assert post(admin, "customer-erase.n_clicks", whom).json()["response"].keys() >= {
        "customer-erase-why"
    }
    with told_of.database.engine.begin() as connection:
        long_ago = datetime.now(UTC) - timedelta(minutes=20)
        connection.execute(update(sessions).values(proved_at=long_ago))
    planned = json.dumps(post(admin, "customer-erase-try.n_clicks", why).json(), ensure_ascii=False)
    assert "contacts désormais sans nom" in planned
    for pressed in ("customer-erase", "customer-export-text"):
        refused = post(admin, f"{pressed}.n_clicks", why)
        assert (refused.status_code, refused.json()["type"]) == (403, "/problems/proof-needed")
    assert admin.get(f"/api/v1/customers/{key(told_of)}/export").status_code == 403
    assert found(told_of.database)
    assert admin.post("/proof", json={"proof": PASSWORD}).status_code == 204
    with capture_logs() as said:
        assert "finitivement" in post(admin, "customer-erase.n_clicks", why).text
    [line] = [line for line in said if line["event"] == "customer erased"]
    assert (line["user"], line["contacts"]) == ("adam", 4)
    assert found(told_of.database) == []
    assert "Plus personne" in post(admin, "customer-erase.n_clicks", why).text
