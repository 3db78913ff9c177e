"""Files of strangers: what one is, is read from its bytes. Its name and announced type are believed by nobody.

A picture is drawn anew, so that nothing but its pixels is kept: no place it was taken at, no second file inside or
behind it. A PDF and a text cannot be drawn anew. Each has to be whole and nothing else besides, and a PDF may do
nothing and hold no other files. Each is kept as it is, and is only ever handed out as a file. Kept files lie
outside of what is served, under names that nobody chose.
"""

import io
import re
import struct
import warnings
from dataclasses import dataclass
from typing import Final
from uuid import uuid4

from PIL import Image, ImageOps

from aiqleads.core import pdfs

MOST_BYTES: Final = 5 * 1024 * 1024
MOST_PIXELS: Final = 25_000_000
"""A telephone's picture has half of it; drawn anew it costs some 200 MB for a moment."""
PICTURES: Final = {"PNG": "image/png", "JPEG": "image/jpeg", "WEBP": "image/webp"}
BROKEN: Final = (
    OSError,
    SyntaxError,
    ValueError,
    TypeError,
    LookupError,
    EOFError,
    MemoryError,
    OverflowError,
    struct.error,
    Image.DecompressionBombError,
)
"""What Pillow raises over bytes that are no picture."""

_PDF_BEGINS: Final = re.compile(rb"%PDF-(?:1\.[0-7]|2\.0)\s")
_PDF_ENDS: Final = re.compile(rb"startxref\s+\d+\s+%%EOF\s*\Z")
_END_OF_ARCHIVE: Final = b"PK\x05\x06"
_ARCHIVE_TAIL_BYTES: Final = 65_557
"""An archive is found by its end, which stands within so many bytes of the file's, whatever comes before it."""
_MARKUP: Final = re.compile(r"\s*<|<(?:!doctype|html|script|svg|\?xml)\b", re.IGNORECASE)
_MARKUP_BYTES: Final = re.compile(rb"<(?:!doctype|html|script|svg)\b", re.IGNORECASE)


class TooManyPixels(Exception):
    """A picture would fill the memory."""


class NotForLooking(Exception):
    """A PDF is encrypted, does something when it is opened, or holds other files."""


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Examined:
    """A file that was looked into: what it is, and its bytes as they may be kept."""

    media_type: str
    body: bytes


def opaque_name(folder: str) -> str:
    """Where to keep a file: a name that nobody chose and nobody guesses."""
    return f"{folder}/{uuid4().hex}"


def as_picture(body: bytes) -> Examined | None:
    """A PNG, JPEG or WebP picture, drawn anew; ``None`` for anything else.

    :raises TooManyPixels: it announces more than ``MOST_PIXELS``; none of them was drawn
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # our own limit is below the one that Pillow warns of
            image = Image.open(io.BytesIO(body), formats=tuple(PICTURES))
            kind = "JPEG" if image.format == "MPO" else image.format or ""
            if image.width * image.height <= MOST_PIXELS:
                return Examined(media_type=PICTURES[kind], body=_drawn_anew(image, kind))
    except Image.DecompressionBombError as error:
        raise TooManyPixels from error
    except BROKEN:  # bytes of a stranger: whatever they break, they are no picture
        return None
    raise TooManyPixels


def _drawn_anew(image: Image.Image, kind: str) -> bytes:
    upright = ImageOps.exif_transpose(image)
    is_opaque = kind == "JPEG" or upright.mode not in {"RGBA", "LA", "PA", "P"}
    pixels = upright.convert("RGB" if is_opaque else "RGBA")
    clean = Image.new(pixels.mode, pixels.size)
    clean.paste(pixels)
    drawn = io.BytesIO()
    clean.save(drawn, kind, quality=90)
    return drawn.getvalue()


def as_pdf(body: bytes) -> Examined | None:
    """A PDF from its first byte to its last, that is no archive and no page as well; ``None`` for anything else.

    :raises NotForLooking: it is more than pages to look at
    """
    is_whole = _PDF_BEGINS.match(body) and _PDF_ENDS.search(body[-1024:])
    is_another = _END_OF_ARCHIVE in body[-_ARCHIVE_TAIL_BYTES:] or _MARKUP_BYTES.search(body[:1024])
    finding = pdfs.look_into(body) if is_whole and not is_another else pdfs.Finding.BROKEN
    if finding in {pdfs.Finding.ACTIVE, pdfs.Finding.ENCRYPTED}:
        raise NotForLooking
    return Examined(media_type="application/pdf", body=body) if finding is pdfs.Finding.PLAIN else None


def as_text(body: bytes) -> Examined | None:
    """Lines that a person can read, and no markup; ``None`` for anything else."""
    try:
        text = body.decode()
    except UnicodeDecodeError:
        return None
    is_readable = all(letter.isprintable() or letter in "\r\n\t" for letter in text.removeprefix("\ufeff"))
    is_markup = _MARKUP.match(text) or _MARKUP.search(text)
    return Examined(media_type="text/plain", body=body) if is_readable and not is_markup else None


def is_binary(head: bytes) -> bool:
    """Whether a file that begins so is no text, in UTF-8, UTF-16 or an older charset."""
    return b"\0" in head and not head.startswith((b"\xff\xfe", b"\xfe\xff"))
