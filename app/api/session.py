"""Logging in and out: ``/login`` and ``/logout``, as pages and forms."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from urllib.parse import parse_qs

import structlog
from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from app.access import User
from app.access.accounts import NAME_CHARS, Accounts
from app.access.attempts import Attempts
from app.access.gate import CSRF_COOKIE, address, refuse_foreign
from app.access.login_page import SLOW_DOWN, WRONG, leave_page, login_page
from app.access.passwords import Checker
from app.access.sessions import LONGEST, Sessions, csrf_token
from app.access.visitors import SESSION_COOKIE
from app.bootstrap import House
from app.context import HouseDep
from app.i18n import spoken

OPEN = ("/login", "/logout")
root_router = APIRouter(include_in_schema=False)
_log = structlog.get_logger("vigie.security")


@root_router.get("/login")
async def form(request: Request) -> Response:
    """The login page."""
    return HTMLResponse(login_page(local_path(request.query_params.get("next"))))


@root_router.post("/login")
async def log_in(request: Request, house: HouseDep) -> Response:
    """A new session for the right password; the page again for a wrong one."""
    refuse_foreign(request)
    told = parse_qs((await request.body()).decode("utf-8", "replace"))
    name, password, next_path = (told.get(key, [""])[0] for key in ("name", "password", "next"))
    # A longer one is nobody's, however long it is: nothing of it is kept.
    name = name[: NAME_CHARS + 1]
    attempts: Attempts = request.app.state.attempts
    now, where = datetime.now(UTC), address(request)
    if wait_s := attempts.wait_s(name.lower(), where, now):
        return _again(next_path, name, 429, spoken(SLOW_DOWN).format(seconds=wait_s), wait_s)
    attempts.begun(name.lower(), where, now)
    user = await _who(house, request.app.state.passwords, name, password)
    if user is None:
        _log.warning("login refused", name=name[:NAME_CHARS], address=where)
        return _again(next_path, name, 401, spoken(WRONG))
    attempts.succeeded(name.lower(), where)
    _log.info("logged in", name=user.name, address=where)
    return await _welcome(request, house, user, local_path(next_path))


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
    if session_id := request.cookies.get(SESSION_COOKIE):
        await asyncio.to_thread(Sessions(house.database.engine).end, session_id)
    answer = RedirectResponse("/login", 303)
    answer.delete_cookie(SESSION_COOKIE)
    answer.delete_cookie(CSRF_COOKIE)
    return answer


def local_path(asked: str | None) -> str:
    """Where to go after the login: a path of ours, never another site."""
    path = asked or "/"
    odd = any(ord(character) < 33 or character == "\\" for character in path)
    return "/" if odd or not path.startswith("/") or path.startswith("//") else path


async def _who(house: House, checker: Checker, name: str, password: str) -> User | None:
    """The user whose password it is; a stranger takes as long."""
    accounts = Accounts(house.database.engine)
    known = await asyncio.to_thread(accounts.credentials, name.replace("\0", ""))
    user, password_hash = known or (None, None)
    return user if await checker.matches(password_hash, password) else None


async def _welcome(request: Request, house: House, user: User, next_path: str) -> Response:
    """A fresh session id, whatever cookie came along (which ends here)."""
    sessions = Sessions(house.database.engine)
    if old := request.cookies.get(SESSION_COOKIE):
        await asyncio.to_thread(sessions.end, old)
    session_id = await asyncio.to_thread(sessions.open, user, datetime.now(UTC))
    answer = RedirectResponse(next_path, 303)
    csrf = csrf_token(house.settings.secret_key, session_id)
    for cookie, value, hidden in ((SESSION_COOKIE, session_id, True), (CSRF_COOKIE, csrf, False)):
        answer.set_cookie(
            cookie, value, max_age=int(LONGEST.total_seconds()), path="/", samesite="lax",
            httponly=hidden, secure=request.url.scheme == "https",
        )  # fmt: skip
    return answer


def _again(next_path: str, name: str, status: int, why: str, wait_s: int = 0) -> Response:
    headers = {"retry-after": str(wait_s)} if wait_s else None
    page = login_page(local_path(next_path), name=name[:NAME_CHARS], complaint=why)
    return HTMLResponse(page, status, headers)
