"""What is added to the API's document once drf-spectacular has written it: names, examples, refusals.

It is called for each document that is asked for, so it looks at each schema once.
"""

import tomllib
from collections.abc import Iterator, Mapping
from contextlib import suppress
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

from aiqleads.api_examples import Examples, NoExample, component, example_of_problem, refusals_of, told
from aiqleads.core.known_problems import KnownProblem, known_problems
from aiqleads.core.problems import CONTENT_TYPE

PROBLEM: Final = "#/components/schemas/Problem"
METHODS: Final = frozenset({"get", "post", "put", "patch", "delete"})

NAMES: Final = Path(__file__).with_name("api_operations.toml")

Operation = dict[str, Any]


def complete(result: dict[str, Any], **asked: Any) -> dict[str, Any]:
    """drf-spectacular's hook: name each operation, give it and each webhook examples. Nothing else is changed."""
    known = known_problems()
    examples = Examples(result["components"]["schemas"])
    shared: dict[str, Any] = {}
    for path, method, operation in operations(result):
        _name(operation, f"{method} {path.removeprefix('/api/v1/')}")
        _document_what_any_answers(path, operation)
        _give_examples(operation, examples, shared, key=f"{method} {path.removeprefix('/api/v1/')}")
        _show_refusals(operation, list(_answered(method, path, operation, known)), shared)
    for webhook in result.get("webhooks", {}).values():
        _give_examples(webhook["post"], examples, shared, key="")
    result["components"]["examples"] = dict(sorted(shared.items()))
    result["components"]["responses"] = {"MethodNotAllowed": _of_other_methods(known["method_not_allowed"])}
    return result


@lru_cache(maxsize=1)
def operation_names() -> dict[str, list[str]]:
    """Of each operation its ``operationId`` and its summary, by ``"method path"``."""
    names: dict[str, list[str]] = tomllib.loads(NAMES.read_text())
    return names


def _name(operation: dict[str, Any], key: str) -> None:
    if key in operation_names():
        operation["operationId"], operation["summary"] = operation_names()[key]


def operations(document: Mapping[str, Any]) -> Iterator[tuple[str, str, Operation]]:
    """Each operation of a document with its path and method."""
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            if method in METHODS:
                yield path, method, operation


def _document_what_any_answers(path: str, operation: Operation) -> None:
    """What is answered before an operation's code runs: by libraries, to keys without its scope, to repeats."""
    statuses = {"406"}
    if "requestBody" in operation:
        statuses |= {"400", "413", "415"}
    if "{" in path:
        statuses.add("404")
    if {} not in operation.get("security", [{}]):
        statuses.add("401")
    if any("apiKeyAuth" in way for way in operation.get("security", ())):
        statuses.add("403")
    if any(one["name"] == "Idempotency-Key" for one in operation.get("parameters", ())):
        statuses |= {"400", "409", "422"}
    for status in sorted(statuses - operation["responses"].keys()):
        operation["responses"][status] = {
            "content": {CONTENT_TYPE: {"schema": {"$ref": PROBLEM}}},
            "description": "",
        }


def _of_other_methods(problem: KnownProblem) -> dict[str, Any]:
    """What addresses answer to methods that are no operation of theirs, so that none could document it."""
    example = {"summary": problem.title, "value": example_of_problem(problem)}
    return {
        "description": "Any method that an address has no operation for; `Allow` names those that it has.",
        "headers": {"Allow": {"schema": {"type": "string"}, "example": "GET, POST, HEAD, OPTIONS"}},
        "content": {CONTENT_TYPE: {"schema": {"$ref": PROBLEM}, "examples": {problem.code: example}}},
    }


def _give_examples(operation: Operation, examples: Examples, shared: dict[str, Any], *, key: str) -> None:
    """The example of a component is written once and pointed to."""
    bodies = [operation.get("requestBody", {}), *operation["responses"].values()]
    for content in (body.get("content", {}) for body in bodies):
        for media_type, media in content.items():
            if media_type != CONTENT_TYPE:
                with suppress(NoExample):
                    media["examples"] = {"example": _example(media["schema"], examples, shared, key)}
    for parameter in operation.get("parameters", ()):
        if parameter.get("required"):
            with suppress(NoExample):
                parameter["example"] = examples.of(
                    parameter["schema"], called=parameter["name"], within="Parameter"
                )


def _example(schema: Mapping[str, Any], examples: Examples, shared: dict[str, Any], key: str) -> dict[str, Any]:
    if own := told()["answers"].get(key):
        return {"value": own}
    value = {"value": examples.of(schema)}
    if not (name := component(schema)):
        return value
    shared.setdefault(name, value)
    return {"$ref": f"#/components/examples/{name}"}


def _answered(
    method: str, path: str, operation: Operation, known: Mapping[str, KnownProblem]
) -> Iterator[KnownProblem]:
    for code in dict.fromkeys(refusals_of(method, path, operation)):
        if str(known[code].status) in operation["responses"]:
            yield known[code]


def _show_refusals(operation: Operation, answered: list[KnownProblem], shared: dict[str, Any]) -> None:
    """Name each refusal under its status; documents are written once and pointed to."""
    for problem in answered:
        answer = operation["responses"][str(problem.status)]
        media = answer.get("content", {}).get(CONTENT_TYPE)
        if media is None:
            continue
        shared.setdefault(problem.code, {"summary": problem.title, "value": example_of_problem(problem)})
        media.setdefault("examples", {})[problem.code] = {"$ref": f"#/components/examples/{problem.code}"}
        answer["description"] = ", ".join(f"`{code}`" for code in media["examples"])
