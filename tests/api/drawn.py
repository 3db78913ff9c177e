"""Requests drawn from the API's document by schemathesis, and what is wrong with the answers.

Sent to the whole of Django and undone, every request meets the same rows, whatever those before it did, so a run is
the same again and may close accounts. Sent to a server (``test_any_request_soak.py``) they meet what others left.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass
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

from aiqleads.core.known_problems import known_problems
from aiqleads.core.problems import CONTENT_TYPE
from tests.api.described import OF_EVERY_ADDRESS, codes_of
from tests.conftest import body_of

numbers = count()

CHECKS = {
    "positive_data_acceptance": {
        "expected-statuses": [
            "2xx",
            "401",
            "402",
            "403",
            "404",
            "409",
            "422",
            "429",
        ],  # refusals of what is understood
    }
}
ROWS_DECIDE = {
    "fields": "which names an answer has, its rows tell",
    "state": "a code or a name, in any spelling",
    "place": "a place of the gazetteer",
    "county": "a county of the gazetteer",
    "counties": "counties of the gazetteer",
    "near": "a point of the earth",
    "radius_miles": "goes with a point",
    "polygon": "a simple ring",
    "area": "simple rings",
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


Call = Callable[[Any, Mapping[str, str]], Any]


@dataclass(frozen=True, slots=True)
class Shoes:
    """Who asks: the headers that prove it, and the rows behind the ids of addresses, by the part before them."""

    headers: Mapping[str, str]
    things: Mapping[str, object]


class Draws:
    """The requests of a document's operations, and what was wrong with their answers.

    :ivar statuses: what each operation answered whom: ``{"GET /api/v1/me/": {"member": {200}}}``
    """

    def __init__(
        self, document: dict[str, Any], *, call: Callable[[Any, Mapping[str, str]], Any] | None = None
    ) -> None:
        """:param call: sends a case with headers; else it is sent to Django in this process, and undone"""
        self.schema = schemathesis.openapi.from_dict(
            document, config=SchemathesisConfig.from_dict({"checks": CHECKS})
        )
        self.schema.app = None if call else send
        self.call = call or (lambda case, headers: case.call(headers=headers))
        self.answers = 0
        self.statuses: dict[str, dict[str, set[int]]] = {}
        self.wrong: dict[str, str] = {}

    def doors(self) -> list[Any]:
        return [found.ok() for found in self.schema.get_all_operations()]

    def cases(self, operation: Any, *, random: int = 0) -> list[Any]:
        """What the document shows, what covers the schema, and ``random`` ones."""
        cases: list[Any] = [self._shown(operation)]

        def keep(case: Any) -> None:
            cases.append(case)

        modes = [HypothesisTestMode.COVERAGE]
        settings = hypothesis.settings(
            max_examples=max(1, random),
            database=None,
            deadline=None,
            derandomize=True,
            suppress_health_check=list(hypothesis.HealthCheck),
        )
        config = HypothesisTestConfig(
            project=self.schema.config,
            modes=[*modes, HypothesisTestMode.FUZZING] if random else modes,
            settings=settings,
            explicit_setting_names={"max_examples"},  # or the profile that is loaded draws as many as it likes
            seed=1,
        )
        create_test(operation=operation, test_func=keep, config=config)()
        return cases

    def _shown(self, operation: Any) -> Any:
        """The request that the document gives as its example."""
        raw, shared = operation.definition.raw, self.schema.raw_schema["components"]["examples"]
        given = {}
        for media_type, media in raw.get("requestBody", {}).get("content", {}).items():
            told = media.get("examples", {}).get("example")
            if told and media_type == "application/json":
                named = told.get("$ref", "").rpartition("/")[2]
                given = {"media_type": media_type, "body": deepcopy((shared[named] if named else told)["value"])}
        places = {"path": {}, "query": {}, "header": {}}
        for one in raw.get("parameters", ()):
            if one.get("required"):
                places[one["in"]][one["name"]] = one["example"]
        return operation.Case(
            path_parameters=places["path"], query=places["query"], headers=places["header"], **given
        )

    def ask(self, operation: Any, case: Any, *, who: str, shoes: Shoes, names_what_is_there: bool) -> None:
        """Send one case as ``who``, and keep what was wrong with the answer."""
        door = f"{operation.method.upper()} {operation.path}"
        if names_what_is_there:
            _name_what_is_there(case, shoes.things)
        response = self.call(case, shoes.headers)
        if case.meta is None and response.status_code == 400 and not _names_what_rows_decide(response):
            self._note(f"{door}: its example", f"{response.content[:300]!r}\n{case.as_curl_command()}")
        self.answers += 1
        self.statuses.setdefault(door, {}).setdefault(who, set()).add(response.status_code)
        told = f"{who}: {response.status_code} {response.content[:200]!r}"
        for failure in _failures(case, response, shoes.headers):
            if not _is_for_rows_to_decide(failure, response):
                self._note(f"{door}: {type(failure).__name__}", f"{told}\n{failure}\n{case.as_curl_command()}")
        for trouble in _unknown_problem(response, operation):
            self._note(f"{door}: {trouble}", f"{told}\n{case.as_curl_command()}")
        if response.status_code >= 500:
            self._note(f"{door}: {response.status_code}", f"{told}\n{case.as_curl_command()}")

    def _note(self, what: str, told: str) -> None:
        self.wrong.setdefault(what, told[:900])


def few(cases: Sequence[Any], most: int) -> Sequence[Any]:
    """``most`` of the cases, evenly chosen; the first is one of them, which is an example where there is one."""
    return cases[:: max(1, -(-len(cases) // most))]


def _failures(case: Any, response: Any, headers: Mapping[str, str]) -> Sequence[BaseException]:
    try:
        case.validate_response(response, headers=dict(headers))
    except FailureGroup as group:
        return group.exceptions
    return ()


def _unknown_problem(response: Any, operation: Any) -> Iterator[str]:
    """What a program could not know of a refusal: its ``type``, or that this operation answers it."""
    if response.status_code < 400 or not response.content or operation.method.upper() == "HEAD":
        return
    if response.headers.get("Content-Type", response.headers.get("content-type"))[0] != CONTENT_TYPE:
        yield "a refusal that is no problem document"
        return
    told = response.json()
    if told["type"] != f"/problems/{told['code']}" or told["code"] not in known_problems():
        yield f"the unknown type {told['type']}"
    elif told["code"] not in codes_of(operation.definition.raw) | OF_EVERY_ADDRESS:
        yield f"the unnamed refusal {told['code']}"


def _name_what_is_there(case: Any, things: Mapping[str, object]) -> None:
    thing = next((row for part, row in things.items() if re.search(rf"{part}/{{\w+}}", case.path)), None)
    for name, value in (case.path_parameters or {}).items():
        if thing and _is_uuid(value):
            case.path_parameters[name] = str(thing)


def _is_for_rows_to_decide(failure: BaseException, response: Any) -> bool:
    if type(failure).__name__ == "AcceptedNegativeData":
        return "ncorrect type" in str(failure)  # 7 is read as "7", and 0 as false
    if type(failure).__name__ != "RejectedPositiveData" or response.status_code != 400:
        return False
    return _names_what_rows_decide(response)


def _names_what_rows_decide(response: Any) -> bool:
    told = response.json()
    if "Null characters are not allowed." in str(told.get("errors")):
        return True  # PostgreSQL keeps none, and a pattern that says so would stand at every text
    named = {"cursor"} if told["code"] == "bad_cursor" else set(told.get("errors", {"": ""}))
    return bool(named) and named <= ROWS_DECIDE.keys()


def _is_uuid(value: object) -> bool:
    try:
        return bool(UUID(str(value)))
    except ValueError:
        return False


def another_prefix(caches: dict[str, Any]) -> dict[str, Any]:
    """Settings of a cache in which nobody was counted yet."""
    return {"default": {**caches["default"], "KEY_PREFIX": uuid4().hex}}
