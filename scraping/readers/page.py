"""What every reader of pages shares: its input, its answer, its limits and how it says no.

Readers are pure: bytes and an address in, listings out. They ask no network and no database, and a hostile
page costs at most ``MAX_DOCUMENT_BYTES`` of parsing.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice
from typing import Any, Literal
from urllib.parse import SplitResult, urljoin, urlsplit

from lxml.etree import HTMLParser, XPath
from parsel import Selector, SelectorList
from parsel.csstranslator import HTMLTranslator
from parsel.selector import create_root_node
from w3lib.encoding import html_to_unicode

from leads.records import LeadKind, ListingRecord, RawListing
from scraping.walls import LOOKED_AT_CHARACTERS, Answer, wall_in

MAX_FILE_BYTES = 50 * 1024 * 1024
MAX_DOCUMENT_BYTES = 12 * 1024 * 1024
MAX_TAGS = 150_000
"""The longest real page seen has some 20,000; each tag costs a kilobyte once parsed."""

_JSON_OPENING = re.compile(rb"(?:\xef\xbb\xbf)?\s*[{\[]")

MAX_NODES_OF_A_ROW = 1_000
MAX_ATTRIBUTES = 1_000
"""Of one tag: the parser compares each with every other, two hundred thousand take it a minute."""
_LONG_TAG_BYTES = 8_000
_LONG_TAG = re.compile(rb"<[a-zA-Z][^<>]{%d,}" % _LONG_TAG_BYTES)

PageKind = Literal["search", "listing", "feed", "rejected"]


class UnreadablePage(ValueError):
    """The body is nothing that any reader could read: empty, binary, too large or broken."""


class UnknownReader(LookupError):
    """There is no reader for that source."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RawReading:
    """What one page holds, before normalising."""

    page: PageKind
    listings: tuple[RawListing, ...] = ()
    reason: str | None = None
    kind_hint: LeadKind | None = None
    next_url: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PageReading:
    """What one page holds. ``reason`` says why a page was rejected; ``next_url`` is a feed's next page."""

    page: PageKind
    reason: str | None
    records: tuple[ListingRecord, ...]
    next_url: str | None = None


def rejected(reason: str) -> RawReading:
    """The page is no listing page of its site, or holds nothing that could be a lead."""
    return RawReading(page="rejected", reason=reason)


def reading_of(listings: Sequence[RawListing], *, page: PageKind, kind_hint: LeadKind | None = None) -> RawReading:
    """A page with listings; a rejected one where each of them is no home on offer."""
    if listings and all(listing.rejected for listing in listings):
        one = listings[0].rejected if len(listings) == 1 else None
        reason = one or f"None of the {len(listings)} items is a home on offer."
        return RawReading(page="rejected", reason=reason, listings=tuple(listings), kind_hint=kind_hint)
    return RawReading(page=page, listings=tuple(listings), kind_hint=kind_hint)


def rejected_page(body: bytes, reason: str) -> RawReading:
    """As :func:`rejected`, but a captcha, a block or a log-in page is named as what it is."""
    text = body[:LOOKED_AT_CHARACTERS].decode("utf-8", errors="replace")
    wall = wall_in(Answer(status=200, path="", asked_path="", page=text))
    return rejected(f"The site shows {wall} instead of its page." if wall else reason)


def check_body(body: bytes) -> None:
    """:raises UnreadablePage: if the body is empty, too large or binary"""
    if len(body) > MAX_FILE_BYTES:
        raise UnreadablePage(f"The file is larger than {MAX_FILE_BYTES // 1024 // 1024} MB.")
    if not body or body.isspace():
        raise UnreadablePage("The file is empty.")
    if b"\0" in body[:8192] and not body.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise UnreadablePage("The file is binary; a saved page or a text payload is needed.")


def is_json(body: bytes) -> bool:
    """Whether the body opens like a JSON object or array."""
    return _JSON_OPENING.match(body) is not None


def load_json(text: str | bytes) -> Any:
    """:raises UnreadablePage: if the text is no JSON, nests too deep or is too large"""
    if len(text) > MAX_DOCUMENT_BYTES:
        raise UnreadablePage("The JSON document is too large.")
    try:
        return json.loads(text.decode("utf-8-sig") if isinstance(text, bytes) else text)
    except (ValueError, RecursionError) as error:
        raise UnreadablePage("The file is not valid JSON.") from error


