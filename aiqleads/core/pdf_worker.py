"""Say what the PDF on standard input is: ``plain``, ``active``, ``encrypted`` or ``broken``.

Knows pikepdf and nothing of the product. Objects are looked at as readers of PDFs see them: names with their
escapes undone, and those inside compressed streams of objects unpacked.
"""

import io
import resource
import sys
from collections.abc import Iterator
from typing import Any, Final

import pikepdf

CPU_SECONDS: Final = 5
ADDRESS_SPACE_BYTES: Final = 400 * 1024 * 1024
MOST_OBJECTS: Final = 100_000
"""A scan of 5 MB has a few hundred."""
ACTIVE: Final = frozenset(
    {
        "/AA",
        "/EmbeddedFile",
        "/EmbeddedFiles",
        "/GoToE",
        "/ImportData",
        "/JavaScript",
        "/JS",
        "/Launch",
        "/OpenAction",
        "/RichMedia",
        "/SubmitForm",
        "/XFA",
    }
)
"""Names of what is done without being asked, of what leads out of the document, and of other files inside it."""


def main() -> None:
    """Answer for one document."""
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))
    resource.setrlimit(resource.RLIMIT_AS, (ADDRESS_SPACE_BYTES, ADDRESS_SPACE_BYTES))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    sys.stdout.write(judged(sys.stdin.buffer.read()))


def judged(body: bytes) -> str:
    """What a document is, in one word."""
    try:
        with pikepdf.open(io.BytesIO(body), attempt_recovery=False) as document:
            if document.is_encrypted:
                return "encrypted"
            return _judged(document)
    except pikepdf.PasswordError:
        return "encrypted"
    except (pikepdf.PdfError, pikepdf.ForeignObjectError, ValueError, TypeError, RuntimeError, MemoryError):
        return "broken"


def _judged(document: pikepdf.Pdf) -> str:
    """A document that had to be mended on the way is read differently by others: nobody knows what it is."""
    if len(document.objects) > MOST_OBJECTS or not len(document.pages):
        return "broken"
    if any(name in ACTIVE for name in _names(document)):
        return "active"
    return "broken" if document.get_warnings() else "plain"


def _names(document: pikepdf.Pdf) -> Iterator[str]:
    """Every name that stands anywhere, as a key or as a value. What an object refers to is an object of its own."""
    waiting: list[Any] = [document.trailer, *document.objects]
    while waiting:
        one = waiting.pop()
        if isinstance(one, pikepdf.Name):
            yield str(one)
            continue
        parts: list[Any] = []
        if isinstance(one, pikepdf.Dictionary | pikepdf.Stream):
            yield from one.keys()
            parts = [value for _, value in one.items()]
        elif isinstance(one, pikepdf.Array):
            parts = list(one)
        waiting += [part for part in parts if isinstance(part, pikepdf.Object) and not part.is_indirect]


if __name__ == "__main__":
    main()
