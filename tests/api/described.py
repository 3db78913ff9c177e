"""The API's document, made once per process, and what it says of one request."""

import json
import re
from functools import lru_cache
from typing import Any

from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.renderers import OpenApiJsonRenderer

from aiqleads.openapi import operations

OF_EVERY_ADDRESS = {
    "bad_request",
    "error",
    "method_not_allowed",
    "parse_error",
}
"""What parsers and libraries answer before an operation is reached: no operation documents it."""


@lru_cache(maxsize=1)
def described() -> dict[str, Any]:
    document: dict[str, Any] = json.loads(OpenApiJsonRenderer().render(SchemaGenerator().get_schema(public=True)))
    return document


def codes_of(operation: dict[str, Any]) -> set[str]:
    """Every refusal that an operation documents."""
    media = [
        content for answer in operation["responses"].values() for content in answer.get("content", {}).values()
    ]
    named = {name for one in media for name in one.get("examples", {})}
    return named - {"example"}


@lru_cache(maxsize=1)
def _patterns() -> list[tuple[re.Pattern[str], str, dict[str, Any]]]:
    """Addresses without variables first, so that they are not taken for one."""
    found = [
        (re.compile(re.sub(r"{\w+}", "[^/]+", path)), method, operation)
        for path, method, operation in operations(described())
    ]
    return sorted(found, key=lambda one: one[0].pattern.count("[^/]+"))


def operation_of(method: str, path: str) -> dict[str, Any] | None:
    """The operation that answers a request, or None."""
    method = method.lower()
    return next((known for pattern, on, known in _patterns() if on == method and pattern.fullmatch(path)), None)
