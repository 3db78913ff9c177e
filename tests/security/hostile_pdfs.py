"""PDFs that do something, hide something, or cost much to read, written byte by byte."""

import zlib
from collections.abc import Mapping, Sequence
from typing import Final

CATALOG: Final = b"<</Type/Catalog/Pages 2 0 R>>"
PAGES: Final = b"<</Type/Pages/Kids[3 0 R]/Count 1>>"
PAGE: Final = b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]/Resources<<>>>>"
WHOLE: Final = (CATALOG, PAGES, PAGE)
SCRIPT: Final = b"<</S/JavaScript/JS(app.alert\\(1\\))>>"


def document(*objects: bytes, trailer: bytes = b"") -> bytes:
    """A PDF of these objects, numbered from 1; the first is its catalog."""
    body, places = _body(objects)
    start = len(body)
    rows = b"".join(b"%010d 00000 n \n" % place for place in places)
    count = len(objects) + 1
    body += b"xref\n0 %d\n0000000000 65535 f \n%btrailer\n<</Size %d/Root 1 0 R%b>>\n" % (
        count,
        rows,
        count,
        trailer,
    )
    return body + b"startxref\n%d\n%%%%EOF\n" % start


def compressed(inside: bytes, *, filters: bytes = b"/FlateDecode", packed: bytes = b"") -> bytes:
    """A PDF whose fourth object stands in a compressed stream of objects, so that nothing of it is in the bytes."""
    packed = packed or zlib.compress(b"4 0 " + inside, 9)
    head = b"<</Type/ObjStm/N 1/First 4/Length %d/Filter %b>>" % (len(packed), filters)
    body, places = _body([*WHOLE, None, head + b"stream\n" + packed + b"\nendstream"])
    start = len(body)
    rows = [b"\0\0\0\0\0\0", *(b"\1" + place.to_bytes(4, "big") + b"\0" for place in places[:3])]
    rows += [b"\2\0\0\0\5\0", *(b"\1" + place.to_bytes(4, "big") + b"\0" for place in (places[4], start))]
    table = b"".join(rows)
    body += b"6 0 obj\n<</Type/XRef/Size 7/W[1 4 1]/Root 1 0 R/Length %d>>stream\n%b\nendstream\nendobj\n" % (
        len(table),
        table,
    )
    return body + b"startxref\n%d\n%%%%EOF\n" % start


def _body(objects: Sequence[bytes | None]) -> tuple[bytes, list[int]]:
    body, places = bytearray(b"%PDF-1.7\n"), list[int]()
    for number, one in enumerate(objects, 1):
        places.append(len(body))
        body += b"" if one is None else b"%d 0 obj\n%b\nendobj\n" % (number, one)
    return bytes(body), places


def unpacking_to(megabytes: int) -> bytes:
    """A stream of objects, packed twice, that unpacks to so much. Made where it is asked for: it takes a second."""
    packer = zlib.compressobj(1)
    packed = packer.compress(b"4 0 <<")
    for _ in range(megabytes):
        packed += packer.compress(b" " * 1_000_000)
    packed += packer.compress(b">>") + packer.flush()
    return compressed(b"", filters=b"[/FlateDecode/FlateDecode]", packed=zlib.compress(packed, 9))


PLAIN: Final = document(*WHOLE)
ACTIVE: Final[Mapping[str, bytes]] = {
    "a script that runs at once": document(CATALOG[:-2] + b"/OpenAction 4 0 R>>", PAGES, PAGE, SCRIPT),
    "a script that stands among the names": document(
        CATALOG[:-2] + b"/Names<</JavaScript<</Names[(x)4 0 R]>>>>>>", PAGES, PAGE, SCRIPT
    ),
    "a script spelt otherwise": document(*WHOLE, b"<</S/J#61va#53cript/J#53(app.alert\\(1\\))>>"),
    "a script in a compressed stream": compressed(SCRIPT),
    "a program in a compressed stream": compressed(b"<</S/Launch/F(calc.exe)>>"),
    "a program behind a link": document(
        CATALOG, PAGES, PAGE[:-2] + b"/Annots[<</Subtype/Link/A<</S/Launch/F(x)>>>>]>>"
    ),
    "a file inside": document(*WHOLE, b"<</Type/EmbeddedFile/Length 2>>stream\nMZ\nendstream"),
    "a form that runs": document(CATALOG[:-2] + b"/AcroForm<</XFA(x)>>>>", PAGES, PAGE),
}
"""Known for what they are."""
DEEP: Final = 100_000
COSTLY: Final[Mapping[str, bytes]] = {
    "lists a hundred thousand deep": document(*WHOLE, b"[" * DEEP + SCRIPT + b"]" * DEEP),
    "dictionaries a hundred thousand deep": document(*WHOLE, b"<</A" * DEEP + SCRIPT + b">>" * DEEP),
    "pages that hold themselves": document(CATALOG, b"<</Type/Pages/Kids[2 0 R]/Count 1>>", b"null"),
    "objects that are each other": document(*WHOLE, b"5 0 R", b"4 0 R"),
    "no pages": document(b"<</Type/Catalog>>"),
    "a table that leads elsewhere": PLAIN.replace(b"startxref\n", b"startxref\n1"),
    "far too many objects": document(*WHOLE, *[b"0"] * 100_000),
}
"""Nobody knows what they are, within the limits."""
