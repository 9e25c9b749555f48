"""Finding pages and API resources: one file each, no list to edit.

A page is a module of ``app/pages/`` with ``PATH``, ``TITLE`` (message id), ``ORDER``,
``ICON`` (a name of ``app.components.icons``; the dot where there is none) and ``layout()``.
One with ``BARE`` (names of scripts) has neither frame nor Dash: :mod:`app.bare`; one with
``BADGE`` (a live cell) shows that count beside its name.  One with ``PAST`` shows a past moment
as it was; that (message id, may be empty) says what of it cannot be told.  ``ACTIONS``
(:class:`app.palette.Action`) are what the command palette can do on it.  One with ``RIGHT``
is in the navigation of those who have it, one with ``LISTED = False`` of nobody; one with
``LIBRARIES`` needs those (:mod:`app.libraries`) for its first picture; one with
``instead(path)`` is shown in the place of another page where that says so.
A resource is a module of ``app/api/`` with ``router`` (mounted below ``/api/v1``),
``root_router`` (mounted at ``/``) or both.  ``OPEN`` lists the paths that need no session (a
prefix where it ends in ``/``), ``RAW`` those whose body the resource checks.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from types import ModuleType

from dash.development.base_component import Component

from app.access.rights import Right
from app.modules import modules
from app.palette import Action


def _never(path: str) -> bool:
    return False


@dataclass(frozen=True, slots=True)
class Page:
    """One page of the cockpit."""

    name: str
    path: str
    #: Message id: whoever shows it calls ``app.i18n._``.
    title: str
    order: int
    icon: str
    layout: Callable[..., Component]
    #: The scripts of a page without Dash; none where Dash draws it.
    bare: tuple[str, ...] = ()
    #: The live cell whose count stands beside its name.
    badge: str = ""
    #: What it cannot tell of a past moment (message id); None: it only knows the present.
    past: str | None = None
    #: What the command palette offers on it.
    actions: tuple[Action, ...] = ()
    #: Who sees it in the navigation.
    right: Right = "see"
    #: Whether it is in the navigation; else something else leads to it.
    listed: bool = True
    #: The large scripts that its first picture needs.
    libraries: tuple[str, ...] = ()
    #: Whether it is shown in the place of the page of a path, now, to whoever asks.
    instead: Callable[[str], bool] = _never


@cache
def pages() -> tuple[Page, ...]:
    """Every page in menu order.  Raises ValueError where two pages have one path."""
    found = sorted((_page(module) for module in modules("app.pages")), key=lambda page: page.order)
    paths = [page.path for page in found]
    if twice := {path for path in paths if paths.count(path) > 1}:
        raise ValueError(f"two pages have the path {', '.join(sorted(twice))}")
    return tuple(found)


def page_at(path: str | None) -> Page | None:
    """The page of a browser path; a trailing slash does not matter."""
    wanted = (path or "/").rstrip("/") or "/"
    return next((page for page in pages() if page.path == wanted), None)


def resources() -> Iterator[ModuleType]:
    """Every API resource."""
    return modules("app.api")


def _page(module: ModuleType) -> Page:
    return Page(
        name=module.__name__.rpartition(".")[2],
        path=module.PATH,
        title=module.TITLE,
        order=module.ORDER,
        icon=getattr(module, "ICON", "dot"),
        layout=module.layout,
        bare=getattr(module, "BARE", ()),
        badge=getattr(module, "BADGE", ""),
        past=getattr(module, "PAST", None),
        actions=getattr(module, "ACTIONS", ()),
        right=getattr(module, "RIGHT", "see"),
        listed=getattr(module, "LISTED", True),
        libraries=getattr(module, "LIBRARIES", ()),
        instead=getattr(module, "instead", _never),
    )
