"""Whatever the description allows to be asked, by whichever role: no answer outside of it.

Cases are drawn by schemathesis from the OpenAPI document; each is asked by every role.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
import schemathesis
from fastapi import FastAPI
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import Case
from schemathesis.checks import not_a_server_error
from schemathesis.core.failures import FailureGroup
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)
from starlette.testclient import TestClient

from app.access.accounts import Accounts
from app.access.rights import ROLES, Role
from app.bootstrap import House
from app.web import create_app
from ingest.connector import Source
from tests.app.access.test_every_door import told
from tests.extent import extent
from tests.house import PASSWORD
from tests.kpis.linked import Linked

#: How many cases, and of which operations: a few of each fifth, or more than the ten thousand that
#: were promised, for some operations can be asked in one way only.
CASES, EACH = extent(20, 10_500), extent(5, 1)
CHECKS = [
    not_a_server_error, status_code_conformance, content_type_conformance,
    response_headers_conformance, response_schema_conformance,
]  # fmt: skip
#: It never ends.
ENDLESS = "/api/v1/stream"


@pytest.fixture
def web(house: House) -> FastAPI:
    return create_app(house)


@pytest.fixture
def asked_by(house: House, web: FastAPI) -> Iterator[dict[Role, TestClient]]:
    """A program with a token, for each role."""
    accounts, now = Accounts(house.database.engine), datetime.now(UTC)
    # Nothing is described by an empty list.
    Linked(house.database).load(Source("pbx", "test"), list(told("north", now)), now=now)
    with TestClient(web, raise_server_exceptions=False, follow_redirects=False) as first:
        programs = {ROLES[0]: first}
        for role in ROLES:
            accounts.add(role, role, PASSWORD, now)
            programs.setdefault(
                role, TestClient(web, raise_server_exceptions=False, follow_redirects=False)
            ).headers[
                "authorization"
            ] = f"Bearer {accounts.new_token(role, now, timedelta(days=1))}"
        yield programs


@pytest.mark.timeout(7200)
def test_no_role_gets_an_answer_that_the_description_does_not_have(
    web: FastAPI, asked_by: dict[Role, TestClient]
) -> None:
    schema = schemathesis.openapi.from_dict(web.openapi())
    found = [each.ok() for each in schema.get_all_operations()]
    operations = [each for each in found if each.path != ENDLESS][::EACH]
    each = max(1, -(-CASES // len(operations)))
    wrong: dict[str, str] = {}
    asked: Counter[Role] = Counter()

    def ask(case: Case) -> None:
        kwargs = case.as_transport_kwargs(base_url="http://testserver")
        kwargs.pop("cookies", None)
        if isinstance(kwargs.get("data"), bytes | str):
            kwargs["content"] = kwargs.pop("data")
        drawn = {k: v for k, v in kwargs.get("headers", {}).items() if k.lower() != "authorization"}
        for role, program in asked_by.items():
            headers = {**drawn, "authorization": program.headers["authorization"]}
            answer = program.request(**{**kwargs, "headers": headers})
            asked[role] += 1
            try:
                case.validate_response(answer, checks=CHECKS)
            except (FailureGroup, AssertionError) as error:
                at = f"{case.method} {case.operation.path} {answer.status_code}"
                told = " ".join(str(error).split())[:700]
                wrong.setdefault(at, f"{role} asked {at}: {told}")

    for operation in operations:
        asking = given(case=operation.as_strategy())(ask)
        settings(
            max_examples=each, deadline=None, database=None, phases=[Phase.generate],
            derandomize=EACH > 1, suppress_health_check=list(HealthCheck),
        )(asking)()  # fmt: skip
    assert wrong == {}, "\n\n".join(wrong.values())
    assert min(asked.values()) >= extent(CASES * 9 // 10, 10_000), asked


def test_every_operation_tells_of_its_refusals(web: FastAPI) -> None:
    document = web.openapi()
    told = [
        (path, operation)
        for path, operations in document["paths"].items()
        for operation in operations.values()
    ]
    assert len(told) > 90
    for path, operation in told:
        for status in ("401", "403", "404", "409", "422", "429", "503"):
            [kind] = operation["responses"][status]["content"]
            assert kind == "application/problem+json", path
        for answer in operation["responses"].values():
            told_json = answer.get("content", {}).get("application/json")
            assert told_json is None or told_json["schema"], f"{path} tells nothing of its answer"
    closed = {path for path, operation in told if "security" in operation}
    assert "/api/v1/board" in closed
    assert not closed & {"/healthz", "/api/v1/hub/offers", "/api/v1/events"}
