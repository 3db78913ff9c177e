"""Locks between processes that the kernel frees by itself when their holder dies, however it dies."""

import fcntl
import os
import time
from pathlib import Path
from types import TracebackType
from typing import Final, Self

_POLL_SECONDS: Final = 0.05


class Lock:
    """An advisory lock on a file, with a short text beside it.

    A file that is left behind says nothing: only a living holder locks. Forked children that keep the file open
    share the lock; programs that they execute do not.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._descriptor: int | None = None

    def acquire(self, *, shared: bool = False, wait_seconds: float = 0) -> bool:
        """Take the lock, or return ``False`` when it is still held elsewhere after ``wait_seconds``."""
        descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
        deadline = time.monotonic() + wait_seconds
        while not _try(descriptor, fcntl.LOCK_SH if shared else fcntl.LOCK_EX):
            if time.monotonic() >= deadline:
                os.close(descriptor)
                return False
            time.sleep(_POLL_SECONDS)
        self._descriptor = descriptor
        return True

    def release(self) -> None:
        """Free the lock; nothing happens when it is not held."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None

    def is_held_elsewhere(self) -> bool:
        """Tell whether another holder has the lock exclusively."""
        if not self.path.exists():
            return False
        probe = Lock(self.path)
        if not probe.acquire(shared=True):
            return True
        probe.release()
        return False

    def write(self, text: str) -> None:
        """Replace the text; only the holder may."""
        if self._descriptor is None:
            raise RuntimeError(f"{self.path} is not held")
        os.ftruncate(self._descriptor, 0)
        os.pwrite(self._descriptor, text.encode(), 0)

    def read(self) -> str:
        """Return the text that the holder, or the last one, wrote."""
        return self.path.read_text() if self.path.exists() else ""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.release()


def _try(descriptor: int, mode: int) -> bool:
    try:
        fcntl.flock(descriptor, mode | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
