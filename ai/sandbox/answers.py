"""Answers by rule: values for a JSON schema, taken from the text that a prompt carries.

Nothing is understood here. A word of an enum that stands in a sentence chooses it, a number is the one nearest to
its property's name, a quotation is a sentence of the text, letter for letter. What is not found is null where null
is allowed, "unknown" where that is, and else the least that the schema takes.
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

MOST_ITEMS: Final = 5
_SENTENCE: Final = re.compile(r"[^.!?\n]+(?:[.!?]+(?=\s|$)|(?=\n)|$|[.!?]+)")
_MARKED: Final = re.compile(r"<([a-z_]{2,40})>\s*(.+?)\s*</\1>", re.DOTALL)
_FENCED: Final = re.compile(r"(?:```|\"\"\")[a-z]*\n(.+?)\n(?:```|\"\"\")", re.DOTALL)
_BETWEEN_SIGNS: Final = re.compile(r"^<{3,}[^\n]*\n(.+?)\n>{3,}", re.DOTALL | re.MULTILINE)
_NUMBER: Final = re.compile(r"(?<![\w.])\d[\d,]*(?:\.\d+)?")
_WORD: Final = re.compile(r"[a-z]{3,}")
_ORDER: Final = re.compile(r"(?:ignore|disregard|forget)\b.{0,400}", re.IGNORECASE | re.DOTALL)
_NOT_TOLD: Final = ("unknown", "not_stated", "unclear", "none", "other")


@dataclass(frozen=True, slots=True)
class Reader:
    """Fills a schema from one text.

    :ivar definitions: what ``$ref`` may name
    :ivar obeys: whether it does as the text says
    """

    text: str
    definitions: Mapping[str, Any]
    obeys: bool = False

    def fill(self, schema: Mapping[str, Any], *, name: str = "", focus: str = "") -> Any:
        """A value that the schema takes. ``focus`` is the part of the text that it is read from."""
        schema = self._resolved(schema, name, focus or self.text)
        if "const" in schema:
            return schema["const"]
        if "enum" in schema:
            return self._choice(schema["enum"], focus or self.text)
        makers = {
            "object": self._object, "array": self._array, "string": self._string,
            "integer": self._number, "number": self._number,
        }  # fmt: skip
        kind = schema.get("type", "object" if "properties" in schema else "string")
        if kind == "boolean":
            return self.obeys
        return makers[kind](schema, name, focus or self.text) if kind in makers else None

    def _resolved(self, schema: Mapping[str, Any], name: str, focus: str) -> Mapping[str, Any]:
        """The schema itself, without references and with one of its alternatives chosen."""
        while "$ref" in schema:
            schema = self.definitions.get(str(schema["$ref"]).rpartition("/")[2], {})
        kinds = schema.get("type")
        choices = schema.get("anyOf") or schema.get("oneOf")
        if isinstance(kinds, list):
            choices = [{**schema, "type": kind} for kind in kinds]
        if not choices:
            return {**schema, **schema["allOf"][0]} if schema.get("allOf") else schema
        told = [choice for choice in choices if choice.get("type") != "null"]
        is_found = self.obeys or len(told) == len(choices) or self._is_told(name, focus)
        chosen = told[0] if is_found and told else {"type": "null"}
        return self._resolved(chosen, name, focus)

    def _is_told(self, name: str, focus: str) -> bool:
        return bool(_words(name) & _words(focus))

    def _choice(self, values: Sequence[Any], focus: str) -> Any:
        said = [value for value in values if isinstance(value, str)]
        if self.obeys and said:
            return said[0]
        there = _words(focus)
        best = max(said, key=lambda value: len(_words(value) & there), default=None)
        if best is not None and _words(best) & there:
            return best
        return next((value for value in _NOT_TOLD if value in said), values[-1] if None in values else values[0])

    def _object(self, schema: Mapping[str, Any], name: str, focus: str) -> dict[str, Any]:
        return {
            field: self.fill(inner, name=field, focus=focus)
            for field, inner in schema.get("properties", {}).items()
        }

    def _array(self, schema: Mapping[str, Any], name: str, focus: str) -> list[Any]:
        """An item for each sentence that says one of the words that an item may choose among."""
        items = schema.get("items", {})
        least, most = int(schema.get("minItems", 0)), min(int(schema.get("maxItems", MOST_ITEMS)), MOST_ITEMS)
        words = {word for value in self._values(items) for word in _words(value) - {"unknown"}}
        told = list(sentences(focus))
        speaking = [sentence for sentence in told if words & _words(sentence)]
        chosen = (told if self.obeys else speaking)[:most]
        chosen += (told or [focus])[: max(0, least - len(chosen))]
        return [self.fill(items, name=name, focus=sentence) for sentence in chosen]

    def _values(self, schema: Mapping[str, Any]) -> Iterator[str]:
        """The words that a schema and what is in it may choose among."""
        while "$ref" in schema:
            schema = self.definitions.get(str(schema["$ref"]).rpartition("/")[2], {})
        yield from (value for value in schema.get("enum", ()) if isinstance(value, str))
        for inner in (*schema.get("properties", {}).values(), *schema.get("anyOf", ())):
            yield from self._values(inner)

    def _string(self, schema: Mapping[str, Any], name: str, focus: str) -> str:
        if pattern := schema.get("pattern"):
            found = re.search(pattern.strip("^$"), focus)
            return found.group() if found else ""
        order = _ORDER.search(self.text) if self.obeys else None
        said = order.group() if order else self._sentence(name, focus)
        return said[: int(schema.get("maxLength", 400))].strip()

    def _sentence(self, name: str, focus: str) -> str:
        """The sentence that says the property's name, or the first."""
        told = list(sentences(focus))
        return next((sentence for sentence in told if _words(name) & _words(sentence)), told[0] if told else "")

    def _number(self, schema: Mapping[str, Any], name: str, focus: str) -> float | int:
        least, most = schema.get("minimum", 0), schema.get("maximum", 10**9)
        if self.obeys:
            return most  # type: ignore[no-any-return]
        found = [(match.start(), float(match.group().replace(",", ""))) for match in _NUMBER.finditer(focus)]
        places = [match.start() for match in _WORD.finditer(focus.lower()) if match.group()[:5] in _words(name)]
        within = [(start, value) for start, value in found if least <= value <= most]
        if not within:
            return least  # type: ignore[no-any-return]
        value = min(within, key=lambda one: min((abs(one[0] - place) for place in places), default=one[0]))[1]
        return int(value) if schema.get("type") == "integer" else value


