"""Pictures of every page of a running demo, small enough to keep: both themes, phones for some.

    vigie demo                                        # in another terminal
    python -m tests.journeys.screenshots http://127.0.0.1:8050 PASSWORD [FOLDER]

PASSWORD is the administrator's, as the demo prints it.  Sets three switches first, so that the
exposure has something to show.  FOLDER is docs/screenshots unless said otherwise; what lies there
of a page that is no more is removed.
"""

from __future__ import annotations

import sys
from base64 import b64decode
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from app.discovery import pages
from tests.journeys.browser import FLAGS, REMEDY, chromium
from tests.journeys.settling import COUNTING, settle

PAGES = {page.name: page.path for page in pages()}
SIZES = {"1600": (1600, 1000), "390": (390, 844)}
LOCALES = {"fr": "fr-FR", "en": "en-GB"}
#: Size, language, theme; of a phone only the pages that people open on one.
LOOKS = (("1600", "en", "light"), ("1600", "fr", "dark"), ("390", "fr", "light"))
ON_A_PHONE = {"overview", "exposure", "alerts", "channels", "customers"}
#: Of WebP: letters are sharp, and no picture has more than 150 kB.
QUALITY = 82
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
    """Every page in every look, as ``overview-1600-fr-dark.webp``."""
    folder.mkdir(parents=True, exist_ok=True)
    old = {*folder.glob("*.png"), *folder.glob("*.webp")}
    for size, language, scheme in LOOKS:
        context = _context(browser, address, size, language, scheme)
        _log_in(context, password)
        context.add_init_script(COUNTING)
        page = context.new_page()
        for name, path in PAGES.items():
            if size == "390" and name not in ON_A_PHONE:
                continue
            picture = folder / f"{name}-{size}-{language}-{scheme}.webp"
            _settle(page, path, scheme)
            _keep(page, picture)
            old.discard(picture)
            yield picture
        context.close()
    for picture in old:
        picture.unlink()


def _keep(page: Page, picture: Path) -> None:
    """As the browser compresses it: a tenth of a PNG."""
    asked = {"format": "webp", "quality": QUALITY}
    taken = page.context.new_cdp_session(page).send("Page.captureScreenshot", asked)
    picture.write_bytes(b64decode(taken["data"]))


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
    """As the demo's administrator, who has seen the tour; sets the switches that are missing."""
    answer = context.request.post("/login", form={"name": "admin", "password": password})
    if not answer.ok:
        raise SystemExit(f"cannot log in ({answer.status}): give the administrator's password")
    token = next(c["value"] for c in context.cookies() if c["name"] == "_csrf_token")
    headers = {"x-csrftoken": str(token)}
    context.request.put("/api/v1/me/choices/tour", data={"choice": True}, headers=headers)
    for switch in SWITCHES:
        minutes = timedelta(minutes=int(str(switch["minutes"])))
        told = {key: value for key, value in switch.items() if key != "minutes"}
        wanted = told | {
            "expires_at": (datetime.now(UTC) + minutes).isoformat(),
            "expected_version": 0,
        }
        context.request.put("/api/v1/exposure/switches", data=wanted, headers=headers)


def _settle(page: Page, path: str, scheme: str) -> None:
    """Open the page and wait until it is live and drawn."""
    bare = next(one.bare for one in pages() if one.path == path)
    page.goto(f"{path}?theme={scheme}&rotate=0" if bare else path)
    page.wait_for_selector('[data-state="live"]')
    settle(page)
    if path == "/":
        page.wait_for_selector("#queues .ag-row")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
