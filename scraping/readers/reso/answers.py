"""The envelopes of RESO servers: OData 2 to 4.01 and Spark, and every way in which they and their gateways say no.

A server's own words are kept for the operator, without e-mail addresses: reasons end in logs.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import parse_qsl, urlencode, urlsplit

from lxml import etree

from scraping.readers.page import as_dict, as_list, is_json, load_html, load_json, text_of, text_or_none

Row = Mapping[str, Any]

ERROR_KEYS: Final = ("error", "odata.error", "fault")
WORD_KEYS: Final = (
    "message", "Message", "error_description", "faultstring", "detail", "title", "ReplyText", "value", "name",
)  # fmt: skip
CODE_KEYS: Final = ("code", "Code", "ReplyCode", "statusCode", "status")
MOST_CHARACTERS: Final = 200
MOST_DETAILS: Final = 3
MOST_XML_BYTES: Final = 1024 * 1024
RECORD_MARKS: Final = frozenset(
    {"ListingKey", "ListingKeyNumeric", "ListingId", "ListPrice", "StandardStatus", "StreetName", "@odata.id"}
)
_CONTEXT = re.compile(r"#([A-Za-z]\w*)|(?:^|/)([A-Z]\w*)(?:[?(/]|$)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a server answered.

    :param resource: what ``@odata.context`` says the rows are ("Property"); None where it says nothing
    :param next_link: where the next page is, relative or absolute; it may lead to another host
    :param total: how many records the whole collection has, where the server counted them
    :param problem: one sentence where the answer is none; "" for a usable one
    """

    rows: tuple[Row, ...] = ()
    resource: str | None = None
    next_link: str | None = None
    total: int | None = None
    problem: str = ""


def read_answer(body: bytes) -> Answer:
    """Read a whole answer.

    :raises UnreadablePage: it opens like JSON and is none
    """
    if not is_json(body):
        return Answer(problem=problem_of(body))
    document = load_json(body)
    if problem := _json_problem(document):
        return Answer(problem=problem)
    envelope = as_dict(document)
    rows = _rows(document)
    if not rows and "value" not in envelope and "D" not in envelope:
        return Answer(problem="The answer is no RESO collection or record.")
    return Answer(
        rows=tuple(_fields(row) for row in rows),
        resource=_resource(text_or_none(envelope.get("@odata.context") or envelope.get("@context"))),
        next_link=_next_link(envelope),
        total=_total(envelope),
    )


def problem_of(body: bytes) -> str:
    """The best sentence that a refusal of any form holds: JSON, XML, HTML or plain words; never empty."""
    text = body.lstrip(b"\xef\xbb\xbf \t\r\n")
    if is_json(text):
        try:
            problem = _json_problem(load_json(text))
        except ValueError:
            problem = ""
        return problem or "The server sent JSON that is neither records nor an error."
    if text[:1] == b"<":
        return _markup_problem(text)
    words = _scrubbed(text[: 4 * MOST_CHARACTERS].decode("utf-8", "replace"))
    return f"The server sent plain words instead of records: {words}" if words else "The server said nothing."


def _json_problem(document: Any) -> str:
    envelope = as_dict(document)
    spark = as_dict(envelope.get("D"))
    if spark.get("Success") is False:
        return _line(spark)
    for key in ERROR_KEYS:
        if fault := envelope.get(key):
            return _line(fault if isinstance(fault, dict) else {"code": fault, **envelope})
    errors = [as_dict(error) for error in as_list(envelope.get("errors"))]
    if errors:
        return _line({**errors[0], "details": errors[1:]})
    is_answer = "value" in envelope or "D" in envelope or not RECORD_MARKS.isdisjoint(envelope)
    says_no = envelope.get("success") is False or any(envelope.get(key) for key in ("message", "Message", "detail"))
    return _line({**envelope, **as_dict(envelope.get("bundle"))}) if says_no and not is_answer else ""


def _line(fault: Row) -> str:
    """``fault`` as one sentence: its code, its words, and what its details add."""
    code = next((text for key in CODE_KEYS if (text := text_or_none(fault.get(key)))), None)
    words = [_words(fault), *(_detail(as_dict(item)) for item in as_list(fault.get("details"))[:MOST_DETAILS])]
    said = "; ".join(word for word in words if word)
    heading = f"The server answered with error {code}" if code else "The server answered with an error"
    return f"{heading}: {said}" if said else f"{heading}."


