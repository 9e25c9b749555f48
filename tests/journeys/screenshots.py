"""Pictures of every page of a running demo: three sizes, both languages and themes.

    vigie demo                                        # in another terminal
    python -m tests.journeys.screenshots http://127.0.0.1:8050 PASSWORD [FOLDER]

PASSWORD is the operator's, as the demo prints it.  Sets three switches first, so that the
exposure has something to show.  FOLDER is docs/screenshots unless said otherwise.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import product
from pathlib import Path

from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from app.discovery import pages
from tests.journeys.browser import FLAGS, REMEDY, chromium

PAGES = {page.name: page.path for page in pages()}
#: By width; the narrow ones are taken whole, the first as it stands on the wall.
SIZES = {"1600": (1600, 1000), "1024": (1024, 768), "390": (390, 844)}
LOCALES = {"fr": "fr-FR", "en": "en-GB"}
TWO_FRAMES = "new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn)))"
FOLDER = Path(__file__).parents[2] / "docs" / "screenshots"
SWITCHES = (
    {"channel": "phone", "reason": "billing", "state": "tucked", "minutes": 90,
     "why": "Wait above 6 minutes, two agents absent"},
    {"channel": "video", "segment": "standard", "state": "closed", "minutes": 240,
     "why": "Provider outage"},
    {"channel": "chat", "reason": "delivery", "state": "promoted", "minutes": 60,
     "why": "Spare capacity on chat"},
)  # fmt: skip


def main(arguments: list[str]) -> int:
    """Take the pictures; 2 for wrong use, 1 where there is no browser."""
    if len(arguments) not in (2, 3):
        print(__doc__, file=sys.stderr)
        return 2
    address, password, *folder = arguments
    with sync_playwright() as playwright:
        if (path := chromium(playwright)) is None:
            print(REMEDY, file=sys.stderr)
            return 1
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
        for picture in shoot(browser, address, password, Path(*folder) if folder else FOLDER):
            print(picture)
        browser.close()
    return 0


def shoot(browser: Browser, address: str, password: str, folder: Path) -> Iterator[Path]:
    """Every page × size × language × theme, as ``overview-1600-fr-dark.png``."""
    folder.mkdir(parents=True, exist_ok=True)
    for size, language, scheme in product(SIZES, LOCALES, ("light", "dark")):
        context = _context(browser, address, size, language, scheme)
        _log_in(context, password)
        page = context.new_page()
        for name, path in PAGES.items():
            picture = folder / f"{name}-{size}-{language}-{scheme}.png"
            width, height = SIZES[size]
            page.set_viewport_size({"width": width, "height": height})
            _settle(page, path)
            if size != "1600":
                _unroll(page)
            page.screenshot(path=picture)
            yield picture
        context.close()


def _context(
    browser: Browser, address: str, size: str, language: str, scheme: str
) -> BrowserContext:
    width, height = SIZES[size]
    return browser.new_context(
        viewport={"width": width, "height": height},
        locale=LOCALES[language],
        color_scheme="dark" if scheme == "dark" else "light",
        base_url=address,
        reduced_motion="reduce",
    )


def _log_in(context: BrowserContext, password: str) -> None:
    """As the demo's operator; sets the switches that are not there yet."""
    answer = context.request.post("/login", form={"name": "operator", "password": password})
    if not answer.ok:
        raise SystemExit(f"cannot log in ({answer.status}): give the operator's password")
    token = next(c["value"] for c in context.cookies() if c["name"] == "_csrf_token")
    for switch in SWITCHES:
        minutes = timedelta(minutes=int(str(switch["minutes"])))
        told = {key: value for key, value in switch.items() if key != "minutes"}
        wanted = told | {
            "expires_at": (datetime.now(UTC) + minutes).isoformat(),
            "expected_version": 0,
        }
        context.request.put(
            "/api/v1/exposure/switches", data=wanted, headers={"x-csrftoken": str(token)}
        )


def _unroll(page: Page) -> None:
    """Make the window as high as the page: lists that draw what is in sight draw all."""
    height = int(page.evaluate("document.documentElement.scrollHeight"))
    page.set_viewport_size({"width": int(page.evaluate("innerWidth")), "height": height})
    page.evaluate(TWO_FRAMES)


def _settle(page: Page, path: str) -> None:
    """Open the page and wait until it is live and drawn."""
    page.goto(path)
    page.wait_for_selector('#vigie-connection[data-state="live"]')
    page.wait_for_load_state("networkidle")
    if path == "/":
        page.wait_for_selector("#trend .scatterlayer .trace", state="attached")
        page.wait_for_selector("#queues .ag-row")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
