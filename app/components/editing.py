"""A form filled with something that there is, to be changed.

Each form declares its own callback, `of_form`, asks there for its right, and answers `filled`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

from dash import Input, Output, no_update
from dash.exceptions import PreventUpdate

from app.errors import NotFound


def of_form(name: str, fields: Sequence[str]) -> list[Input | Output]:
    """What the callback of a form hangs on: its fields, itself, the store ``<name>-edit``."""
    values = [Output(f"{name}-{field}", "value") for field in fields]
    return [*values, Output(f"{name}-form", "open"), Input(f"{name}-edit", "data")]


async def filled(
    asked: object, fields: Sequence[str], values: Callable[[str], Sequence[object]]
) -> tuple[object, ...]:
    """The values of what the store names, in the order of `fields`, and the form open.

    Where it is no longer there (`values` raises NotFound) the form stays as it is.
    """
    wanted = asked.get("name") if isinstance(asked, dict) else None
    if not isinstance(wanted, str):
        raise PreventUpdate
    try:
        return (*await asyncio.to_thread(values, wanted), True)
    except NotFound:
        return (*([no_update] * len(fields)), no_update)
