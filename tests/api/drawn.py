"""Requests drawn from the API's document by schemathesis, each sent to the whole of Django and undone.

Every request meets the same rows, whatever those before it did, so a run is the same again and may close accounts.
"""

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from itertools import count
from typing import Any
from uuid import UUID, uuid4

import hypothesis
import schemathesis
from django.db import connection, transaction
from django.test.client import ClientHandler
from schemathesis.config import SchemathesisConfig
from schemathesis.core.failures import FailureGroup
from schemathesis.generation.hypothesis.builder import HypothesisTestConfig, HypothesisTestMode, create_test

from tests.conftest import body_of

numbers = count()

CHECKS = {
    "positive_data_acceptance": {
        "expected-statuses": ["2xx", "401", "402", "403", "404", "409", "422"],  # refusals of what is understood
    }
}
ROWS_DECIDE = {
    "fields": "which names an answer has, its rows tell",
    "state": "a code or a name, in any spelling",
    "place": "a place of the gazetteer",
    "county": "a county of the gazetteer",
    "near": "a point of the earth",
    "radius_miles": "goes with a point",
    "polygon": "a simple ring",
    "cursor": "a position that an answer told",
    "days": "a period that has begun",
    "from": "a period that has begun",
    "to": "a period that has begun",
    "zip_codes": "ZIP codes that there are",
    "zip_prefixes": "beginnings of ZIP codes that there are",
    "password": "asked for where there is no second factor",
    "otp": "asked for where there is a second factor",
    "bbox": "two corners",
    "territory": "a UUID, as its format says",
    "member": "a UUID, as its format says",
    "non_field_errors": "what goes with what",
}
"""Fields that may be refused though the document's schema takes their value, and what no schema can say."""


def send(environ: dict[str, Any], start_response: Any) -> list[bytes]:
    """WSGI without its end of a request, which closes the connection that a test's transaction lives on."""
    number = next(numbers)
    environ.pop("HTTP_ACCEPT_ENCODING", None)
    environ["REMOTE_ADDR"] = f"2001:db8::{number // 9999:x}:{number % 9999:x}"
    with undone():
        response = ClientHandler(enforce_csrf_checks=True)(environ)
        body = body_of(response) if response.streaming else response.content
    start_response(f"{response.status_code} {response.reason_phrase}", list(response.items()))
    return [body]


@contextmanager
def undone() -> Iterator[None]:
    """What happens within is as if a test had begun and ended."""
    block = transaction.atomic()
    block._from_testcase = True  # type: ignore[attr-defined]  # so that services find no transaction around theirs
    with block:
        yield
        if connection.needs_rollback:
            transaction.set_rollback(False)
        transaction.set_rollback(True)


class Draws:
    """The requests of a document's operations, and what was wrong with their answers."""

    def __init__(
        self, document: dict[str, Any], *, headers: Mapping[str, str], things: Mapping[str, object]
    ) -> None:
        """:param things: rows for the ids of addresses, by the part of the path before them"""
        self.schema = schemathesis.openapi.from_dict(
            document, config=SchemathesisConfig.from_dict({"checks": CHECKS})
        )
        self.schema.app = send
        self.headers, self.things = dict(headers), things
        self.answers = 0
        self.statuses: dict[str, set[int]] = {}
        self.wrong: dict[str, str] = {}

    def doors(self) -> list[Any]:
        return [found.ok() for found in self.schema.get_all_operations()]

    def draw(self, operation: Any, *, most: int, random: int = 0) -> None:
        """Send ``most`` of the requests that cover an operation's schema, evenly chosen, and ``random`` ones."""
        cases: list[Any] = []

        def keep(case: Any) -> None:
            cases.append(case)

        fuzzing = [HypothesisTestMode.FUZZING] if random else []
        settings = hypothesis.settings(
            max_examples=max(1, random),
            database=None,
            deadline=None,
            derandomize=True,
            suppress_health_check=list(hypothesis.HealthCheck),
        )
        config = HypothesisTestConfig(
            project=self.schema.config, modes=[HypothesisTestMode.COVERAGE, *fuzzing], settings=settings, seed=1
        )
        create_test(operation=operation, test_func=keep, config=config)()
        for number, case in enumerate(cases[:: max(1, len(cases) // (most + random))]):
            self._send(f"{operation.method} {operation.path}", case, names_what_is_there=bool(number % 2))

    def _send(self, door: str, case: Any, *, names_what_is_there: bool) -> None:
        if names_what_is_there:
            self._name_what_is_there(case)
        response = case.call(headers=self.headers)
        self.answers += 1
        self.statuses.setdefault(door, set()).add(response.status_code)
        try:
            case.validate_response(response, headers=self.headers)
        except FailureGroup as group:
            for one in group.exceptions:
                if not _is_for_rows_to_decide(one, response):
                    told = f"{response.status_code} {response.content[:200]!r}\n{one}\n{case.as_curl_command()}"
                    self.wrong.setdefault(f"{door}: {type(one).__name__}", told[:900])

    def _name_what_is_there(self, case: Any) -> None:
        thing = next((row for part, row in self.things.items() if re.search(rf"{part}/{{\w+}}", case.path)), None)
        for name, value in (case.path_parameters or {}).items():
            if thing and _is_uuid(value):
                case.path_parameters[name] = str(thing)


def _is_for_rows_to_decide(failure: BaseException, response: Any) -> bool:
    if type(failure).__name__ == "AcceptedNegativeData":
        return "ncorrect type" in str(failure)  # 7 is read as "7", and 0 as false
    if type(failure).__name__ != "RejectedPositiveData" or response.status_code != 400:
        return False
    named = set(response.json().get("errors", {"": ""}))
    return bool(named) and named <= ROWS_DECIDE.keys()


def _is_uuid(value: object) -> bool:
    try:
        return bool(UUID(str(value)))
    except ValueError:
        return False


def another_prefix(caches: dict[str, Any]) -> dict[str, Any]:
    """Settings of a cache in which nobody was counted yet."""
    return {"default": {**caches["default"], "KEY_PREFIX": uuid4().hex}}
