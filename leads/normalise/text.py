"""Plain text out of markup and out of whatever else a page held."""

from __future__ import annotations

import html
import re
import unicodedata

from lxml import etree
from lxml.html import HtmlElement, HTMLParser, document_fromstring

MAX_DESCRIPTION_CHARACTERS = 20_000
MAX_MARKUP_CHARACTERS = 400_000

_TAG = re.compile(r"</?[a-z!][^<>]*>", re.IGNORECASE)
_SILENT_TAGS = frozenset({"script", "style", "noscript", "template", "iframe", "object", "svg", "head", "form"})
_PARAGRAPH_TAGS = frozenset(
    [
        "address",
        "article",
        "aside",
        "blockquote",
        "div",
        "dl",
        "figure",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "ol",
        "p",
        "section",
        "table",
        "ul",
    ]
)
_NOT_SHOWN = frozenset({"Cc", "Cs", "Co", "Cn"})
_TURNING = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\ufeff")
"""What changes the direction of the text that follows it, ours included."""
_LINE_TAGS = frozenset({"br", "dd", "dt", "hr", "li", "tr"})


def one_line(text: str | None, *, max_characters: int = 300) -> str | None:
    """One line of printable text, or ``None`` when nothing is left."""
    return " ".join(_printable(text or "").split())[:max_characters].strip() or None


def tidy_paragraphs(text: str | None) -> str | None:
    """Printable text with one empty line between paragraphs, or ``None`` when nothing is left."""
    lines = (" ".join(line.split()) for line in _printable(text or "").split("\n"))
    tidy = re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()
    return tidy[:MAX_DESCRIPTION_CHARACTERS].strip() or None


def html_to_text(markup: str | None) -> str | None:
    """The words a reader of the page would see, with its paragraphs; scripts, styles and forms leave nothing."""
    source = _printable((markup or "")[:MAX_MARKUP_CHARACTERS])
    if not _TAG.search(source):
        return tidy_paragraphs(html.unescape(source))
    try:
        root = document_fromstring(source, parser=HTMLParser(no_network=True, huge_tree=False))
    except (etree.ParserError, etree.XMLSyntaxError):
        return None  # nothing but comments or white space
    return element_text(root)


def element_text(root: HtmlElement) -> str | None:
    """As :func:`html_to_text`, for an element that is parsed already."""
    pieces: list[str] = []
    skipped: HtmlElement | None = None
    for event, node in etree.iterwalk(root, events=("start", "end", "comment", "pi")):
        if event in {"comment", "pi"}:
            pieces.append("" if skipped is not None else node.tail or "")
        elif event == "start" and skipped is None:
            if node.tag in _SILENT_TAGS and node is not root:
                skipped = node
                continue
            pieces += [_gap(node.tag), _flowing(node.text)]
        elif event == "end":
            if skipped is not None and node is not skipped:
                continue
            skipped = None
            pieces += [_gap(node.tag) if node.tag != "br" else "", _flowing(node.tail) if node is not root else ""]
    return tidy_paragraphs("".join(pieces))


def _gap(tag: str) -> str:
    if tag in _PARAGRAPH_TAGS:
        return "\n\n"
    return "\n" if tag in _LINE_TAGS else ""


def _flowing(text: str | None) -> str:
    """Line breaks of the source mean nothing in HTML; only tags break lines."""
    return re.sub(r"\s+", " ", text or "")


def _printable(text: str) -> str:
    """In composed form, without control, private, surrogate and turning characters. PostgreSQL refuses NUL."""
    composed = unicodedata.normalize("NFC", text.replace("\r\n", "\n").replace("\r", "\n"))
    return composed.translate(_UNPRINTABLE)


class _Unprintable(dict[int, int | None]):
    """A table for ``str.translate`` that learns the letters of everyday scripts as it meets them."""

    def __missing__(self, code: int) -> int | None:
        letter = chr(code)
        is_kept = letter in "\n\t" or not (unicodedata.category(letter) in _NOT_SHOWN or letter in _TURNING)
        kept = code if is_kept else None
        if code < 0x3000:  # beyond, a hostile page could teach it a million
            self[code] = kept
        return kept


_UNPRINTABLE = _Unprintable()