def load_html(body: bytes) -> Selector:
    """Parse a page leniently, without entities from elsewhere.

    Into plain elements: parsel's own would ask Python for the class of each that is looked at, a third of the time.

    :raises UnreadablePage: if the page is too large
    """
    if len(body) > MAX_DOCUMENT_BYTES or body.count(b"<") > 2 * MAX_TAGS:
        raise UnreadablePage("The page is too large to be a listing page.")
    if _has_long_tag(body) and any(len(tag.group().split()) > MAX_ATTRIBUTES for tag in _LONG_TAG.finditer(body)):
        raise UnreadablePage("A tag of the page has too many attributes for a listing page.")
    _, text = html_to_unicode(None, body)
    return Selector(root=create_root_node(text, HTMLParser, huge_tree=False), type="html")


def _has_long_tag(body: bytes) -> bool:
    """Whether there may be one: it would fill at least one of the blocks, half as long, that a page is cut into."""
    half = _LONG_TAG_BYTES // 2
    return any(
        body.find(b"<", start, start + half) < 0 and body.find(b">", start, start + half) < 0
        for start in range(0, len(body), half)
    )


def script_json(page: Selector, css: str) -> Iterator[Any]:
    """The documents in the page's JSON scripts; broken ones are passed over, as browsers do."""
    for script in page.css(css).xpath("string()").getall():
        try:
            yield load_json(script.strip())
        except UnreadablePage:
            continue


def lost_fields(**always_shown: object) -> frozenset[str]:
    """The names of the fields that have no value, of those that the page's layout always shows."""
    return frozenset(name for name, value in always_shown.items() if value in (None, "", ()))


def address_parts(url: str | None) -> SplitResult:
    """The parts of a web address; all of them empty where it is none, as ``http://[``."""
    try:
        return urlsplit(url or "")
    except ValueError:
        return urlsplit("")


def join_address(base: str, target: str) -> str:
    """``target`` seen from ``base``; itself where either is no address. Normalising drops it then."""
    if target.startswith(("https://", "http://")):
        return target
    try:
        return urljoin(base, target)
    except ValueError:
        return target


def text_of(selection: Any, css: str) -> str | None:
    """All text under the first match, white space collapsed; ``None`` if there is no match or no text."""
    return text_in(_first_element(selection, css))


def text_in(element: Any) -> str | None:
    """All text in an element of the parsed tree, white space collapsed; ``None`` for no element or no text."""
    if element is None:
        return None
    words = str(_TEXT(element)) if len(element) else element.text or ""
    return " ".join(words.split()) or None


def nodes_by_class(element: Any) -> dict[str, Any]:
    """Class → the first node of it in ``element``: one walk, where a row of a list is asked for several classes.

    A row has a dozen nodes; only the first ``MAX_NODES_OF_A_ROW`` are looked at, so that rows in rows cost little.
    """
    found: dict[str, Any] = {}
    for node in islice(element.iter("*"), MAX_NODES_OF_A_ROW):
        for name in node.get("class", "").split():
            found.setdefault(name, node)
    return found


def first_link(element: Any) -> str | None:
    """Where the first link in an element leads."""
    return next((link.get("href") for link in element.iter("a") if link.get("href") is not None), None)


def attribute_of(selection: Any, css: str, name: str) -> str | None:
    """An attribute of the first match."""
    found = _first_element(selection, css)
    return None if found is None else found.get(name)


def _first_element(selection: Any, css: str) -> Any:
    """The first match's own element: a list of hundreds of rows asks a thousand times, and wrapping costs most."""
    find = _compiled(css)
    if not isinstance(selection, SelectorList):
        return next(iter(find(selection.root)), None)
    return next((found for one in selection if hasattr(one.root, "tag") for found in find(one.root)), None)


@lru_cache(maxsize=512)
def _compiled(css: str) -> XPath:
    return XPath(_TRANSLATOR.css_to_xpath(css))


_TRANSLATOR = HTMLTranslator()
_TEXT = XPath("string()")


def text_or_none(value: Any) -> str | None:
    """A JSON scalar as text; ``None`` for null, empty text, objects and arrays."""
    if isinstance(value, str):
        return value.strip() or None
    if isinstance(value, bool) or value is None or isinstance(value, dict | list):
        return None
    return str(value)


def as_dict(value: Any) -> dict[str, Any]:
    """The value if it is a JSON object, else an empty one: payloads put null where an object belongs."""
    return value if isinstance(value, dict) else {}


def as_list(value: Any) -> list[Any]:
    """The value if it is a JSON array, else an empty one."""
    return value if isinstance(value, list) else []
