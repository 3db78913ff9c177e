"""Files that show what a return says: looked into before they are kept, encrypted, and for operators alone.

A picture is drawn anew (``aiqleads.core.uploads``). PDF and text are never shown in our pages: they are handed out
as files.
"""

from collections import Counter
from collections.abc import Iterable
from typing import Final

from django.core.files.base import ContentFile, File
from django.core.files.storage import default_storage

from aiqleads.core import uploads
from aiqleads.core.personal_data import decrypt, encrypt, label_of, newest_version
from aiqleads.core.rotation import UNNAMED
from aiqleads.core.uploads import Examined
from marketplace.errors import EvidenceRefused
from marketplace.models import ReturnEvidence

MAX_FILES: Final = 3
MAX_BYTES: Final = uploads.MOST_BYTES
ACCEPTED: Final = ".png,.jpg,.jpeg,.webp,.pdf,.txt"
KINDS: Final = "a picture (PNG, JPEG, WebP), a PDF or a text file"


def examine(files: Iterable["File[bytes]"]) -> list[Examined]:
    """Look into what a buyer brought; names and announced types are not believed.

    :raises EvidenceRefused: too many, too large, empty, or nothing that we take
    """
    brought = list(files)
    if len(brought) > MAX_FILES:
        raise EvidenceRefused(f"Bring at most {MAX_FILES} files.", field="evidence")
    return [_examine(file) for file in brought]


def _examine(file: "File[bytes]") -> Examined:
    if not file.size or file.size > MAX_BYTES:
        limit = MAX_BYTES // 1024 // 1024
        raise EvidenceRefused(
            f"A file is larger than {limit} MB." if file.size else "A file is empty.", field="evidence"
        )
    body = file.read()
    try:
        exhibit = uploads.as_picture(body) or uploads.as_pdf(body) or uploads.as_text(body)
    except uploads.TooManyPixels as error:
        raise EvidenceRefused(
            f"A picture has more than {uploads.MOST_PIXELS:,} pixels.", field="evidence"
        ) from error
    except uploads.NotForLooking as error:
        raise EvidenceRefused(
            "A PDF is locked, holds other files, or does something when it is opened. Print it into a new PDF.",
            field="evidence",
        ) from error
    if exhibit is None:
        raise EvidenceRefused(f"Bring {KINDS}; this file is none of them.", field="evidence")
    return exhibit


def keep(exhibit: Examined) -> ReturnEvidence:
    """Store a file, encrypted; the row is not saved yet."""
    stored_as = default_storage.save(uploads.opaque_name("evidence"), ContentFile(encrypt(exhibit.body)))
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
        stored_as = default_storage.save(uploads.opaque_name("evidence"), ContentFile(encrypt(decrypt(before))))
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
