"""The colours of reports; each also stands beside its name, so nothing hangs on them alone."""

from __future__ import annotations

INK = "#17324d"
#: Of what became of the offered: answered, abandoned, flowed out, deflected, still open.
PARTS = ("#2f6db3", "#d1495b", "#e0a43b", "#5aa5a5", "#a8b3bf")
STATES = {"good": "#1b7f4d", "near": "#9a6700", "bad": "#b42318"}
