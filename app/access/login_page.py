"""The login page: one HTML document that needs nothing else, in French or English."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape

from app.components.logo import MARK
from app.i18n import language, spoken

Text = Mapping[str, str]

TITLE: Text = {"fr": "Connexion", "en": "Log in"}
LEAD: Text = {
    "fr": "Le cockpit omnicanal de votre relation client.",
    "en": "The omnichannel cockpit of your customer relations.",
}
NAME: Text = {"fr": "Identifiant", "en": "User name"}
PASSWORD: Text = {"fr": "Mot de passe", "en": "Password"}
ENTER: Text = {"fr": "Se connecter", "en": "Log in"}
WRONG: Text = {
    "fr": "Identifiant ou mot de passe incorrect.",
    "en": "Wrong user name or password.",
}
SLOW_DOWN: Text = {
    "fr": "Trop d’essais. Réessayez dans {seconds} s.",
    "en": "Too many attempts. Try again in {seconds} s.",
}
LEAVE_TITLE: Text = {"fr": "Déconnexion", "en": "Log out"}
LEAVE: Text = {"fr": "Se déconnecter", "en": "Log out"}

_STYLE = """
:root { color-scheme: light dark; --ink: #235892; --on-ink: #fff; --ground: #eef2f7;
  --card: #fff; --text: #16202c; --soft: #55616f; --line: #8592a3; --bad: #a4262c;
  --bad-ground: #fdecec; --glow: #f2a900; }
@media (prefers-color-scheme: dark) { :root { --ink: #6a9ad1; --on-ink: #0c1015;
  --ground: #11151c; --card: #1a212b; --text: #e6ebf2; --soft: #a9b4c2; --line: #667284;
  --bad: #ff9d9d; --bad-ground: #3a1d20; } }
* { box-sizing: border-box; }
body { margin: 0; min-height: 100vh; min-height: 100dvh; display: grid; place-items: center;
  padding: 24px 16px; background: var(--ground); color: var(--text);
  font: 16px/1.5 Inter, "Segoe UI", system-ui, -apple-system, "Helvetica Neue", Arial,
    "Liberation Sans", sans-serif; }
main { width: 100%; max-width: 380px; background: var(--card); border-radius: 14px;
  padding: 32px 28px; box-shadow: 0 1px 2px rgb(0 0 0 / 12%), 0 12px 32px rgb(0 0 0 / 10%); }
.brand { display: flex; align-items: center; gap: 12px; }
.brand svg { width: 40px; height: 40px; flex: none; }
.brand span { font-size: 22px; font-weight: 700; letter-spacing: -0.01em; }
.lead { margin: 8px 0 24px; color: var(--soft); font-size: 14px; }
h1 { font-size: 18px; margin: 0 0 16px; }
label { display: block; margin: 0 0 4px; font-size: 14px; font-weight: 600; }
input { width: 100%; margin: 0 0 16px; padding: 10px 12px; font: inherit; color: inherit;
  background: transparent; border: 1px solid var(--line); border-radius: 8px; }
input:focus-visible, button:focus-visible, a:focus-visible { outline: 3px solid var(--ink);
  outline-offset: 2px; }
button { width: 100%; padding: 11px 12px; font: inherit; font-weight: 650; border: 0;
  border-radius: 8px; background: var(--ink); color: var(--on-ink); cursor: pointer; }
button:hover { filter: brightness(1.08); }
.bad { margin: 0 0 16px; padding: 10px 12px; border-radius: 8px; background: var(--bad-ground);
  color: var(--bad); font-size: 14px; font-weight: 600; }
"""
_MARK = MARK.format(ink="var(--ink)", light="var(--glow)")


def login_page(next_path: str, *, name: str = "", complaint: str | None = None) -> str:
    """The form; `complaint` says above it why the last attempt failed."""
    bad = f'<p class="bad" role="alert" id="why">{escape(complaint)}</p>' if complaint else ""
    described = ' aria-describedby="why" aria-invalid="true"' if complaint else ""
    focus = ("", " autofocus") if name else (" autofocus", "")
    return _document(
        TITLE,
        f"""<p class="lead">{escape(spoken(LEAD))}</p>
<h1>{escape(spoken(TITLE))}</h1>{bad}
<form method="post" action="/login">
<input type="hidden" name="next" value="{escape(next_path)}">
<label for="name">{escape(spoken(NAME))}</label>
<input id="name" name="name" autocomplete="username" autocapitalize="none" spellcheck="false"
  maxlength="64" required value="{escape(name)}"{described}{focus[0]}>
<label for="password">{escape(spoken(PASSWORD))}</label>
<input id="password" name="password" type="password" autocomplete="current-password"
  maxlength="1024" required{described}{focus[1]}>
<button type="submit">{escape(spoken(ENTER))}</button>
</form>""",
    )


def leave_page() -> str:
    """The button that logs out, for whoever came by an address and not by our menu."""
    return _document(
        LEAVE_TITLE,
        f"""<p class="lead"></p><h1>{escape(spoken(LEAVE_TITLE))}</h1>
<form method="post" action="/logout"><button type="submit">{escape(spoken(LEAVE))}</button>
</form>""",
    )


def _document(title: Text, content: str) -> str:
    return f"""<!DOCTYPE html>
<html lang="{language()}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>{escape(spoken(title))} – Vigie</title>
<link rel="icon" href="data:,">
<style>{_STYLE}</style>
</head>
<body>
<main>
<div class="brand">{_MARK}<span>Vigie</span></div>
{content}
</main>
</body>
</html>"""
