"""The login page, in French or English."""

from __future__ import annotations

from html import escape
from urllib.parse import quote

from app.i18n import spoken
from app.plain_page import Text, plain_page

TITLE: Text = {"fr": "Connexion", "en": "Log in"}
LEAD: Text = {
    "fr": "Le cockpit omnicanal de votre relation client.",
    "en": "The omnichannel cockpit for your customer relations.",
}
NAME: Text = {"fr": "Identifiant", "en": "User name"}
PASSWORD: Text = {"fr": "Mot de passe", "en": "Password"}
ENTER: Text = {"fr": "Se connecter", "en": "Log in"}
WRONG: Text = {
    "fr": "Identifiant ou mot de passe incorrect.",
    "en": "Wrong user name or password.",
}
WRONG_PASSWORD: Text = {"fr": "Mot de passe incorrect.", "en": "Wrong password."}
SLOW_DOWN: Text = {
    "fr": "Trop d’essais. Réessayez dans {seconds} s.",
    "en": "Too many attempts. Try again in {seconds} s.",
}
CHANGED: Text = {
    "fr": "Votre mot de passe est changé. Connectez-vous avec le nouveau.",
    "en": "Your password is changed. Log in with the new one.",
}
BY_PROVIDER: Text = {"fr": "Se connecter avec {name}", "en": "Log in with {name}"}
LEAVE_TITLE: Text = {"fr": "Déconnexion", "en": "Log out"}
LEAVE: Text = {"fr": "Se déconnecter", "en": "Log out"}


def login_page(
    next_path: str,
    *,
    name: str = "",
    complaint: str | None = None,
    good: str | None = None,
    provider: str | None = None,
) -> str:
    """The form; `complaint` says above it why the last attempt failed, `good` what went well.

    `provider`: who else says who people are, by a button of its own.
    """
    described = ' aria-describedby="why" aria-invalid="true"' if complaint else ""
    focus = ("", " autofocus") if name else (" autofocus", "")
    return plain_page(
        TITLE,
        f"""<p class="lead">{escape(spoken(LEAD))}</p>
<h1>{escape(spoken(TITLE))}</h1>{told(complaint, good)}
<form method="post" action="/login">
<input type="hidden" name="next" value="{escape(next_path)}">
<label for="name">{escape(spoken(NAME))}</label>
<input id="name" name="name" autocomplete="username" autocapitalize="none" spellcheck="false"
  maxlength="64" required value="{escape(name)}"{described}{focus[0]}>
<label for="password">{escape(spoken(PASSWORD))}</label>
<input id="password" name="password" type="password" autocomplete="current-password"
  maxlength="1024" required{described}{focus[1]}>
<button type="submit">{escape(spoken(ENTER))}</button>
</form>{_by(provider, next_path)}""",
    )


def told(complaint: str | None, good: str | None = None) -> str:
    """What went wrong, or well, above a form."""
    if complaint:
        return f'<p class="bad" role="alert" id="why">{escape(complaint)}</p>'
    return f'<p class="good" role="status">{escape(good)}</p>' if good else ""


def _by(provider: str | None, next_path: str) -> str:
    if provider is None:
        return ""
    words = spoken(BY_PROVIDER).format(name=provider)
    address = f"/login/oidc?next={quote(next_path, safe='')}"
    return f'\n<a class="button" href="{escape(address)}">{escape(words)}</a>'


def leave_page() -> str:
    """The button that logs out, for whoever came by an address and not by our menu."""
    return plain_page(
        LEAVE_TITLE,
        f"""<p class="lead"></p><h1>{escape(spoken(LEAVE_TITLE))}</h1>
<form method="post" action="/logout"><button type="submit">{escape(spoken(LEAVE))}</button>
</form>""",
    )
