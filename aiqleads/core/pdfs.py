"""What stands in a stranger's PDF: read in a process of its own that the kernel stops when it takes too much.

Nothing is read but how the document is put together; no page is drawn and no page's contents are unpacked.
"""

import subprocess
import sys
from enum import StrEnum
from pathlib import Path
from threading import BoundedSemaphore
from typing import Final

DEADLINE_SECONDS: Final = 20.0
"""On a machine that is busy; the process has 5 seconds of it for itself."""
_WORKER: Final = (sys.executable, "-I", str(Path(__file__).with_name("pdf_worker.py")))
_AT_ONCE: Final = BoundedSemaphore(2)
"""So many are looked into at once in each process of ours; others wait."""


class Finding(StrEnum):
    """What a document is."""

    PLAIN = "plain"
    ACTIVE = "active"
    """It does something when it is opened, or holds other files."""
    ENCRYPTED = "encrypted"
    BROKEN = "broken"
    """Not a whole document, or one that nobody could read within the limits."""


def look_into(body: bytes) -> Finding:
    """What a file that says to be a PDF is."""
    try:
        with _AT_ONCE:
            told = subprocess.run(_WORKER, input=body, capture_output=True, timeout=DEADLINE_SECONDS, check=True)
        return Finding(told.stdout.decode())
    except (subprocess.SubprocessError, ValueError):
        return Finding.BROKEN
