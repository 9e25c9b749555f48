"""The HTML around Dash: language, title, icon and colour scheme before the first paint."""

from __future__ import annotations

from urllib.parse import quote

from app import bundles
from app.components.logo import MARK
from app.i18n import _, language


def document() -> str:
    """The index page in the request's language, with Dash's ``{%…%}`` places left open.

    ``scheme.js`` runs before anything is drawn, so that a dark screen never flashes white, and
    ``style_nonce.js`` before any script that makes a style sheet (:data:`app.bundles.FIRST`).
    """
    needs_script = _("Vigie needs JavaScript to show live values.")
    mark = "data:image/svg+xml," + quote(MARK.format(ink="#235892", light="#f2a900"))
    return f"""<!DOCTYPE html>
<html lang="{language()}">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <meta name="color-scheme" content="light dark">
    <title>Vigie</title>
    <link rel="icon" type="image/svg+xml" href="{mark}">
    <script src="{bundles.address(bundles.FIRST)}"></script>
    {{%css%}}
  </head>
  <body>
    <noscript>{needs_script}</noscript>
    {{%app_entry%}}
    <footer>
      {{%config%}}
      {{%scripts%}}
      {{%renderer%}}
    </footer>
  </body>
</html>"""
