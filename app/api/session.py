"""Logging in and out: ``/login`` and ``/logout``, as pages and forms."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from urllib.parse import parse_qs

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from app.access import User, journal
from app.access.accounts import NAME_CHARS, Accounts
from app.access.attempts import Attempts, at_login
from app.access.gate import CSRF_COOKIE, address, refuse_foreign
from app.access.login_page import CHANGED, SLOW_DOWN, WRONG, leave_page, login_page
from app.access.passwords import Checker, outdated
from app.access.sessions import Sessions
from app.access.visitors import SESSION_COOKIE, cookie_named, is_safe, session_of
from app.access.welcome import HALFWAY_COOKIE, forget, welcome
from app.bootstrap import House
from app.context import HouseDep
from app.i18n import spoken

OPEN = ("/login", "/logout")
root_router = APIRouter(include_in_schema=False)


@root_router.get("/login")
async def form(request: Request) -> Response:
    """The login page."""
    changed = spoken(CHANGED) if "changed" in request.query_params else None
    next_path = local_path(request.query_params.get("next"))
    provider = request.app.state.access.oidc
    return HTMLResponse(login_page(next_path, provider=provider and provider.shown, good=changed))


@root_router.post("/login")
async def log_in(request: Request, house: HouseDep) -> Response:
    """A new session for the right password; the page again for a wrong one."""
    refuse_foreign(request)
    told = parse_qs((await request.body()).decode("utf-8", "replace"))
    name, password, next_path = (told.get(key, [""])[0] for key in ("name", "password", "next"))
    # A longer one is nobody's, however long it is: nothing of it is kept.
    name = name[: NAME_CHARS + 1]
    attempts: Attempts = request.app.state.attempts
    counters = at_login(name.lower(), address(request))
    if wait_s := await asyncio.to_thread(attempts.begin, counters, datetime.now(UTC)):
        journal.refused("login slowed down", name=name[:NAME_CHARS], wait_s=wait_s)
        words = spoken(SLOW_DOWN).format(seconds=wait_s)
        return _again(request, next_path, name, 429, words, wait_s)
    user = await who(house, request.app.state.passwords, name, password)
    if user is None:
        journal.refused("login refused", name=name[:NAME_CHARS])
        return _again(request, next_path, name, 401, spoken(WRONG))
    await asyncio.to_thread(attempts.succeeded, counters)
    return await welcome(request, house, user, local_path(next_path), "password")


@root_router.get("/logout")
async def leave(request: Request, house: HouseDep) -> Response:
    """Log out at once where our own page leads here, else ask."""
    if request.headers.get("sec-fetch-site") == "same-origin":
        return await log_out(request, house)
    return HTMLResponse(leave_page())


@root_router.post("/logout")
async def log_out(request: Request, house: HouseDep) -> Response:
    """End the session, on the server too."""
    refuse_foreign(request)
    if session_id := session_of(request):
        await asyncio.to_thread(Sessions(house.database.engine).end, session_id)
        request.app.state.visitors.look_again()
    answer = RedirectResponse("/login", 303)
    answer.delete_cookie(cookie_named(request, SESSION_COOKIE), secure=is_safe(request))
    answer.delete_cookie(CSRF_COOKIE, secure=is_safe(request))
    forget(request, answer, HALFWAY_COOKIE)
    return answer


def local_path(asked: str | None) -> str:
    """Where to go after the login: a path of ours, never another site."""
    path = asked or "/"
    odd = any(ord(character) < 33 or character == "\\" for character in path)
    return "/" if odd or not path.startswith("/") or path.startswith("//") else path


async def who(house: House, checker: Checker, name: str, password: str) -> User | None:
    """The user whose password it is; a stranger takes as long.

    A hash of cheaper days is replaced on the way.
    """
    accounts = Accounts(house.database.engine)
    known = await asyncio.to_thread(accounts.credentials, name.replace("\0", ""))
    user, password_hash = known or (None, None)
    if not await checker.matches(password_hash, password):
        return None
    if user is not None and password_hash is not None and outdated(password_hash):
        await asyncio.to_thread(accounts.rehash, user.name, password_hash, password)
    return user


def _again(
    request: Request, next_path: str, name: str, status: int, why: str, wait_s: int = 0
) -> Response:
    headers = {"retry-after": str(wait_s)} if wait_s else None
    provider = request.app.state.access.oidc
    page = login_page(
        local_path(next_path), name=name[:NAME_CHARS], complaint=why,
        provider=provider and provider.shown,
    )  # fmt: skip
    return HTMLResponse(page, status, headers)
