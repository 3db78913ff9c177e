"""What one letter (RFC 5322) says: whose it is as far as that is known, and its sender's own words.

A letter is anybody's bytes. How much of it is looked at is bounded before the parser sees it: bytes, parts, how
deep parts lie in parts, and how long a header is. Nothing of it is opened but text.
"""

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from email import policy
from email.errors import MessageError
from email.message import EmailMessage, Message
from email.parser import BytesParser
from email.utils import parseaddr
from html.parser import HTMLParser
from typing import Final

from aiqleads.core.inbound_mail.errors import LetterUnreadable
from aiqleads.core.inbound_mail.own_words import own_words

MOST_BYTES_OF_HEADERS: Final = 100_000
MOST_CHARACTERS_OF_A_HEADER: Final = 1_000
MOST_LINES_OF_PARTS: Final = 300
MOST_BOUNDARIES: Final = 20
MOST_DEPTH: Final = 8
MOST_BYTES_OF_TEXT: Final = 100_000
_BOUNDARY: Final = re.compile(rb"boundary\s*\*?\d*\*?\s*=|message/", re.IGNORECASE)
_PART: Final = re.compile(rb"^--", re.MULTILINE)
_HEADERS_END: Final = re.compile(rb"\r?\n\r?\n")
_ADDRESS: Final = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63})+")
_CHARSETS: Final = re.compile(r"(?:utf-?8|us-ascii|iso-8859-\d{1,2}|windows-125\d|koi8-[ru]|utf-16(?:le|be)?)")
"""Those that letters come in. Python knows others, of which some take minutes or are no alphabets at all."""
_MACHINES: Final = re.compile(r"(?:mailer-daemon|postmaster|no-?reply|do-?not-?reply|bounces?)(?:[+.=-].*)?@")
_PASSES: Final = re.compile(r"\bdmarc\s*=\s*pass\b", re.IGNORECASE)
_FROM: Final = re.compile(r"\bheader\.from\s*=\s*\"?([A-Za-z0-9.-]{1,253})", re.IGNORECASE)
_COMMENT: Final = re.compile(r"\([^()]*\)")


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Letter:
    """One letter.

    :ivar id: as its sender's program calls it, the same however often it is handed over
    :ivar sender: the address that stands in ``From``, in small letters
    :ivar is_automatic: a program wrote it: an answer of somebody away, a failed delivery, a list
    :ivar is_authenticated: our server found that the sender's domain stands for ``From`` (DMARC)
    :ivar words: what they wrote themselves: no quoted letter, no signature
    """

    id: str
    sender: str
    is_automatic: bool
    is_authenticated: bool
    subject: str
    words: str


def read(raw: bytes, *, server: str) -> Letter:
    """Read one letter.

    :param server: how the server that took it calls itself in ``Authentication-Results``; "" believes nobody
    :raises LetterUnreadable: it names no sender, or is made so that reading it takes long
    """
    _refuse_costly(raw)
    try:
        message = BytesParser(policy=policy.default).parsebytes(raw)
        sender = parseaddr(_header(message, "From"))[1].lower()
        if not _ADDRESS.fullmatch(sender):
            raise LetterUnreadable("names no sender")
        return Letter(
            id=_header(message, "Message-ID").strip() or hashlib.sha256(raw).hexdigest(),
            sender=sender,
            is_automatic=_is_automatic(message, sender),
            is_authenticated=_is_authenticated(message, sender, server),
            subject=_decoded(message, "Subject"),
            words=own_words(_text(message)),
        )
    except (MessageError, ValueError, IndexError, RecursionError) as error:  # of headers that are no headers
        raise LetterUnreadable(type(error).__name__) from None


def _refuse_costly(raw: bytes) -> None:
    end = _HEADERS_END.search(raw)
    if (end.start() if end else len(raw)) > MOST_BYTES_OF_HEADERS:
        raise LetterUnreadable("its headers are too long")
    if _more_than(_BOUNDARY, raw, MOST_BOUNDARIES) or _more_than(_PART, raw, MOST_LINES_OF_PARTS):
        raise LetterUnreadable("it has too many parts")


