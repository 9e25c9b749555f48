"""Callbacks of the cockpit: declared where the page is, attached to each Dash application.

``@callback(Output(…), Input(…))`` stands above an ``async def``; heavy work inside goes to
``asyncio.to_thread``, for a callback that blocks stops the live values of every viewer.
``clientside(source, Output(…), Input(…))`` is the browser's twin.  Who may do what is asked
of :func:`app.access.require` inside the callback; its refusal becomes a 403.
"""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable, Set
from contextvars import ContextVar
from functools import wraps
from typing import ParamSpec, TypeVar

import structlog
from dash import Dash
from dash.dependencies import ClientsideFunction, DashDependency
from dash.exceptions import PreventUpdate

from app.errors import AppError

P = ParamSpec("P")
T = TypeVar("T")

Declaration = Callable[[Dash], None]
_declared: list[Declaration] = []
_names: set[str] = set()
#: Where the door (:mod:`app.callback_door`) finds why a callback of its request failed.
failures: ContextVar[list[Exception] | None] = ContextVar("callback_failures", default=None)
_log = structlog.get_logger(__name__)


def callback(
    *dependencies: DashDependency, prevent_initial_call: bool | str = False
) -> Callable[[Callable[P, Awaitable[T]]], Callable[P, Awaitable[T]]]:
    """Declare an ``async def`` as a callback.  Raises TypeError for a plain ``def``."""

    def declare(function: Callable[P, Awaitable[T]]) -> Callable[P, Awaitable[T]]:
        guarded = _reporting(function)

        def attach_to(dash: Dash) -> None:
            dash.callback(*dependencies, prevent_initial_call=prevent_initial_call)(guarded)

        _declare(attach_to, dependencies)
        return function

    return declare


def clientside(
    source: str | ClientsideFunction,
    *dependencies: DashDependency,
    prevent_initial_call: bool | str = False,
) -> None:
    """Declare a callback that runs in the browser."""

    def attach_to(dash: Dash) -> None:
        dash.clientside_callback(source, *dependencies, prevent_initial_call=prevent_initial_call)

    _declare(attach_to, dependencies)


def _declare(attach_to: Declaration, dependencies: tuple[DashDependency, ...]) -> None:
    _declared.append(attach_to)
    _names.update(str(each.component_id) for each in dependencies)


def names() -> Set[str]:
    """The ids of all that a callback looks at or changes."""
    return _names


def attach(dash: Dash) -> None:
    """Give the application every callback declared so far."""
    for attach_to in _declared:
        attach_to(dash)


def _reporting(function: Callable[P, Awaitable[T]]) -> Callable[P, Awaitable[T]]:
    """The callback, leaving word of why it failed: Dash itself only says 500."""
    if not inspect.iscoroutinefunction(function):
        raise TypeError(f"callback {function.__qualname__} must be an «async def»")

    @wraps(function)
    async def reporting(*args: P.args, **kwargs: P.kwargs) -> T:
        try:
            return await function(*args, **kwargs)
        except PreventUpdate:
            raise
        except Exception as error:
            if not isinstance(error, AppError):
                _log.exception("callback failed", callback=function.__qualname__)
            if (noted := failures.get()) is not None:
                noted.append(error)
            raise

    return reporting
