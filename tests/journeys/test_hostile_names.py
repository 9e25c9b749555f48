"""Stored scripts do not run: every page in a real browser, with hostile words in every field."""

from __future__ import annotations

from datetime import UTC, datetime
from urllib.parse import urlsplit

from playwright.sync_api import Page
from structlog.testing import capture_logs

from app.access.accounts import Accounts
from app.bootstrap import House
from app.discovery import Page as OurPage
from app.discovery import pages
from tests.house import PASSWORD
from tests.journeys.conftest import Arrival, Person
from tests.journeys.hostile_names import MARKUP, fill

#: On so many pages at least the words are seen, as words.
SEEN_ON = 8
SHOWN = MARKUP[-20:]
#: What the page asks for, to know when it has all of it.
COUNTING = """
window.vigie_asked = { open: 0, at: 0 };
const sent = window.fetch;
window.fetch = (...told) => {
  vigie_asked.open += 1;
  return sent(...told).finally(() => {
    vigie_asked.open -= 1;
    vigie_asked.at = performance.now();
  });
};
"""


def test_no_stored_script_runs_on_any_page(
    arrive: Arrival, house: House, accounts: Accounts
) -> None:
    now = datetime.now(UTC)
    accounts.add("ada", "admin", PASSWORD, now)
    fill(house, now)
    ada, ran, seen = arrive("ada", language="en"), list[str](), list[str]()
    ada.page.expose_function("pwned", lambda: ran.append(ada.page.url))
    ada.page.add_init_script(COUNTING)
    ada.page.on("dialog", lambda dialog: ran.append(dialog.message))
    with capture_logs() as lines:
        for page in pages():
            look_at(ada, page)
            if SHOWN in (ada.page.text_content("body") or ""):
                seen.append(page.path)
            tempt(ada.page)
        reports = [line for line in lines if line["event"] == "policy violated"]
        assert (ran, reports) == ([], [])
        assert len(seen) >= SEEN_ON, seen
        with ada.page.expect_request(lambda asked: urlsplit(asked.url).path == "/csp-reports"):
            ada.page.evaluate("markup => document.body.insertAdjacentHTML('beforeend', markup)",
                              MARKUP)  # fmt: skip
        ada.page.evaluate("fetch('/healthz')")  # the report has been taken before the next answer
    assert ran == [], "even where markup gets into a page, the policy keeps it from running"


def look_at(ada: Person, page: OurPage) -> None:
    """Open it as people do: by the navigation where it is there."""
    link = ada.page.query_selector(f'a.vg-nav[href="{page.path}"]:not([target])')
    if link is not None:
        link.evaluate("link => link.click()")
        ada.page.wait_for_url(f"**{page.path}")
    else:
        ada.page.goto(ada.address + page.path)
    ada.page.wait_for_selector("h1", state="attached")
    ada.page.wait_for_function(
        "() => vigie_asked.open === 0 && performance.now() > vigie_asked.at + 150"
    )


def tempt(page: Page) -> None:
    """Follow no link that is a script, and have the pointer over what stands there."""
    scripts = "[...document.querySelectorAll('a[href], form[action], iframe[src]')].filter("
    scripts += "e => /^\\s*javascript:/i.test(e.href || e.action || e.src)).length"
    assert page.evaluate(scripts) == 0, page.url
