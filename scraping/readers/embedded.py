"""JSON that a page carries for its own scripts, found in the bytes: no tree is built for a page of a megabyte.

Modern portals render a page from such a document, so it says everything that the page shows and keeps its shape
for years, while class names change weekly.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from html import unescape
from typing import Any

from scraping.readers.page import MAX_DOCUMENT_BYTES, UnreadablePage, load_json

MAX_TAG_BYTES = 600

_GUARD = r"\A\s*(?:\{\}&&|for\s*\(;;\);|\)\]\}',?)\s*"
_CALLBACK_GUARD, _GUARD_IN_TEXT = re.compile(_GUARD.encode()), re.compile(_GUARD)
_TITLE = re.compile(rb"<title\b[^>]{0,300}>(.{0,2000}?)</title", re.IGNORECASE | re.DOTALL)
_COMMENT = re.compile(rb"\s*<!--")
_DECODER = json.JSONDecoder()


def script_document(body: bytes, name: str) -> Any:
    """The JSON of the script whose ``id`` is ``name``; ``None`` if there is none or it is broken."""
    has_id = re.compile(rb"\bid=[\"']?" + re.escape(name.encode()) + rb"(?![\w-])")
    start = next((start for tag, start in _script_tags(body, name) if has_id.search(tag)), None)
    return _document(body, start, b"</script") if start is not None else None


def commented_documents(body: bytes, attribute: str) -> Iterator[Any]:
    """The JSON that scripts with such an attribute hide in an HTML comment."""
    for _, start in _script_tags(body, attribute):
        if opening := _COMMENT.match(body, start):
            yield _document(body, opening.end(), b"-->")


def _script_tags(body: bytes, word: str) -> Iterator[tuple[bytes, int]]:
    """Each script's tag that holds ``word``, and where its text begins: the word is found, not every tag tried."""
    for found in re.finditer(re.escape(word.encode()), body):
        start = body.rfind(b"<", max(0, found.start() - MAX_TAG_BYTES), found.start())
        end = body.find(b">", found.end(), found.end() + MAX_TAG_BYTES)
        if start >= 0 and end >= 0 and body[start : start + 7].lower() == b"<script":
            yield body[start : end + 1], end + 1


def assigned_document(body: bytes, name: str) -> Any:
    """The JSON that a script assigns to ``name``; ``None`` if there is none or it is broken."""
    assignment = re.search(re.escape(name.encode()) + rb"\s*=\s*(?=[{\[])", body)
    if assignment is None:
        return None
    text = body[assignment.end() : assignment.end() + MAX_DOCUMENT_BYTES].decode("utf-8", errors="replace")
    try:
        return _DECODER.raw_decode(text)[0]
    except (ValueError, RecursionError):
        return None


def nested_document(text: Any) -> Any:
    """The document inside a JSON string, as caches keep an answer; ``None`` where it is none."""
    return _parsed(text) if isinstance(text, str) else None


def without_guard(body: bytes) -> bytes:
    """An answer without the sign that keeps other sites from running it as a script (``{}&&``)."""
    guard = _CALLBACK_GUARD.match(body)
    return body[guard.end() :] if guard else body


def window_title(body: bytes) -> str | None:
    """The page's own title; drawings in the body have titles too."""
    head = body[: end if (end := body.find(b"<body")) >= 0 else len(body)]
    found = _TITLE.search(head)
    return " ".join(unescape(found.group(1).decode("utf-8", errors="replace")).split()) or None if found else None


def _document(body: bytes, start: int, end_mark: bytes) -> Any:
    end = body.find(end_mark, start)
    return _parsed(body[start:end].decode("utf-8", errors="replace")) if end >= 0 else None


def _parsed(text: str) -> Any:
    try:
        guard = _GUARD_IN_TEXT.match(text)
        return load_json((text[guard.end() :] if guard else text).strip())
    except UnreadablePage:
        return None
