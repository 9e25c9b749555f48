"""The omnichannel button in `vigie serve`: its script, its pages, its QR code and its menu."""

from __future__ import annotations

from fastapi import APIRouter

from app.answers import answers
from app.button.routes import MENU, Menu, drawing, menu, routes

#: Customers have no login here.
OPEN = ("/hub/", MENU)
root_router = APIRouter(routes=routes())
router = APIRouter(tags=["hub"], lifespan=drawing)
router.add_api_route(
    MENU.removeprefix("/api/v1"),
    menu,
    methods=["GET"],
    summary="The reasons that a visitor can choose from, in ?language=fr or en",
    responses=answers(Menu),
)
