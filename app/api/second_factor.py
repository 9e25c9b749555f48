"""The second factor, as pages and forms: a code at the login, setting it up, changing it.

Whoever comes here holds a note of :mod:`app.access.welcome`: their password was right, or they
come from their account.  Every code that is tried is counted.
"""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from urllib.parse import parse_qs

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from app.access import User, journal, second_factor
from app.access.accounts import Accounts
from app.access.attempts import Attempts, of_codes
from app.access.gate import refuse_foreign
from app.access.guard import Viewer
from app.access.login_page import SLOW_DOWN, WRONG_PASSWORD
from app.access.passwords import NONE
from app.access.second_factor_page import (
    WRONG_CODE,
    code_page,
    codes_page,
    set_up_page,
    standing_page,
)
from app.access.sessions import Sessions
from app.access.visitors import current
from app.access.welcome import (
    CODE_PATH,
    ENROL_PATH,
    Halfway,
    factors_of,
    halfway,
    let_in,
    wait_at,
)
from app.api.session import who
from app.bootstrap import House
from app.context import HouseDep
from app.i18n import spoken

OPEN = (CODE_PATH, ENROL_PATH)
ACCOUNT = "/account"
root_router = APIRouter(include_in_schema=False)


@root_router.get(CODE_PATH)
async def ask(request: Request, house: HouseDep) -> Response:
    """The page that asks for a code."""
    if await halfway(request, house) is None:
        return RedirectResponse("/login", 303)
    return HTMLResponse(code_page())


@root_router.post(CODE_PATH)
async def show_code(request: Request, house: HouseDep) -> Response:
    """In with the right code; the page again with a wrong one."""
    refuse_foreign(request)
    if (found := await halfway(request, house)) is None:
        return RedirectResponse("/login", 303)
    user, note = found
    code = (await _told(request)).get("code", [""])[0]
    if (refusal := await tried(request, house, user, code)) is not None:
        status, words, wait_s = refusal
        return HTMLResponse(code_page(words), status, _again_after(wait_s))
    answer = RedirectResponse(note.next_path, 303)
    way = "code" if note.way == "password" else note.way
    return await let_in(request, house, answer, user, way)


@root_router.get("/account/second-factor")
async def from_account(request: Request, viewer: Viewer, house: HouseDep) -> Response:
    """From one's account to setting the second factor up, or changing it: not for programs."""
    if (visitor := current()) is None or visitor.session_id is None:
        return RedirectResponse("/login", 303)
    return await wait_at(ENROL_PATH, request, house, viewer, ACCOUNT, "password", again=True)


@root_router.get(ENROL_PATH)
async def set_up(request: Request, house: HouseDep) -> Response:
    """The page that sets it up, or changes it."""
    if (found := await halfway(request, house)) is None:
        return RedirectResponse("/login", 303)
    user, note = found
    if not note.again and await asyncio.to_thread(factors_of(house).stands, user.name):
        return RedirectResponse(CODE_PATH, 303)
    return HTMLResponse(await _page(request, house, *found))


@root_router.post(ENROL_PATH)
async def change(request: Request, house: HouseDep) -> Response:
    """Confirm the first code, make other recovery codes, or remove the second factor."""
    refuse_foreign(request)
    if (found := await halfway(request, house)) is None:
        return RedirectResponse("/login", 303)
    user, note = found
    told = await _told(request)
    code, do = told.get("code", [""])[0], told.get("do", [""])[0]
    factors = factors_of(house)
    if not await asyncio.to_thread(factors.stands, user.name):
        return await _confirm(request, house, user, note, code, told.get("password", [""])[0])
    if not note.again:
        return RedirectResponse(CODE_PATH, 303)
    if (refusal := await tried(request, house, user, code)) is not None:
        return await _refused(request, house, user, note, refusal)
    if do == "remove" and not _required(request, user):
        await asyncio.to_thread(factors.remove, user.name)
        journal.noted("second factor removed", name=user.name)
        return RedirectResponse(note.next_path, 303)
    codes = await asyncio.to_thread(factors.renew_codes, user.name)
    journal.noted("recovery codes renewed", name=user.name)
    return HTMLResponse(codes_page(codes, note.next_path))


