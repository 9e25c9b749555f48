"""From the right password, or the word of a provider, to a session: with a code between where
one is due.

Between two steps the browser carries a sealed note (`Halfway`): who it is, and where to go.  It
opens nothing by itself, is good for minutes and worthless after another password.
"""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import msgspec
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from app.access import User, journal, second_factor
from app.access.accounts import Accounts, digest
from app.access.gate import CSRF_COOKIE, address
from app.access.sealing import Broken, seal_note, unseal_note
from app.access.second_factor import SecondFactors
from app.access.sessions import LONGEST, Arrival, Sessions, Way, csrf_token
from app.access.visitors import SESSION_COOKIE, cookie_named, is_safe, session_of
from app.bootstrap import House

HALFWAY_COOKIE = "vigie_halfway"
_SEALED_FOR = "halfway"
_LASTS = timedelta(minutes=10)
CODE_PATH, ENROL_PATH = "/login/code", "/login/second-factor"


class Halfway(msgspec.Struct, frozen=True):
    """Somebody whose password was right, or who is logged in and sets up a second factor."""

    name: str
    next_path: str
    way: Way
    #: A digest of the password's hash: another password ends what was begun.
    kept: str
    #: They come from a session, and show their password once more.
    again: bool = False


async def welcome(
    request: Request, house: House, user: User, next_path: str, way: Way,
    *, proven: bool = False, proved_at: datetime | None = None,
) -> Response:  # fmt: skip
    """On with whoever is known: to the code, to setting one up, or in.

    `proven`: the provider of single sign-on asked for a second factor already; `proved_at`: when
    it asked at all.
    """
    factors = factors_of(house)
    stands = await asyncio.to_thread(factors.stands, user.name)
    needed = request.app.state.access.second_factor == "required" and second_factor.is_for(user)
    if proven or not (stands or needed):
        answer: Response = RedirectResponse(next_path, 303)
        return await let_in(request, house, answer, user, way, proved_at)
    path = CODE_PATH if stands else ENROL_PATH
    return await wait_at(path, request, house, user, next_path, way)


async def wait_at(
    path: str, request: Request, house: House, user: User, next_path: str, way: Way,
    *, again: bool = False,
) -> Response:  # fmt: skip
    """To the next step, with the note that says whose it is."""
    kept = await asyncio.to_thread(_kept, house, user.name)
    note = Halfway(user.name, next_path, way, kept or "", again)
    until = datetime.now(UTC) + _LASTS
    answer = RedirectResponse(path, 303)
    answer.set_cookie(
        cookie_named(request, HALFWAY_COOKIE),
        seal_note(house.settings.secret_key, _SEALED_FOR, note, until),
        max_age=int(_LASTS.total_seconds()), path="/", samesite="lax", httponly=True,
        secure=is_safe(request),
    )  # fmt: skip
    return answer


async def halfway(request: Request, house: House) -> tuple[User, Halfway] | None:
    """Who stands between two steps; None for nobody, or too late."""
    told = request.cookies.get(cookie_named(request, HALFWAY_COOKIE), "")
    try:
        key = house.settings.secret_key
        note = unseal_note(key, _SEALED_FOR, told, Halfway, datetime.now(UTC))
    except Broken:
        return None
    known = await asyncio.to_thread(Accounts(house.database.engine).credentials, note.name)
    if known is None or note.kept != digest(known[1]).hex():
        return None
    return known[0], note


async def let_in(
    request: Request, house: House, answer: Response, user: User, way: Way,
    proved_at: datetime | None = None,
) -> Response:  # fmt: skip
    """The answer with a fresh session id, whatever cookie came along (which ends here)."""
    sessions = Sessions(house.database.engine)
    if old := session_of(request):
        await asyncio.to_thread(sessions.end, old)
    browser = request.headers.get("user-agent", "")
    arrival = Arrival(way, address(request), browser, proved_at)
    session_id = await asyncio.to_thread(sessions.open, user, datetime.now(UTC), arrival)
    csrf = csrf_token(house.settings.secret_key, session_id)
    mine = cookie_named(request, SESSION_COOKIE)
    for cookie, value, hidden in ((mine, session_id, True), (CSRF_COOKIE, csrf, False)):
        answer.set_cookie(
            cookie, value, max_age=int(LONGEST.total_seconds()), path="/", samesite="lax",
            httponly=hidden, secure=is_safe(request),
        )  # fmt: skip
    forget(request, answer, HALFWAY_COOKIE)
    journal.noted("logged in", name=user.name, way=way)
    return answer


def forget(request: Request, answer: Response, *names: str) -> None:
    """Have the browser forget the cookies it has of these."""
    for name in names:
        if (cookie := cookie_named(request, name)) in request.cookies:
            answer.delete_cookie(cookie, secure=is_safe(request), httponly=True, samesite="lax")


def factors_of(house: House) -> SecondFactors:
    """The second factors of this house."""
    return SecondFactors(house.database.engine, house.settings.secret_key)


def _kept(house: House, name: str) -> str | None:
    known = Accounts(house.database.engine).credentials(name)
    return None if known is None else digest(known[1]).hex()
