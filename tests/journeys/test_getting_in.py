"""Getting in, in a real browser: the proof before a closing, and the page of one's account."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import expect
from sqlalchemy import update

from app.access.accounts import Accounts
from app.access.schema import sessions
from app.bootstrap import House
from app.exposure.service import ExposureService
from tests.house import PASSWORD
from tests.journeys.conftest import PHONE, Arrival
from tests.journeys.test_cockpit import serious
from tests.journeys.test_exposure import cell


@pytest.fixture
def careful(house: House) -> None:
    """A house where a proof holds for a quarter of an hour; before it is served."""
    (house.settings.home / "vigie.toml").write_text("[access]\nproof_minutes = 15\n")


def test_a_closing_asks_who_it_is_in_a_dialog_and_then_goes_on(
    careful: None, arrive: Arrival, house: House, accounts: Accounts
) -> None:
    service, otto = ExposureService(house.database), arrive("otto", language="en", size=PHONE)
    page = otto.visit("/exposure")
    long_ago = datetime.now(UTC) - timedelta(minutes=20)
    with house.database.engine.begin() as connection:
        connection.execute(update(sessions).values(proved_at=long_ago))
    cell(page, "chat", "billing").click()
    page.locator("#cell-why").fill("too many")
    page.locator("#cell-closed").click()
    dialog = page.locator("dialog.vg-proof")
    expect(dialog).to_contain_text("Is it still you?")
    expect(dialog.locator("input")).to_be_focused()
    assert serious(page) == []
    dialog.locator("input").fill("not it")
    page.keyboard.press("Enter")
    expect(dialog.get_by_role("alert")).to_contain_text("Wrong", timeout=15_000)
    dialog.locator("input").fill(PASSWORD)
    page.keyboard.press("Enter")
    expect(dialog).to_have_count(0, timeout=15_000)
    expect(page.locator("#cell-answer")).to_contain_text("second person", timeout=15_000)
    (waiting,) = service.pending(datetime.now(UTC))
    assert waiting.by_name == "otto"


def test_one_changes_ones_password_and_logs_in_with_the_new_one(
    arrive: Arrival, accounts: Accounts
) -> None:
    vera = arrive("vera", language="fr")
    page = vera.visit("/account")
    assert serious(page) == []
    page.get_by_label("Mot de passe actuel").fill(PASSWORD)
    for label in ("Nouveau mot de passe", "Nouveau mot de passe, encore une fois"):
        page.get_by_label(label, exact=True).fill("motdepasse")
    page.get_by_role("button", name="Changer le mot de passe").click()
    expect(page.locator("#account-password-said")).to_contain_text("listes de mots de passe volés")
    for label in ("Nouveau mot de passe", "Nouveau mot de passe, encore une fois"):
        page.get_by_label(label, exact=True).fill("sept lampes de l'architecture")
    page.get_by_role("button", name="Changer le mot de passe").click()
    expect(page.locator(".good")).to_contain_text("Votre mot de passe est changé", timeout=15_000)
    assert serious(page) == []
    page.get_by_label("Identifiant").fill("vera")
    page.get_by_label("Mot de passe").fill("sept lampes de l'architecture")
    page.get_by_role("button", name="Se connecter").click()
    page.wait_for_selector("#content h1")
