"""Files that are not what they say, or that are more than one thing, or far more than they seem."""

import gzip
import io
import struct
import zipfile
import zlib
from collections.abc import Mapping
from typing import Final

from PIL import Image

from tests.security import hostile_pdfs

SCRIPT: Final = b"<script>window.pwned=1</script>"
SVG: Final = b'<svg xmlns="http://www.w3.org/2000/svg" onload="window.pwned=1">' + SCRIPT + b"</svg>"
PDF_END: Final = b"trailer<<>>\nstartxref\n9\n%%EOF\n"
PDF: Final = hostile_pdfs.PLAIN
NAMES: Final = (
    "../../../../tmp/x.png",
    "..\\..\\x.png",
    "/etc/passwd",
    "C:\\x.png",
    "x\0.png",
    "%2e%2e%2fx.png",
    "‥/․․/x.png",
    "x\u202egnp.exe",
    "x.png\r\nContent-Type: text/html",
    "." * 300,
    "con",
)
"""What a file may be called that is none of its own name."""


def picture(kind: str = "PNG", size: tuple[int, int] = (40, 30)) -> bytes:
    drawn = io.BytesIO()
    Image.new("RGB", size, "teal").save(drawn, kind)
    return drawn.getvalue()


def png_announcing(width: int, height: int) -> bytes:
    """A picture that says how large it is, and would be so once unpacked; it has a few bytes."""
    parts = (
        b"IHDR" + struct.pack(">II5B", width, height, 8, 2, 0, 0, 0),
        b"IDAT" + zlib.compress(bytes(200_000)),
        b"IEND",
    )
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(part) - 4) + part + struct.pack(">I", zlib.crc32(part)) for part in parts
    )


def archive(megabytes: int, *, comment: bytes = b"") -> bytes:
    """An archive that unpacks to so much."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as files:
        files.writestr("../../x.html", SCRIPT)
        files.writestr("zeros", bytes(megabytes * 1_000_000))
        files.comment = comment
    return packed.getvalue()


HOSTILE: Final[Mapping[str, bytes]] = {
    "a program": b"MZ\x90\0\3\0\0\0" + bytes(200),
    "half a picture": picture()[:60],
    "a picture of 50,000 × 50,000": png_announcing(50_000, 50_000),
    "a picture of one row that is too long": png_announcing(2_000_000_000, 1),
    "a drawing with a script": SVG,
    "a drawing with a script, announced": b'<?xml version="1.0"?>\n' + SVG,
    "a page": b"<!doctype html>" + SCRIPT,
    "a script behind the head of a picture": b"GIF89a/*" + bytes(20) + b"*/=1;" + SCRIPT,
    "a page in a PDF's coat": b"%PDF-1.7\n" + SCRIPT + PDF_END,
    "an archive behind a PDF": PDF + archive(1),
    "an archive that ends as a PDF does": b"%PDF-1.7\n" + archive(1, comment=PDF_END),
    "an archive that unpacks to a thousandfold": archive(30),
    "a body that unpacks to a thousandfold": gzip.compress(bytes(30_000_000)),
    "nothing": b"",
}
"""Refused at every door."""
