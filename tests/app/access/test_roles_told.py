"""The document about roles has the matrix that is in force."""

from __future__ import annotations

from pathlib import Path

from app.access.rights import MATRIX, MEANING, RIGHTS, ROLES, Right, cuttable
from app.access.scopes import Scope

TOLD = Path(__file__).parents[3] / "docs" / "roles.md"


def row(right: Right) -> str:
    has = ["yes" if right in MATRIX[role] else "" for role in ROLES]
    of_site, of_channel = (
        cuttable(right, scope) for scope in (Scope(sites=("a",)), Scope(channels=("callback",)))
    )
    left = "cut" if of_site else "channels" if of_channel else "no"
    return f"| `{right}`: {MEANING[right]} | {' | '.join(has)} | {left} |"


def test_the_document_has_the_matrix() -> None:
    told = TOLD.read_text("utf-8").split("<!-- matrix -->\n")[1].split("\n<!-- /matrix -->")[0]
    assert told.splitlines()[2:] == [row(right) for right in RIGHTS]
