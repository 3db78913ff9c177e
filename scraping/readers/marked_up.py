"""Microdata and RDFa Lite, turned into the objects that JSON-LD would write."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any, Final

from lxml.etree import XPath

MAX_PROPERTIES: Final = 4_000
MAX_VALUE_CHARACTERS: Final = 20_000

Found = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Syntax:
    """The attributes by which a syntax opens an object, types it and names its properties."""

    name: str
    scope: str
    types: str
    property: str


MICRODATA: Final = Syntax(name="microdata", scope="itemscope", types="itemtype", property="itemprop")
RDFA: Final = Syntax(name="rdfa", scope="typeof", types="typeof", property="property")


def marked_objects(root: Any, syntax: Syntax) -> list[Found]:
    """The outermost objects, in the page's order; what stands inside one belongs to it. One walk over the page."""
    if not _opens_any(syntax.scope)(root):
        return []
    outermost: list[Found] = []
    waiting: list[tuple[Any, Found | None]] = [(root, None)]
    budget = MAX_PROPERTIES
    while waiting and budget:
        element, owner = waiting.pop()
        if not isinstance(element.tag, str):
            continue
        own = _opened(element, syntax) if syntax.scope in element.attrib else None
        names = _names(element, syntax) if owner is not None else []
        if owner is not None and names:
            budget -= 1
            _add(owner, names, _value(element) if own is None else own)
        elif own is not None and owner is None:
            outermost.append(own)
        waiting.extend((child, owner if own is None else own) for child in reversed(element))
    return outermost


@cache
def _opens_any(scope: str) -> XPath:
    """Whether there is an object at all, asked without a walk: most pages use one syntax."""
    return XPath(f"boolean(descendant-or-self::*[@{scope}])")


def _opened(element: Any, syntax: Syntax) -> Found:
    return {"@type": [_unprefixed(name) for name in element.attrib.get(syntax.types, "").split()]}


def _names(element: Any, syntax: Syntax) -> list[str]:
    """The properties that an element holds; those of other vocabularies ("og:title") are none of schema.org's."""
    written = element.attrib.get(syntax.property, "").split()
    return [_unprefixed(name) for name in written if ":" not in name or name.startswith(("schema:", "http"))]


def _unprefixed(name: str) -> str:
    return name.rstrip("/").rpartition("/")[2].removeprefix("schema:")


def _add(owner: Found, names: list[str], value: Any) -> None:
    for name in names:
        known = owner.get(name)
        owner[name] = value if known is None else [*(known if isinstance(known, list) else [known]), value]


def _value(element: Any) -> str:
    for name in ("content", "datetime", "href", "src", "resource"):
        if name in element.attrib:
            return str(element.attrib[name]).strip()
    pieces: list[str] = []
    length = 0
    for piece in element.itertext():
        if (length := length + len(piece)) > MAX_VALUE_CHARACTERS:
            break
        pieces.append(piece)
    return " ".join("".join(pieces).split())
