"""Starting processes that cannot outlive us, and ending processes within a bounded time."""

import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from typing import Final

import psutil

_POLL_SECONDS: Final = 0.02
_PR_SET_PDEATHSIG: Final = 1
_LIBC: Final = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None


def die_with_parent(number: signal.Signals) -> Callable[[], None]:
    """Return a ``preexec_fn`` by which the child receives ``number`` when its parent dies, even by kill -9.

    Linux only; elsewhere a child outlives a killed parent until the next start finds it.
    """

    def ask_kernel() -> None:
        if _LIBC is not None:
            _LIBC.prctl(_PR_SET_PDEATHSIG, int(number), 0, 0, 0)

    return ask_kernel


def end(process: subprocess.Popen[bytes], *, gently: signal.Signals, within_seconds: float) -> int:
    """Ask ``process`` to end, kill it if it does not, and return its exit code."""
    if process.poll() is None:
        process.send_signal(gently)
        try:
            return process.wait(within_seconds)
        except subprocess.TimeoutExpired:
            process.kill()
    return process.wait()


def end_all(found: Iterable[psutil.Process], *, gently: signal.Signals, within_seconds: float) -> None:
    """End processes that are not our children: ask all, wait, kill what is left."""
    processes = list(found)
    for process in processes:
        _send(process, gently)
    for process in _still_alive(processes, within_seconds):
        _send(process, signal.SIGKILL)
    _still_alive(processes, within_seconds)


def _still_alive(found: Iterable[psutil.Process], within_seconds: float) -> list[psutil.Process]:
    """Wait for processes to end and return those that do not."""
    deadline = time.monotonic() + within_seconds
    alive = [process for process in found if _is_alive(process)]
    while alive and time.monotonic() < deadline:
        time.sleep(_POLL_SECONDS)
        alive = [process for process in alive if _is_alive(process)]
    return alive


def _is_alive(process: psutil.Process) -> bool:
    """Tell whether it runs; a zombie does not, and in a container without an init nobody may ever reap it."""
    try:
        return bool(process.is_running() and process.status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


def in_session(session: int) -> Iterator[psutil.Process]:
    """Yield the living processes of a session, its leader included."""
    for process in psutil.process_iter():
        try:
            if os.getsid(process.pid) == session and _is_alive(process):
                yield process
        except ProcessLookupError:  # ended while we looked
            continue


def marked(variable: str, value: str) -> Iterator[psutil.Process]:
    """Yield the processes, other than this one, whose environment holds ``variable=value``."""
    for process in psutil.process_iter():
        try:
            if process.pid != os.getpid() and process.environ().get(variable) == value:
                yield process
        except psutil.Error:  # ended, or another user's: not one of ours
            continue


def _send(process: psutil.Process, number: signal.Signals) -> None:
    try:
        process.send_signal(number)
    except psutil.NoSuchProcess:
        return
