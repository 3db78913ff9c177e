"""Examples for the API's document: put together along each schema from the words of ``api_examples.toml``.

One property has one example wherever it stands, unless the file says otherwise for its component, so a new
operation has an example as soon as each of its words has. Nothing is made up: where a word is missing there is no
example, and the test that looks for it names the word. Refusals come from ``known_problems`` and the file's facts.
"""

import tomllib
from collections.abc import Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any, Final
from uuid import NAMESPACE_URL, uuid5

from aiqleads.core import problems
from aiqleads.core.known_problems import KnownProblem

FILE: Final = Path(__file__).with_name("api_examples.toml")
_REF: Final = "#/components/schemas/"
_A_MOMENT: Final = "2026-11-22T16:05:00Z"
_BY_FORMAT: Final = {"date-time": _A_MOMENT, "date": _A_MOMENT[:10], "email": "alice@example.com"}

NOTHING: Final = "null"
"""What the file writes for null, which TOML does not have."""

Schema = Mapping[str, Any]


class NoExample(LookupError):
    """No word says what a property looks like; the message is ``Component.property``."""


@lru_cache(maxsize=1)
def told() -> dict[str, Any]:
    """The file: ``words``, ``components``, ``answers``, ``refusals`` and ``facts``."""
    return tomllib.loads(FILE.read_text())


class Examples:
    """Examples of one document's schemas."""

    def __init__(self, schemas: Schema) -> None:
        """``schemas`` are the document's components."""
        self.schemas = schemas
        self._made: dict[str, Any] = {}

    def of(self, schema: Schema, *, called: str = "", within: str = "") -> Any:
        """An example of ``schema``, which is the property ``called`` of the component ``within``.

        :raises NoExample: a word is missing
        """
        own = _own_words(within).get(called)
        if own is None and (name := component(schema)):
            return self._of_component(name)
        if own is None and "allOf" in schema:
            return self.of(schema["allOf"][0], called=called, within=within)
        word = told()["words"].get(called) if own is None else own
        if word is not None:
            return None if word == NOTHING else word
        if "oneOf" in schema:
            return self._of_choice(schema, called, within)
        return self._by_shape(schema, called, within)

    def _of_component(self, name: str) -> Any:
        if name not in self._made:
            self._made[name] = self._whole(name)
        return self._made[name]

    def _whole(self, name: str) -> Any:
        schema = self.schemas[name]
        if "properties" not in schema:
            return self.of(schema, called=name, within=name)
        left_out = _own_words(name).get("leave_out", ())
        return {
            prop: self.of(inner, called=prop, within=name)
            for prop, inner in schema["properties"].items()
            if prop not in left_out
        }

    def _of_choice(self, schema: Schema, called: str, within: str) -> Any:
        """What a property that may be null or empty says when it is neither."""
        for choice in schema["oneOf"]:
            if choice.get("type") != "null" and not component(choice).endswith(("NullEnum", "BlankEnum")):
                return self.of(choice, called=called, within=within)
        raise NoExample(f"{_plain(within)}.{called}")

    def _by_shape(self, schema: Schema, called: str, within: str) -> Any:
        kind = _kind(schema)
        if kind == "array":
            return [self.of(schema["items"], called=called, within=within)]
        if kind == "object" and "properties" in schema:
            return {
                name: self.of(inner, called=name, within=within) for name, inner in schema["properties"].items()
            }
        if schema.get("enum"):
            return next((choice for choice in schema["enum"] if choice), schema["enum"][0])
        if schema.get("format") == "uuid":
            return str(uuid5(NAMESPACE_URL, f"{_plain(within)}.{called}"))
        if schema.get("format") in _BY_FORMAT:
            return _BY_FORMAT[schema["format"]]
        raise NoExample(f"{_plain(within)}.{called}")


def component(schema: Schema) -> str:
    """The name of the component that a schema points to; "" where it says itself what it is."""
    return str(schema.get("$ref", "")).removeprefix(_REF)


def _plain(component: str) -> str:
    """A component's name without what says that it is sent, or sent in part: all three have the same words."""
    return component.removeprefix("Patched").removesuffix("Request")


def _own_words(component_name: str) -> Schema:
    own = told()["components"].get(_plain(component_name), {})
    return own if isinstance(own, dict) else {}


def _kind(schema: Schema) -> str:
    kinds = schema.get("type", "")
    return kinds if isinstance(kinds, str) else next(kind for kind in kinds if kind != "null")


def example_of_problem(problem: KnownProblem, **facts: Any) -> dict[str, Any]:
    """A problem document as it is answered, with its facts."""
    document = problems.problem(
        status=problem.status,
        code=problem.code,
        detail=told()["details"].get(problem.code, problem.readings[0].meaning.replace("`", "")),
        **{**told()["facts"].get(problem.code, {}), **facts},
    )
    return dict(document.data)


def refusals_of(method: str, path: str, operation: Schema) -> Iterator[str]:
    """The codes of the problems that an operation can be answered with, as far as its statuses are documented."""
    statuses = operation["responses"].keys()
    common = told()["common"]
    for status in statuses & common.keys():
        yield from common[status]
    for parameter in operation.get("parameters", ()):
        yield from told()["parameters"].get(parameter["name"], ())
    yield from told()["refusals"].get(f"{method} {path.removeprefix('/api/v1/')}", ())
