"""Files that show who somebody is: looked into before they are kept. Names and announced types are not believed.

A picture is drawn anew, so that nothing but its pixels is kept. A PDF is handed to operators as a file.
"""

import io
import warnings
from dataclasses import dataclass
from typing import Final

from django.core.files.base import File
from django.utils.translation import gettext as _
from PIL import Image, ImageOps

from accounts.privacy.errors import DocumentRefused

MAX_BYTES: Final = 5 * 1024 * 1024
MAX_PIXELS: Final = 40_000_000
ACCEPTED: Final = ".png,.jpg,.jpeg,.webp,.pdf"
PICTURES: Final = {"PNG": "image/png", "JPEG": "image/jpeg", "WEBP": "image/webp"}
BROKEN: Final = (OSError, ValueError, SyntaxError, KeyError, IndexError, EOFError, MemoryError, TypeError)
"""What Pillow raises over bytes that are no picture."""


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Examined:
    """A file that was looked into: what it is, and its bytes as they may be kept."""

    media_type: str
    body: bytes


def examine(file: "File[bytes]") -> Examined:
    """:raises DocumentRefused: empty, too large, or nothing that we take"""
    if not file.size or file.size > MAX_BYTES:
        raise DocumentRefused(_("A file has at most 5 MB."), field="document")
    body = file.read()
    examined = _as_picture(body) or _as_pdf(body)
    if examined is None:
        raise DocumentRefused(
            _("Bring a picture (PNG, JPEG, WebP) or a PDF; this file is neither."), field="document"
        )
    return examined


def _as_picture(body: bytes) -> Examined | None:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # our own limit is below the one that Pillow warns of
            image = Image.open(io.BytesIO(body), formats=tuple(PICTURES))
            if image.width * image.height > MAX_PIXELS:
                return None
            kind = "JPEG" if image.format == "MPO" else image.format or ""
            return Examined(media_type=PICTURES[kind], body=_drawn_anew(image, kind))
    except BROKEN:  # bytes of a stranger: whatever they break, they are no picture
        return None


def _drawn_anew(image: Image.Image, kind: str) -> bytes:
    pixels = ImageOps.exif_transpose(image).convert("RGB")
    clean = Image.new(pixels.mode, pixels.size)
    clean.paste(pixels)
    drawn = io.BytesIO()
    clean.save(drawn, kind, quality=90)
    return drawn.getvalue()


def _as_pdf(body: bytes) -> Examined | None:
    is_pdf = body.startswith(b"%PDF-1.") and b"%%EOF" in body[-1024:]
    return Examined(media_type="application/pdf", body=body) if is_pdf else None
