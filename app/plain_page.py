"""Pages without Dash: one HTML document that needs nothing else, on a phone and in the dark too."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape

from app.components.logo import MARK
from app.i18n import language, spoken
from app.policy import nonce

#: A text by language.
Text = Mapping[str, str]

MISSING: Text = {"fr": "Cette page n’existe pas", "en": "There is no such page"}
BACK: Text = {"fr": "Retour à la vue d’ensemble", "en": "Back to the overview"}

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
a { color: var(--ink); }
input:focus-visible, button:focus-visible, a:focus-visible { outline: 3px solid var(--ink);
  outline-offset: 2px; }
button { width: 100%; padding: 11px 12px; font: inherit; font-weight: 650; border: 0;
  border-radius: 8px; background: var(--ink); color: var(--on-ink); cursor: pointer; }
button:hover { filter: brightness(1.08); }
.button { display: block; margin: 12px 0 0; padding: 10px 12px; border-radius: 8px;
  border: 1px solid var(--line); text-align: center; font-weight: 650; text-decoration: none; }
button.second { margin: 12px 0 0; background: transparent; color: var(--ink);
  border: 1px solid var(--line); }
.code { font: 18px/1.6 ui-monospace, "SF Mono", Menlo, monospace; letter-spacing: 0.08em; }
.codes { margin: 0 0 16px; padding: 12px 12px 12px 40px; border: 1px solid var(--line);
  border-radius: 8px; font: 15px/1.7 ui-monospace, "SF Mono", Menlo, monospace; }
.qr { display: block; width: 208px; height: 208px; margin: 0 auto 16px; padding: 8px;
  background: #fff; border-radius: 8px; }
.secret { overflow-wrap: anywhere; font: 15px/1.6 ui-monospace, "SF Mono", Menlo, monospace; }
.good { margin: 0 0 16px; padding: 10px 12px; border-radius: 8px; font-size: 14px;
  font-weight: 600; background: var(--ground); border: 1px solid var(--line); }
.bad { margin: 0 0 16px; padding: 10px 12px; border-radius: 8px; background: var(--bad-ground);
  color: var(--bad); font-size: 14px; font-weight: 600; }
"""
_MARK = MARK.format(ink="var(--ink)", light="var(--glow)")


def plain_page(title: Text, content: str) -> str:
    """The document around a `content` of HTML."""
    return f"""<!DOCTYPE html>
<html lang="{language()}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>{escape(spoken(title))} – Vigie</title>
<link rel="icon" href="data:,">
<style nonce="{nonce()}">{_STYLE}</style>
</head>
<body>
<main>
<div class="brand">{_MARK}<span>Vigie</span></div>
{content}
</main>
</body>
</html>"""


def missing_page() -> str:
    """What a person gets for a path that is not there."""
    return plain_page(
        MISSING,
        f"""<p class="lead">404</p><h1>{escape(spoken(MISSING))}</h1>
<a href="/">{escape(spoken(BACK))}</a>""",
    )
