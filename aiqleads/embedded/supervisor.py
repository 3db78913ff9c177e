"""Runs the processes of a Procfile: prefixes their output, starts again what dies, ends all of them together.

One thread: the children ask the kernel to die with it, and the kernel watches the thread that made them.
"""

import os
import selectors
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from honcho.colour import get_colours
from honcho.printer import Message, Printer

from aiqleads.embedded import processes

_STEADY_SECONDS: Final = 20
_MOST_FAILURES: Final = 5
_LONGEST_PAUSE_SECONDS: Final = 8.0
_STOP_SECONDS: Final = 6


class ProcessesKeepFailing(Exception):
    """A process ended again and again before it was steady; its output says why."""


class Child:
    """One line of the Procfile, and the process that runs it now."""

    def __init__(self, name: str, command: str, colour: str) -> None:
        self.name = name
        self.command = command
        self.colour = colour
        self.process: subprocess.Popen[bytes] | None = None
        self.started_at_seconds = 0.0
        self.failures = 0
        self.may_start_at_seconds = 0.0
        self.unfinished_line = b""

    def start(self, environment: Mapping[str, str], folder: Path) -> subprocess.Popen[bytes]:
        """Start the command in a session of its own, so that Ctrl-C reaches us alone.

        Write ``exec`` before the program in the Procfile: signals go to the process that we start, and to a shell
        they mean nothing.
        """
        self.started_at_seconds = time.monotonic()
        self.process = subprocess.Popen(
            ["/bin/sh", "-c", self.command],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            cwd=folder,
            env=environment,
            start_new_session=True,
            preexec_fn=processes.die_with_parent(signal.SIGTERM),  # noqa: PLW1509  (we have one thread)
        )
        return self.process

    def note_end(self, first_pause_seconds: float) -> None:
        """Count a failure, and decide when the next start may be."""
        is_steady = time.monotonic() - self.started_at_seconds > _STEADY_SECONDS
        self.failures = 1 if is_steady else self.failures + 1
        pause_seconds = min(first_pause_seconds * 2 ** (self.failures - 1), _LONGEST_PAUSE_SECONDS)
        self.may_start_at_seconds = time.monotonic() + pause_seconds
        self.process = None


class Supervisor:
    """The processes of one Procfile, run in ``folder``.

    :param first_pause_seconds: before a process that ended is started again; doubles with each failure
    """

    def __init__(self, folder: Path, *, first_pause_seconds: float = 0.5) -> None:
        self.folder = folder
        self.first_pause_seconds = first_pause_seconds
        self.children: list[Child] = []
        self.environment: Mapping[str, str] = {}
        self._printer = Printer(sys.stdout)
        self._selector = selectors.DefaultSelector()

    def start(self, commands: Mapping[str, str], environment: Mapping[str, str]) -> None:
        """Start every process.

        :param commands: name → shell command, as in the Procfile
        :param environment: the whole environment of the processes
        """
        colours = get_colours()
        self.environment = environment
        self._printer.width = max(map(len, commands), default=0)
        self.children = [Child(name, command, next(colours)) for name, command in commands.items()]
        for child in self.children:
            self._start(child)

    def turn(self, *, seconds: float) -> None:
        """Print what arrives within ``seconds`` and start again what ended.

        :raises ProcessesKeepFailing: one of them cannot be kept running
        """
        self._pump(seconds)
        for child in self.children:
            if child.process is not None and child.process.poll() is not None:
                self._bury(child, child.process)
            if child.process is None and time.monotonic() >= child.may_start_at_seconds:
                self._start(child)

    def stop(self) -> None:
        """End every process with everything it started, within seconds."""
        running = [(child, child.process) for child in self.children if child.process is not None]
        for _, process in running:
            process.terminate()
        deadline = time.monotonic() + _STOP_SECONDS
        while any(process.poll() is None for _, process in running) and time.monotonic() < deadline:
            self._pump(0.05)
        for child, process in running:
            _kill_session(process)
            process.wait()
            self._forget(child, process)

    def _start(self, child: Child) -> None:
        process = child.start(self.environment, self.folder)
        if process.stdout is None:
            raise RuntimeError("started without a pipe")
        os.set_blocking(process.stdout.fileno(), False)
        self._selector.register(process.stdout, selectors.EVENT_READ, child)

    def _bury(self, child: Child, process: subprocess.Popen[bytes]) -> None:
        _kill_session(process)
        self._forget(child, process)
        child.note_end(self.first_pause_seconds)
        how = describe_exit(process.returncode)
        if child.failures >= _MOST_FAILURES:
            raise ProcessesKeepFailing(
                f"{child.name} {how} {child.failures} times in a row; its output above says why"
            )
        self._say(child, f"{child.name} {how}; starting it again")

    def _forget(self, child: Child, process: subprocess.Popen[bytes]) -> None:
        if process.stdout is not None:
            self._read(child, process.stdout.fileno())
            self._selector.unregister(process.stdout)
            process.stdout.close()

    def _pump(self, seconds: float) -> None:
        if not self._selector.get_map():
            time.sleep(seconds)
        for key, _ in self._selector.select(seconds):
            if not self._read(key.data, key.fd):
                time.sleep(0.01)  # at its end a pipe is always readable; the child is reaped within a turn

    def _read(self, child: Child, descriptor: int) -> bool:
        """Print the whole lines that a child has written; return whether there was anything."""
        try:
            received = os.read(descriptor, 65_536)
        except BlockingIOError:
            return False
        *lines, child.unfinished_line = (child.unfinished_line + received).split(b"\n")
        for line in lines:
            self._say(child, line.decode(errors="replace"))
        return bool(received)

    def _say(self, child: Child, text: str) -> None:
        self._printer.write(Message("line", text, datetime.now(UTC).astimezone(), child.name, child.colour))


def describe_exit(code: int) -> str:
    """Return "ended with exit code 3" or "was killed by SIGKILL"."""
    return f"was killed by {signal.Signals(-code).name}" if code < 0 else f"ended with exit code {code}"


def _kill_session(process: subprocess.Popen[bytes]) -> None:
    """Kill what a process left in the session that it led."""
    processes.end_all(processes.in_session(process.pid), gently=signal.SIGKILL, within_seconds=2)
