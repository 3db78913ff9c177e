"""Whether a text is about somebody: by their e-mails, telephones, names and addresses, however it is encoded.

Signs, case and spaces do not count, nor how a letter or a page escapes them.
"""

import base64
import binascii
import quopri
import re
from collections.abc import Iterator
from html import unescape
from urllib.parse import unquote

from accounts.privacy.people import Person

_BASE64 = re.compile(rb"(?:[A-Za-z0-9+/]{40,}={0,2}\s*)+")
SHORTEST = 7
"""Fewer letters and digits than this are in too many texts that are about somebody else."""


def mentions(body: bytes, person: Person) -> bool:
    """Whether ``body``, a letter or a page, is about a person."""
    wanted = {needle for value in person.spellings() if len(needle := _compact(value)) >= SHORTEST}
    return bool(wanted) and any(needle in reading for reading in _readings(body) for needle in wanted)


def _readings(body: bytes) -> Iterator[str]:
    for raw in (body, quopri.decodestring(body), *_decoded(body)):
        text = raw.decode("utf-8", "replace")
        yield _compact(text)
        yield _compact(unescape(unquote(text)))


def _decoded(body: bytes) -> Iterator[bytes]:
    for found in _BASE64.findall(body):
        try:
            yield base64.b64decode(b"".join(found.split()), validate=True)
        except binascii.Error:
            continue


def _compact(text: str) -> str:
    return "".join(letter for letter in text.casefold() if letter.isalnum())
