"""Logs of the embedded services: short, and no line older than four weeks.

A log has one predecessor, ``.log.1``, whose time is when the log began. The services write with ``O_APPEND``, so
the log is emptied under their hands: what is written between the copy and that, milliseconds, is lost.
"""

import os
import shutil
from contextlib import suppress
from pathlib import Path
from typing import Final

LARGEST_BYTES: Final = 5_000_000
TURNED_AFTER_SECONDS: Final = 14 * 24 * 3600
"""A line stands in the log for at most this long, and as long again in its predecessor."""


def look_after(log: Path, *, now: float) -> None:
    """Turn the log where it is too long or began too long ago. Safe to call at any time.

    :param now: seconds, as files' times are told
    """
    before = log.with_name(f"{log.name}.1")
    with suppress(FileNotFoundError):
        if not before.exists():
            _begin(before, now)
        is_old = now - before.stat().st_mtime > TURNED_AFTER_SECONDS
        if is_old or log.stat().st_size > LARGEST_BYTES:
            shutil.copyfile(log, before)
            os.truncate(log, 0)
            _begin(before, now)


def _begin(before: Path, now: float) -> None:
    before.touch(mode=0o600)
    os.utime(before, (now, now))