#: Status, words and seconds to wait of an attempt that was refused.
Refusal = tuple[int, str, int]


async def tried(request: Request, house: House, user: User, code: str) -> Refusal | None:
    """Try a code of the user: None where it is right."""
    if (refusal := await _slowed_down(request, user)) is not None:
        return refusal
    if not await asyncio.to_thread(factors_of(house).check, user.name, code, datetime.now(UTC)):
        journal.refused("code refused", name=user.name)
        return 401, spoken(WRONG_CODE), 0
    await _succeeded(request, user)
    return None


async def _confirm(
    request: Request, house: House, user: User, note: Halfway, code: str, password: str
) -> Response:
    """From now on codes are asked for; every session before this one ends."""
    if (refusal := await _slowed_down(request, user)) is not None:
        return await _refused(request, house, user, note, refusal)
    if note.again and await _has_password(house, user):
        checker = request.app.state.passwords
        if await who(house, checker, user.name, password) is None:
            journal.refused("second factor refused", name=user.name, reason="wrong password")
            return await _refused(request, house, user, note, (401, spoken(WRONG_PASSWORD), 0))
    now = datetime.now(UTC)
    codes = await asyncio.to_thread(factors_of(house).confirm, user.name, code, now)
    if codes is None:
        journal.refused("code refused", name=user.name)
        return await _refused(request, house, user, note, (401, spoken(WRONG_CODE), 0))
    await _succeeded(request, user)
    journal.noted("second factor set up", name=user.name)
    await asyncio.to_thread(Sessions(house.database.engine).revoke_all, user.name)
    request.app.state.visitors.look_again()
    answer = HTMLResponse(codes_page(codes, note.next_path))
    return await let_in(request, house, answer, user, "code")


async def _refused(
    request: Request, house: House, user: User, note: Halfway, refusal: Refusal
) -> Response:
    status, words, wait_s = refusal
    page = await _page(request, house, user, note, words)
    return HTMLResponse(page, status, _again_after(wait_s))


async def _page(
    request: Request, house: House, user: User, note: Halfway, complaint: str | None = None
) -> str:
    factors = factors_of(house)
    if await asyncio.to_thread(factors.stands, user.name):
        left = await asyncio.to_thread(factors.codes_left, user.name)
        return standing_page(left, complaint, removable=not _required(request, user))
    enrolment = await asyncio.to_thread(factors.begin, user.name, datetime.now(UTC))
    asks = note.again and await _has_password(house, user)
    return set_up_page(enrolment, complaint, password=asks)


async def _slowed_down(request: Request, user: User) -> Refusal | None:
    attempts: Attempts = request.app.state.attempts
    counters = of_codes(user.name)
    if not (wait_s := await asyncio.to_thread(attempts.begin, counters, datetime.now(UTC))):
        return None
    journal.refused("codes slowed down", name=user.name, wait_s=wait_s)
    return 429, spoken(SLOW_DOWN).format(seconds=wait_s), wait_s


async def _succeeded(request: Request, user: User) -> None:
    await asyncio.to_thread(request.app.state.attempts.succeeded, of_codes(user.name))


async def _has_password(house: House, user: User) -> bool:
    accounts = Accounts(house.database.engine)
    known = await asyncio.to_thread(accounts.credentials, user.name)
    return known is not None and known[1] != NONE


def _required(request: Request, user: User) -> bool:
    return request.app.state.access.second_factor == "required" and second_factor.is_for(user)


async def _told(request: Request) -> dict[str, list[str]]:
    return parse_qs((await request.body()).decode("utf-8", "replace"))


def _again_after(wait_s: int) -> dict[str, str] | None:
    return {"retry-after": str(wait_s)} if wait_s else None
