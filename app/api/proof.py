"""``/proof``: showing once more who one is, before a channel is closed.

``GET`` says what is asked, in the reader's language; ``POST {"proof": …}`` takes the code of who
has a second factor, else the password.  Whoever came by single sign-on alone does so again.
"""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import Literal

from fastapi import APIRouter, Response
from pydantic import BaseModel, ConfigDict, Field
from starlette.requests import Request

from app.access import User, journal
from app.access.accounts import Accounts
from app.access.attempts import Attempts, Counter, at_login, of_codes
from app.access.gate import address
from app.access.guard import Viewer
from app.access.login_page import SLOW_DOWN, WRONG_PASSWORD
from app.access.passwords import LONGEST, NONE
from app.access.second_factor_page import WRONG_CODE
from app.access.sessions import Sessions
from app.access.visitors import session
from app.access.welcome import factors_of
from app.api.session import who
from app.bootstrap import House
from app.context import HouseDep
from app.i18n import _, spoken
from app.problem import problem

root_router = APIRouter(include_in_schema=False)
Kind = Literal["code", "password", "single sign-on"]


class Proof(BaseModel):
    """A code, or the password."""

    model_config = ConfigDict(extra="forbid")

    proof: str = Field(max_length=LONGEST)


@root_router.get("/proof")
async def asked(viewer: Viewer, house: HouseDep) -> dict[str, str]:
    """What is asked of this user, and the words of the dialog that asks it."""
    kind = await asyncio.to_thread(_kind, house, viewer)
    told = {
        "code": (_("The code of your authenticator app, or a recovery code"), ""),
        "password": (_("Your password"), ""),
        "single sign-on": (_("Log in once more to go on."), "/login/oidc?again=1"),
    }
    label, address_ = told[kind]
    return {
        "kind": kind,
        "title": _("Is it still you?"),
        "why": _("Closing a channel touches all customers: show once more who you are."),
        "label": label,
        "address": address_,
        "on": _("Continue"),
        "cancel": _("Cancel"),
    }


@root_router.post("/proof", status_code=204)
async def show(told: Proof, request: Request, viewer: Viewer, house: HouseDep) -> Response:
    """204 and the change may be sent again; 403 for a wrong proof, 429 after too many."""
    session_id, now = session(), datetime.now(UTC)
    attempts: Attempts = request.app.state.attempts
    kind = await asyncio.to_thread(_kind, house, viewer)
    counters: tuple[Counter, ...] = (
        of_codes(viewer.name) if kind == "code" else at_login(viewer.name, address(request))
    )
    if wait_s := await asyncio.to_thread(attempts.begin, counters, now):
        journal.refused("proof slowed down", wait_s=wait_s)
        words = spoken(SLOW_DOWN).format(seconds=wait_s)
        return problem(429, words, headers={"retry-after": str(wait_s)})
    if not await _is_right(request, house, viewer, kind, told.proof):
        journal.refused("proof refused", kind=kind)
        return problem(403, spoken(WRONG_CODE if kind == "code" else WRONG_PASSWORD))
    await asyncio.to_thread(attempts.succeeded, counters)
    await asyncio.to_thread(Sessions(house.database.engine).proved, session_id, now)
    return Response(status_code=204)


async def _is_right(request: Request, house: House, user: User, kind: Kind, told: str) -> bool:
    if kind == "code":
        check = factors_of(house).check
        return await asyncio.to_thread(check, user.name, told, datetime.now(UTC))
    if kind == "password":
        return await who(house, request.app.state.passwords, user.name, told) is not None
    return False


def _kind(house: House, user: User) -> Kind:
    if factors_of(house).stands(user.name):
        return "code"
    known = Accounts(house.database.engine).credentials(user.name)
    return "single sign-on" if known is None or known[1] == NONE else "password"
