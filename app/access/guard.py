"""What FastAPI handlers ask for: ``def change(user: Operator) -> …``."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends

from app.access import User, require


async def viewer() -> User:
    """Whoever is logged in."""
    return require("viewer")


async def operator() -> User:
    """An operator; anybody else gets 403."""
    return require("operator")


Viewer = Annotated[User, Depends(viewer)]
Operator = Annotated[User, Depends(operator)]