def _more_than(pattern: re.Pattern[bytes], raw: bytes, most: int) -> bool:
    return any(number >= most for number, _ in enumerate(pattern.finditer(raw)))


def _header(message: Message, name: str) -> str:
    """The first header of a name as it was written, cut: what a parser makes of a long one takes it long."""
    for one, value in message.raw_items():
        if one.lower() == name.lower():
            return str(value)[:MOST_CHARACTERS_OF_A_HEADER]
    return ""


def _decoded(message: Message, name: str) -> str:
    short = Message(policy=policy.default)
    short[name] = " ".join(_header(message, name).split())
    return str(short[name])


def _is_automatic(message: EmailMessage, sender: str) -> bool:
    """RFC 3834, and what programs write that never heard of it."""
    submitted = _header(message, "Auto-Submitted").partition(";")[0].strip().lower()
    return (
        submitted not in {"", "no"}
        or message.get_content_type() in {"multipart/report", "message/delivery-status"}
        or _header(message, "Return-Path").strip() == "<>"
        or _header(message, "Precedence").strip().lower() in {"bulk", "junk", "list", "auto_reply"}
        or any(_header(message, name) for name in ("X-Autoreply", "X-Autorespond", "List-Id"))
        or bool(_MACHINES.match(sender))
    )


def _is_authenticated(message: Message, sender: str, server: str) -> bool:
    """Whether the topmost results are our server's, and DMARC passed for the domain of ``From`` (RFC 8601).

    Our server takes away results in its own name that came with the letter; whatever stands below is not looked at.
    """
    results = " ".join(_COMMENT.sub(" ", _header(message, "Authentication-Results")).split())
    by, _, found = results.partition(";")
    if not server or by.split(" ")[0].lower() != server.lower():
        return False
    domain = sender.rpartition("@")[2]
    for method in found.split(";"):
        about = _FROM.search(method)
        if _PASSES.search(method) and about and about[1].lower() == domain:
            return _once(message, "From")
    return False


def _once(message: Message, name: str) -> bool:
    """A second ``From`` is what somebody else may have read."""
    return sum(1 for one, _ in message.raw_items() if one.lower() == name.lower()) == 1


def _text(message: Message) -> str:
    """The first plain text; where there is none, the first page without its marks."""
    parts = list(_parts(message, 0))
    for wanted, reader in (("text/plain", str), ("text/html", _plain)):
        for part in parts:
            if part.get_content_type() == wanted:
                return reader(_words_of(part))
    return ""


def _parts(message: Message, depth: int) -> Iterator[Message]:
    """What is a part of the letter itself: no attachment, and no other letter that it carries."""
    if depth > MOST_DEPTH or message.get_content_disposition() == "attachment":
        return
    if not message.is_multipart():
        yield message
    elif message.get_content_maintype() == "multipart":
        for part in message.iter_parts() if isinstance(message, EmailMessage) else ():
            yield from _parts(part, depth + 1)


def _words_of(part: Message) -> str:
    body = part.get_payload(decode=True)
    charset = (part.get_content_charset() or "utf-8").lower()
    if not isinstance(body, bytes):
        return ""
    return body[:MOST_BYTES_OF_TEXT].decode(charset if _CHARSETS.fullmatch(charset) else "utf-8", "replace")


def _plain(page: str) -> str:
    reader = _Page()
    reader.feed(page)
    return "".join(reader.said)


class _Page(HTMLParser):
    """The words of a page without what it quotes, a line per block."""

    HIDES: Final = frozenset({"blockquote", "script", "style", "head", "title"})
    BLOCKS: Final = frozenset({"p", "div", "br", "li", "tr", "table", "h1", "h2", "h3", "hr"})

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.said: list[str] = []
        self.hidden: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        quotes = "gmail_quote" in (dict(attrs).get("class") or "")
        if tag in self.HIDES or quotes or (self.hidden and tag == self.hidden[0]):
            self.hidden.append(tag)
        if tag in self.BLOCKS:
            self.said.append("\n")

    def handle_endtag(self, tag: str) -> None:
        if self.hidden and tag == self.hidden[-1]:
            self.hidden.pop()

    def handle_data(self, data: str) -> None:
        if not self.hidden:
            self.said.append(data)
