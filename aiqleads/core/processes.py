"""Marks of processes: a row that names the process working on it lets others see at once that this one was killed.

Linux tells by ``/proc``. Elsewhere, and for a process of another machine or container, nothing can be said: whoever
asks goes by the row's heartbeat then.
"""

import os
from pathlib import Path
from typing import Final

_BOOT: Final = Path("/proc/sys/kernel/random/boot_id")
_ENDED: Final = frozenset("ZXx")
"""A zombie has ended too: in a container without an init nobody may ever reap it."""


def own_mark() -> str:
    """What this process is known by, as long as its machine runs; "" where that cannot be told."""
    told = _state_and_start(os.getpid())
    return f"{_place()} {os.getpid()} {told[1]}" if told and _place() else ""


def has_ended(mark: str) -> bool:
    """Whether the process of ``mark`` surely runs no more. False where it runs, or cannot be seen from here."""
    place, _, rest = mark.rpartition(" ")[0].rpartition(" ")
    if not place or place != _place():
        return False
    told = _state_and_start(int(rest))
    return told is None or told[0] in _ENDED or told[1] != mark.rpartition(" ")[2]


def _place() -> str:
    """The running kernel and the process numbers that can be seen from here; "" where neither can be told."""
    try:
        return f"{_BOOT.read_text().strip()} {Path('/proc/self/ns/pid').readlink()}"
    except OSError:
        return ""


def _state_and_start(number: int) -> tuple[str, str] | None:
    """A process's state, and when it began in ticks of its kernel; None where there is no such process."""
    try:
        fields = Path(f"/proc/{number}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None
    return fields[0], fields[19]