def _detail(detail: Row) -> str:
    target, words = text_or_none(detail.get("target")), _words(detail)
    return f"{target}: {words}" if target and words else words


def _words(fault: Row) -> str:
    for key in WORD_KEYS:
        value = fault.get(key)
        text = _words(value) if isinstance(value, dict) else text_or_none(value)
        if text:
            return _scrubbed(text)
    return ""


def _scrubbed(text: str) -> str:
    """One line without e-mail addresses."""
    return " ".join(word if "@" not in word else "…" for word in text.split())[:MOST_CHARACTERS]


def _markup_problem(body: bytes) -> str:
    if b"<html" in body[:2000].lower() or body[:9].lower() == b"<!doctype":
        page = load_html(body[:MOST_XML_BYTES])
        title = text_of(page, "title") or text_of(page, "h1")
        return f"The server sent a web page instead of records{': ' + _scrubbed(title) if title else '.'}"
    told = dict(_xml_words(body[:MOST_XML_BYTES]))
    return _line(told) if told else "The server sent XML instead of records."


def _xml_words(body: bytes) -> Iterator[tuple[str, str]]:
    """What an XML error says, by the names that ``_line`` knows: elements and attributes alike."""
    parser = etree.XMLParser(resolve_entities=False, no_network=True, recover=True)
    root = etree.fromstring(body, parser)
    if root is None:
        return
    for element in list(root.iter(etree.Element))[:50][::-1]:
        yield from ((name, value) for name, value in element.attrib.items() if name in {"ReplyCode", "ReplyText"})
        name = etree.QName(element).localname
        if name in {*WORD_KEYS, *CODE_KEYS} and (element.text or "").strip():
            yield name, element.text


def _rows(document: Any) -> list[Any]:
    envelope = as_dict(document)
    if "D" in envelope:
        return as_list(as_dict(envelope["D"]).get("Results"))
    if "value" in envelope:
        return as_list(envelope["value"])
    if isinstance(document, list):
        return document
    return [] if RECORD_MARKS.isdisjoint(envelope) else [document]


def _fields(row: Any) -> Row:
    fields = as_dict(row)
    return as_dict(fields.get("StandardFields")) or fields


def _resource(context: str | None) -> str | None:
    """``$metadata#Property(ListPrice)`` and ``https://host/Property?$top=1`` both say "Property"."""
    found = _CONTEXT.search(context or "")
    return (found[1] or found[2]) if found else None


def _next_link(envelope: Row) -> str | None:
    spark = as_dict(envelope.get("D"))
    if token := text_or_none(spark.get("SkipToken")):
        return f"?{urlencode({'_skiptoken': token})}"
    paging = as_dict(spark.get("Pagination"))
    page, pages = _whole(paging.get("CurrentPage")), _whole(paging.get("TotalPages"))
    if page is not None and pages is not None and page < pages:
        return f"?{urlencode({'_page': page + 1})}"
    names = ("@odata.nextLink", "@nextLink", "odata.nextLink")
    return next((link for name in names if (link := text_or_none(envelope.get(name)))), None)


def _total(envelope: Row) -> int | None:
    paging = as_dict(as_dict(envelope.get("D")).get("Pagination"))
    told = (envelope.get(name) for name in ("@odata.count", "@count", "odata.count"))
    return next((whole for count in (*told, paging.get("TotalRows")) if (whole := _whole(count)) is not None), None)


def _whole(value: Any) -> int | None:
    text = text_or_none(value) or ""
    return int(text[:15]) if text.isdecimal() else None


def with_next(url: str, link: str) -> str:
    """``link`` seen from ``url``: a link of options alone replaces these in ``url`` and keeps the others."""
    if not link.startswith("?"):
        return link
    parts = urlsplit(url)
    options = {**dict(parse_qsl(parts.query)), **dict(parse_qsl(link[1:]))}
    return parts._replace(query=urlencode(options, safe="$,()'")).geturl()
