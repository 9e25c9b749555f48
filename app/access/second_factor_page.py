"""The pages of the second factor, in French or English: asking for a code, setting one up."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

import segno

from app.access.login_page import PASSWORD, told
from app.access.second_factor import Enrolment
from app.i18n import spoken
from app.plain_page import Text, plain_page

ASK_TITLE: Text = {"fr": "Code de vérification", "en": "Verification code"}
ASK: Text = {
    "fr": "Ouvrez votre application d’authentification et saisissez le code à six chiffres, ou "
    "l’un de vos codes de secours.",
    "en": "Open your authenticator app and enter the six-digit code, or one of your recovery "
    "codes.",
}
CODE: Text = {"fr": "Code", "en": "Code"}
ON: Text = {"fr": "Continuer", "en": "Continue"}
OTHER: Text = {"fr": "Se connecter autrement", "en": "Log in another way"}
SET_UP_TITLE: Text = {"fr": "Second facteur", "en": "Second factor"}
SET_UP: Text = {
    "fr": "Fermer un canal touche tous vos clients : un code de votre téléphone protège ce "
    "droit. Scannez ce carré avec une application d’authentification, puis saisissez le code "
    "qu’elle affiche.",
    "en": "Closing a channel touches all your customers: a code from your phone protects that "
    "right. Scan this square with an authenticator app, then enter the code that it shows.",
}
BY_HAND: Text = {
    "fr": "Sans caméra, saisissez cette clé :",
    "en": "Without a camera, type this key:",
}
SQUARE: Text = {
    "fr": "Code QR à scanner ; la clé à saisir est dessous",
    "en": "QR code to scan; the key to type is below",
}
STANDS: Text = {
    "fr": "Votre second facteur est en place ; codes de secours restants : {left}. Saisissez un "
    "code pour le changer.",
    "en": "Your second factor is in place; recovery codes left: {left}. Enter a code to change it.",
}
RENEW: Text = {"fr": "Nouveaux codes de secours", "en": "New recovery codes"}
REMOVE: Text = {"fr": "Retirer le second facteur", "en": "Remove the second factor"}
CODES_TITLE: Text = {"fr": "Codes de secours", "en": "Recovery codes"}
CODES: Text = {
    "fr": "Chacun ouvre une fois, sans téléphone. Rangez-les en lieu sûr : ils ne seront plus "
    "montrés.",
    "en": "Each opens once, without the phone. Keep them in a safe place: they are not shown "
    "again.",
}
WRONG_CODE: Text = {
    "fr": "Ce code n’est pas valable. Attendez le suivant, et vérifiez l’heure du téléphone.",
    "en": "This code is not valid. Wait for the next one, and check the phone's clock.",
}
BACK: Text = {"fr": "Retour", "en": "Back"}


def code_page(complaint: str | None = None) -> str:
    """Ask for a code, between the password and the session."""
    return plain_page(
        ASK_TITLE,
        f"""<p class="lead">{escape(spoken(ASK))}</p>
<h1>{escape(spoken(ASK_TITLE))}</h1>{told(complaint)}
<form method="post" action="/login/code">{_field(complaint)}
<button type="submit">{escape(spoken(ON))}</button></form>
<a class="button" href="/login">{escape(spoken(OTHER))}</a>""",
    )


def set_up_page(
    enrolment: Enrolment, complaint: str | None = None, *, password: bool = False
) -> str:
    """Show the secret once, as a square and as letters, and ask for the first code.

    `password`: also the password, of who comes from a session that may be another's.
    """
    square = segno.make(enrolment.address, error="m").svg_inline(
        border=0, omitsize=True, svgclass=None, lineclass=None
    )
    return plain_page(
        SET_UP_TITLE,
        f"""<p class="lead">{escape(spoken(SET_UP))}</p>
<h1>{escape(spoken(SET_UP_TITLE))}</h1>{told(complaint)}
<div class="qr" role="img" aria-label="{escape(spoken(SQUARE))}">{square}</div>
<p class="lead">{escape(spoken(BY_HAND))} <span class="secret">{enrolment.secret}</span></p>
<form method="post" action="/login/second-factor">{_password() if password else ""}
{_field(complaint, first=not password)}
<button type="submit" name="do" value="confirm">{escape(spoken(ON))}</button>
</form>{_back() if password else ""}""",
    )


def standing_page(left: int, complaint: str | None = None, *, removable: bool = True) -> str:
    """What stands, and how to change it with a code."""
    remove = f"""<button class="second" type="submit" name="do" value="remove">
{escape(spoken(REMOVE))}</button>"""
    return plain_page(
        SET_UP_TITLE,
        f"""<p class="lead">{escape(spoken(STANDS).format(left=left))}</p>
<h1>{escape(spoken(SET_UP_TITLE))}</h1>{told(complaint)}
<form method="post" action="/login/second-factor">{_field(complaint)}
<button type="submit" name="do" value="renew">{escape(spoken(RENEW))}</button>
{remove if removable else ""}</form>{_back()}""",
    )


def codes_page(codes: Sequence[str], next_path: str) -> str:
    """The recovery codes, this once."""
    items = "".join(f"<li>{escape(code)}</li>" for code in codes)
    return plain_page(
        CODES_TITLE,
        f"""<p class="lead">{escape(spoken(CODES))}</p><h1>{escape(spoken(CODES_TITLE))}</h1>
<ol class="codes">{items}</ol>
<a class="button" href="{escape(next_path)}">{escape(spoken(ON))}</a>""",
    )


def _field(complaint: str | None, *, first: bool = True) -> str:
    described = ' aria-describedby="why" aria-invalid="true"' if complaint else ""
    return f"""<label for="code">{escape(spoken(CODE))}</label>
<input class="code" id="code" name="code" autocomplete="one-time-code" autocapitalize="none"
  spellcheck="false" maxlength="40" required{" autofocus" if first else ""}{described}>"""


def _password() -> str:
    return f"""<label for="password">{escape(spoken(PASSWORD))}</label>
<input id="password" name="password" type="password" autocomplete="current-password"
  maxlength="1024" required autofocus>"""


def _back() -> str:
    return f'<a class="button" href="/account">{escape(spoken(BACK))}</a>'
