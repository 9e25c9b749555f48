"""``/login/oidc``: to the provider of single sign-on, and back with what it says.

Who is known by issuer and subject is that user, with the role that the provider gives now.
Whoever is not known yet becomes a user; a name that somebody has already is never taken over:
an administrator links it, `vigie user link`.
"""

from __future__ import annotations

import asyncio
import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from app.access import User, journal
from app.access.accounts import NAME_CHARS, Accounts
from app.access.identities import Identities
from app.access.login_page import login_page
from app.access.options import Provider
from app.access.rights import Role
from app.access.sealing import Broken, seal_note, unseal_note
from app.access.visitors import cookie_named, is_safe
from app.access.welcome import forget, welcome
from app.api.session import local_path
from app.bootstrap import House
from app.context import HouseDep
from app.errors import AppError, Conflict, NotFound
from app.i18n import spoken
from app.plain_page import Text

if TYPE_CHECKING:
    from app.access.single_sign_on import Asserted, SignOn

BEGIN, BACK = "/login/oidc", "/login/oidc/callback"
OPEN = (BEGIN, BACK)
COOKIE = "vigie_sign_on"
_SEALED_FOR = "single sign-on"
root_router = APIRouter(include_in_schema=False)

FAILED: Text = {
    "fr": "La connexion avec {name} n’a pas abouti. Réessayez.",
    "en": "Logging in with {name} did not work. Try again.",
}
AWAY: Text = {
    "fr": "{name} ne répond pas. Réessayez plus tard, ou connectez-vous par mot de passe.",
    "en": "{name} does not answer. Try again later, or log in with a password.",
}
NO_ROLE: Text = {
    "fr": "{name} vous connaît, mais ne vous donne aucun rôle ici : adressez-vous à votre "
    "administrateur.",
    "en": "{name} knows you, but gives you no role here: ask your administrator.",
}
TAKEN: Text = {
    "fr": "Un autre compte porte déjà votre nom : demandez à votre administrateur de le relier.",
    "en": "Another account has your name already: ask your administrator to link it.",
}


class _Refused(AppError):
    """Known to the provider, but not let in."""

    def __init__(self, words: Text, why: str) -> None:
        super().__init__(why)
        self.words = words


@root_router.get(BEGIN)
async def begin(request: Request, house: HouseDep) -> Response:
    """To the provider."""
    from app.access.single_sign_on import LASTS, ProviderAway

    provider, sign_on = _provider(request, house)
    now = datetime.now(UTC)
    next_path = local_path(request.query_params.get("next"))
    back = str(request.url.replace(path=BACK, query="", fragment=""))
    try:
        again = "again" in request.query_params
        url, begun = await sign_on.begin(back, next_path, now, again=again)
    except ProviderAway as error:
        return _sorry(request, provider, AWAY, str(error), 503)
    answer = RedirectResponse(url, 303)
    note = seal_note(house.settings.secret_key, _SEALED_FOR, begun, now + LASTS)
    answer.set_cookie(
        cookie_named(request, COOKIE), note, max_age=int(LASTS.total_seconds()), path="/",
        samesite="lax", httponly=True, secure=is_safe(request),
    )  # fmt: skip
    return answer


@root_router.get(BACK)
async def back(request: Request, house: HouseDep) -> Response:
    """From the provider: in, where all that it says is proven.  The note is good once."""
    from app.access.single_sign_on import TWO_FACTORS, Begun, ProviderAway, SignOnFailed

    provider, sign_on = _provider(request, house)
    now = datetime.now(UTC)
    told = request.cookies.get(cookie_named(request, COOKIE), "")
    try:
        begun = unseal_note(house.settings.secret_key, _SEALED_FOR, told, Begun, now)
        asserted = await sign_on.finish(begun, request.query_params, now)
        user = await asyncio.to_thread(_user, house, provider, asserted, now)
    except (Broken, SignOnFailed) as error:
        return _sorry(request, provider, FAILED, str(error), 401)
    except _Refused as error:
        return _sorry(request, provider, error.words, str(error), 403)
    except ProviderAway as error:
        return _sorry(request, provider, AWAY, str(error), 503)
    request.app.state.visitors.look_again()
    proven = TWO_FACTORS in asserted.values("amr")
    answer = await welcome(
        request, house, user, begun.next_path, "single sign-on", proven=proven,
        proved_at=asserted.proved_at(now),
    )  # fmt: skip
    forget(request, answer, COOKIE)
    return answer


def _provider(request: Request, house: House) -> tuple[Provider, SignOn]:
    """The provider and us there; made once.  Raises NotFound where there is none."""
    from app.access.single_sign_on import SignOn

    provider: Provider | None = request.app.state.access.oidc
    if provider is None:
        raise NotFound("there is no single sign-on here: set [access.oidc] in vigie.toml")
    if not isinstance(sign_on := getattr(request.app.state, "sign_on", None), SignOn):
        sign_on = request.app.state.sign_on = SignOn(provider, house.settings.oidc_secret)
    return provider, sign_on


def _user(house: House, provider: Provider, asserted: Asserted, now: datetime) -> User:
    """The user whom the provider means, with the role that it gives.  Raises _Refused."""
    role = provider.role_of(asserted.values(provider.role_claim))
    if role is None:
        raise _Refused(NO_ROLE, f"no role for the subject {asserted.subject[:120]!r}")
    identities = Identities(house.database.engine)
    name = identities.name_of(asserted.issuer, asserted.subject)
    if name is None:
        return _newcomer(house, provider, asserted, role, now)
    if (user := identities.with_role(name, role)) is None:
        raise _Refused(FAILED, f"«{name}» is disabled")
    return user


def _newcomer(
    house: House, provider: Provider, asserted: Asserted, role: Role, now: datetime
) -> User:
    told = [*asserted.values(provider.name_claim), *asserted.values("email"), asserted.subject]
    name = re.sub(r"[^\w.@+-]+", ".", told[0])[:NAME_CHARS].strip(".").lower() or "user"
    try:
        user = Accounts(house.database.engine).add(name, role, None, now)
    except Conflict as error:
        raise _Refused(TAKEN, f"there is a user «{name}» already, not linked") from error
    Identities(house.database.engine).link(asserted.issuer, asserted.subject, user.name, now)
    journal.noted("user added", name=user.name, role=role, way="single sign-on")
    return user


def _sorry(request: Request, provider: Provider, words: Text, why: str, status: int) -> Response:
    journal.refused("single sign-on refused", reason=why, status=status)
    complaint = spoken(words).format(name=provider.shown)
    page = login_page("/", complaint=complaint, provider=provider.shown)
    answer = HTMLResponse(page, status)
    forget(request, answer, COOKIE)
    return answer