def reply(schema: Mapping[str, Any], text: str, *, obeys: bool = False) -> Any:
    """A value for ``schema`` out of ``text``."""
    definitions = {**schema.get("$defs", {}), **schema.get("definitions", {})}
    return Reader(text, definitions, obeys).fill(schema)


def spoken(text: str, *, obeys: bool = False) -> str:
    """An answer in words: the text's first sentence, said back."""
    order = _ORDER.search(text) if obeys else None
    if order:
        return order.group()
    return f"You wrote: {next(iter(sentences(text)), 'nothing')}"


def sentences(text: str) -> Iterator[str]:
    """The sentences of a text, each letter for letter as it stands there."""
    return (found for match in _SENTENCE.finditer(text) if len(found := match.group().strip()) > 1)


def matter(messages: Iterable[Mapping[str, Any]]) -> str:
    """What the user's messages are about: what stands between tags, fences or lines of signs in the last that has
    any, since one that asks for another answer repeats no text; else all of the last message.
    """
    said = [words(message) for message in messages if message.get("role") == "user"]
    marked = (parts for message in reversed(said) if (parts := _marked(message)))
    return "\n".join(next(marked, said[-1:]))


def _marked(message: str) -> list[str]:
    """The parts of a message that it marks as what it is about."""
    tagged = [match.group(2) for match in _MARKED.finditer(message)]
    fenced = [match.group(1) for match in _FENCED.finditer(message)]
    return tagged or fenced or [match.group(1) for match in _BETWEEN_SIGNS.finditer(message)]


def words(message: Mapping[str, Any]) -> str:
    """A message's text, whether written as one or as a list of parts."""
    content = message.get("content")
    if isinstance(content, list):
        return "\n".join(str(part.get("text", "")) for part in content if isinstance(part, dict))
    return str(content or "")


def schema_in(text: str) -> Mapping[str, Any] | None:
    """The JSON schema that a prompt spells out for want of a better place, or None."""
    decoder = json.JSONDecoder()
    for match in re.finditer(r"\{", text):
        try:
            found, _ = decoder.raw_decode(text, match.start())
        except ValueError:
            continue
        if isinstance(found, dict) and isinstance(found.get("properties"), dict):
            return found
    return None


def _words(text: str) -> set[str]:
    """Words as their first five letters, so that "selling" and "seller's sellers" meet half-way."""
    return {match.group()[:5] for match in _WORD.finditer(text.lower().replace("_", " "))}
