"""Files that show what a return says: looked into before they are kept, encrypted, and for operators alone.

A picture is drawn anew, so that nothing but its pixels is kept: no place it was taken at, no second file inside.
PDF and text are never shown in our pages: they are handed out as files.
"""

import io
import warnings
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final
from uuid import uuid4

from django.core.files.base import ContentFile, File
from django.core.files.storage import default_storage
from PIL import Image, ImageOps

from aiqleads.core.personal_data import decrypt, encrypt, label_of, newest_version
from aiqleads.core.rotation import UNNAMED
from leads.images import BROKEN, MAX_PIXELS
from marketplace.errors import EvidenceRefused
from marketplace.models import ReturnEvidence

MAX_FILES: Final = 3
MAX_BYTES: Final = 5 * 1024 * 1024
ACCEPTED: Final = ".png,.jpg,.jpeg,.webp,.pdf,.txt"
KINDS: Final = "a picture (PNG, JPEG, WebP), a PDF or a text file"
PICTURES: Final = {"PNG": "image/png", "JPEG": "image/jpeg", "WEBP": "image/webp"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Exhibit:
    """A file that was looked into: what it is, and its bytes as they may be kept."""

    media_type: str
    body: bytes


def examine(files: Iterable["File[bytes]"]) -> list[Exhibit]:
    """Look into what a buyer brought; names and announced types are not believed.

    :raises EvidenceRefused: too many, too large, empty, or nothing that we take
    """
    brought = list(files)
    if len(brought) > MAX_FILES:
        raise EvidenceRefused(f"Bring at most {MAX_FILES} files.", field="evidence")
    return [_examine(file) for file in brought]


def _examine(file: "File[bytes]") -> Exhibit:
    if not file.size or file.size > MAX_BYTES:
        limit = MAX_BYTES // 1024 // 1024
        raise EvidenceRefused(
            f"A file is larger than {limit} MB." if file.size else "A file is empty.", field="evidence"
        )
    body = file.read()
    for look in (_as_picture, _as_pdf, _as_text):
        if exhibit := look(body):
            return exhibit
    raise EvidenceRefused(f"Bring {KINDS}; this file is none of them.", field="evidence")


def _as_picture(body: bytes) -> Exhibit | None:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # our own limit is below the one that Pillow warns of
            image = Image.open(io.BytesIO(body), formats=tuple(PICTURES))
            kind = "JPEG" if image.format == "MPO" else image.format or ""
            if image.width * image.height > MAX_PIXELS:
                raise EvidenceRefused(f"A picture has more than {MAX_PIXELS:,} pixels.", field="evidence")
            return Exhibit(media_type=PICTURES[kind], body=_drawn_anew(image, kind))
    except BROKEN:  # bytes of a stranger: whatever they break, they are no picture
        return None


def _drawn_anew(image: Image.Image, kind: str) -> bytes:
    upright = ImageOps.exif_transpose(image)
    pixels = upright.convert("RGB" if kind == "JPEG" or upright.mode not in {"RGBA", "LA", "PA", "P"} else "RGBA")
    clean = Image.new(pixels.mode, pixels.size)
    clean.paste(pixels)
    drawn = io.BytesIO()
    clean.save(drawn, kind, quality=90)
    return drawn.getvalue()


def _as_pdf(body: bytes) -> Exhibit | None:
    is_pdf = body.startswith(b"%PDF-1.") and b"%%EOF" in body[-1024:]
    return Exhibit(media_type="application/pdf", body=body) if is_pdf else None


def _as_text(body: bytes) -> Exhibit | None:
    try:
        text = body.decode()
    except UnicodeDecodeError:
        return None
    is_readable = all(letter.isprintable() or letter in "\r\n\t" for letter in text)
    return Exhibit(media_type="text/plain", body=body) if is_readable else None


def keep(exhibit: Exhibit) -> ReturnEvidence:
    """Store a file, encrypted; the row is not saved yet."""
    stored_as = default_storage.save(f"evidence/{uuid4().hex}", ContentFile(encrypt(exhibit.body)))
    return ReturnEvidence(media_type=exhibit.media_type, size_bytes=len(exhibit.body), stored_as=stored_as)


def drop(kept: Iterable[ReturnEvidence]) -> None:
    """Delete files whose return came to nothing."""
    for row in kept:
        default_storage.delete(row.stored_as)


def versions() -> dict[str, int]:
    """How many files there are by the version of the key that encrypted them."""
    counts: Counter[str] = Counter()
    for row in ReturnEvidence.objects.iterator():
        version, separator, _ = _stored(row).partition(b":")
        counts[version.decode() if separator else UNNAMED] += 1
    return dict(counts)


def rewrite_under_newest_key() -> int:
    """Encrypt anew what an older key encrypted; return how many files. Each is whole at every moment.

    The new file is there before the row names it, and the old one goes after.
    """
    rewritten = 0
    for row in ReturnEvidence.objects.iterator():
        before = _stored(row)
        if before.startswith(label_of(newest_version())):
            continue
        replaced = row.stored_as
        stored_as = default_storage.save(f"evidence/{uuid4().hex}", ContentFile(encrypt(decrypt(before))))
        if ReturnEvidence.objects.filter(pk=row.pk, stored_as=replaced).update(stored_as=stored_as):
            default_storage.delete(replaced)
            rewritten += 1
        else:
            default_storage.delete(stored_as)
    return rewritten


def _stored(row: ReturnEvidence) -> bytes:
    with default_storage.open(row.stored_as, "rb") as file:
        return bytes(file.read())


def body_of(row: ReturnEvidence) -> bytes:
    """The bytes of a file that was kept."""
    return decrypt(_stored(row))
