"""What an operator does on the page of the button."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.journeys.conftest import Arrival
from tests.journeys.test_cockpit import choose


def test_the_button_is_tried_and_its_snippets_and_code_follow_the_settings(
    arrive: Arrival,
) -> None:
    person = arrive("vera", "en")
    page = person.visit("/button")
    texts = page.locator("#button-snippets pre")
    expect(texts.first).to_contain_text(f'<script async src="{person.address}/hub/button.js"')
    choose(page, "button-surface", "Mobile app")
    choose(page, "button-open", "After 20 seconds of hesitation")
    expect(texts.first).to_contain_text('data-surface="app"')
    expect(texts.first).to_contain_text('data-open-after="20"')
    page.fill("#button-hub", "contact.example.com")
    expect(page.get_by_text("Write it like https://contact.example.com")).to_be_visible()
    page.fill("#button-hub", "https://contact.example.com/")
    expect(texts.nth(1)).to_have_text("https://contact.example.com/hub/page?surface=app")
    code = page.get_by_role("img", name="QR code of the page")
    assert code.evaluate("(it) => it.decode().then(() => it.naturalWidth > 0)")
    expect(page.get_by_role("link", name="30 mm")).to_have_attribute(
        "download", "vigie-qr-30mm.svg"
    )
    shop = page.frame_locator("#button-frame")
    shop.get_by_role("button", name="Need help?").click()
    expect(shop.get_by_role("dialog", name="Contact us")).to_be_visible()
    assert person.complaints == []
