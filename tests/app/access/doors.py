"""Every way in: each route and callback that the application has, with the right it asks for."""

from __future__ import annotations

import inspect
import re
import textwrap
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from fastapi import APIRouter
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute

from app.access.guard import Holding
from app.access.rights import RIGHTS, Right
from app.cockpit import Cockpit
from app.discovery import resources
from app.web import API

#: Callbacks whose right depends on what they are asked: any of these may be the one.
BY_WHAT_IS_ASKED: Mapping[str, Right] = {
    "app.components.setting_acts.declare_settings.<locals>.ask": "set_targets",
    "app.components.setting_acts.declare_settings.<locals>.keep": "set_targets",
}
#: The frame around every page: each layout asks for itself.
FRAME = "app.cockpit.show"
_REQUIRED = re.compile(r"access\.require\((?:\"(\w+)\"|(\w+))?")


@dataclass(frozen=True, slots=True)
class Door:
    """A route or a callback; `right` None: it is open to everybody."""

    name: str
    method: str
    path: str
    right: Right | None
    body: Mapping[str, object] = field(default_factory=dict)

    @property
    def reads(self) -> bool:
        return self.method == "GET"


def routes() -> Iterator[Door]:
    """Every route of the API's resources.  Fails on one that declares nothing."""
    for module in resources():
        opened = getattr(module, "OPEN", ())
        for name, prefix in (("router", API), ("root_router", "")):
            for route in getattr(module, name, APIRouter()).routes:
                if isinstance(route, APIRoute):
                    yield from _doors(route, prefix + route.path, opened)


def _doors(route: APIRoute, path: str, opened: tuple[str, ...]) -> Iterator[Door]:
    asked = [right for right in _rights(route.dependant) if right != "see"]
    rights = asked or list(_rights(route.dependant))
    is_open = any(path.startswith(one) if one.endswith("/") else path == one for one in opened)
    assert rights or is_open, f"{path} declares no right: take a type of app.access.guard"
    for method in sorted(route.methods - {"HEAD", "OPTIONS"}):
        yield Door(f"{method} {path}", method, path, rights[0] if rights else None)


def _rights(dependant: Dependant) -> Iterator[Right]:
    for each in dependant.dependencies:
        if isinstance(each.call, Holding):
            yield each.call.right
        yield from _rights(each)


def callbacks(dash: Cockpit) -> Iterator[Door]:
    """Every callback that runs here.  Fails on one that asks for nothing."""
    for output, declared in dash.callback_map.items():
        if (function := declared.get("callback")) is None:
            continue
        known = inspect.unwrap(function)
        name = f"{known.__module__}.{known.__qualname__}"
        body = _body(output, declared)
        yield Door(name, "POST", "/_dash-update-component", _right_of(known, name), body)


def _right_of(function: object, name: str) -> Right:
    if name == FRAME:
        return "see"
    if name in BY_WHAT_IS_ASKED:
        return BY_WHAT_IS_ASKED[name]
    source = textwrap.dedent(inspect.getsource(function))  # type: ignore[arg-type]
    found = _REQUIRED.search(source)
    assert found, f"{name} asks for no right: begin with access.require(…)"
    word = found[1] or getattr(inspect.getmodule(function), found[2] or "", None)
    assert word in RIGHTS, f"{name} asks for «{word}», which is no right"
    return word


def _body(output: str, declared: Mapping[str, object]) -> dict[str, object]:
    """What the renderer would post, with nothing filled in."""
    outputs = [_part(part) for part in output.strip(".").split("...")]
    inputs, state = ([_filled(one) for one in declared[key]] for key in ("inputs", "state"))  # type: ignore[attr-defined]
    changed = [f"{one['id']}.{one['property']}" for one in inputs if isinstance(one, dict)]
    several = output.startswith("..")
    return {
        "output": output, "outputs": outputs if several else outputs[0],
        "inputs": inputs, "state": state, "changedPropIds": changed[:1],
    }  # fmt: skip


def _part(told: str) -> dict[str, str]:
    name, _, prop = told.rpartition(".")
    return {"id": name, "property": prop.partition("@")[0]}


def _filled(one: Mapping[str, str]) -> object:
    told: dict[str, object] = {"id": one["id"], "property": one["property"]}
    return [] if one["id"].startswith("{") else told
