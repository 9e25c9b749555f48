"""Hand-made callback requests: what a browser would post, or somebody who is no browser."""

from __future__ import annotations

from collections.abc import Mapping

from httpx2 import Response
from starlette.testclient import TestClient

PATH = "/_dash-update-component"
Dependency = Mapping[str, object]


def acting(browser: TestClient) -> list[str]:
    """The inputs («id.property») of the exposure page's callbacks that change something."""
    begins = ("cell-", "approvals-asked", "all-open-", "rules-asked", "rules-write", "whole-")
    asked = (one["inputs"] for one in _declared(browser))
    named = [f"{each['id']}.{each['property']}" for inputs in asked for each in inputs]
    return [name for name in named if name.startswith(begins) and not name.endswith("-seen.data")]


def post(browser: TestClient, pressed: str, values: Mapping[str, object]) -> Response:
    """Press what «id.property» says; other properties are those of `values`, else null."""
    [found] = [
        one
        for one in _declared(browser)
        if pressed in {f"{each['id']}.{each['property']}" for each in one["inputs"]}
    ]
    told = {pressed: 1} | dict(values)
    output = str(found["output"])
    outputs = [part.rpartition(".") for part in output.strip(".").split("...")]
    named = [{"id": id, "property": name} for id, _dot, name in outputs]
    body = {
        "output": output,
        "outputs": named if output.startswith("..") else named[0],
        "changedPropIds": [pressed],
        **{
            kind: [
                {**each, "value": told.get(f"{each['id']}.{each['property']}")}
                for each in found[kind]
            ]
            for kind in ("inputs", "state")
        },
    }
    return browser.post(PATH, json=body)


def _declared(browser: TestClient) -> list[dict[str, list[dict[str, str]]]]:
    found: list[dict[str, list[dict[str, str]]]] = browser.get("/_dash-dependencies").json()
    return found
