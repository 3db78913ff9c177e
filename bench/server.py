"""The product as ``make run`` runs it: the Procfile's web server and worker, on the benchmarks' database."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import psutil
from honcho.environ import parse_procfile

from aiqleads.celery import app
from aiqleads.embedded import ports, processes
from aiqleads.embedded.run import WEB_PROCESSES

CHECKOUT: Final = Path(__file__).resolve().parent.parent
HOST: Final = "127.0.0.1"
NEEDED: Final = ("web", "worker")
READY_SECONDS: Final = 120.0
STOP_SECONDS: Final = 15.0
MEGABYTE: Final = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """Where it answers, and its processes by their names in the Procfile."""

    port: int
    pids: dict[str, int]

    def megabytes(self) -> dict[str, float]:
        """What each process holds for itself alone, those that it started included."""
        found = {name: psutil.Process(pid) for name, pid in self.pids.items()}
        return {
            name: sum(one.memory_full_info().uss for one in [process, *process.children(recursive=True)]) / MEGABYTE
            for name, process in found.items()
        }


@contextmanager
def serving() -> Iterator[Server]:
    """Run the server for the time of the ``with``.

    :raises RuntimeError: one of its processes does not answer in time
    """
    port = ports.free_port()
    programs = os.pathsep.join((str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)))
    environment = {
        **os.environ, "PATH": programs, "HOST": HOST, "PORT": str(port), "WEB_CONCURRENCY": str(WEB_PROCESSES)
    }  # fmt: skip
    commands = parse_procfile((CHECKOUT / "Procfile").read_text()).processes
    with ExitStack() as running:
        started = {name: _start(commands[name], environment) for name in NEEDED}
        for process in started.values():
            running.callback(_end, process)
        _wait_for(lambda: ports.answers(HOST, port), "web server")
        _wait_for(_is_worker_there, "worker")  # which takes a processor for seconds before
        yield Server(port=port, pids={name: process.pid for name, process in started.items()})


def _start(command: str, environment: dict[str, str]) -> "subprocess.Popen[bytes]":
    return subprocess.Popen(
        ["/bin/sh", "-c", command], cwd=CHECKOUT, env=environment, stdout=subprocess.DEVNULL, start_new_session=True
    )


def _end(process: "subprocess.Popen[bytes]") -> None:
    processes.end(process, gently=signal.SIGTERM, within_seconds=STOP_SECONDS)
    with suppress(ProcessLookupError):  # what it started has ended with it, as it should
        os.killpg(process.pid, signal.SIGKILL)


def _is_worker_there() -> bool:
    return bool(app.control.ping(timeout=0.5))


def _wait_for(is_there: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + READY_SECONDS
    while not is_there():
        if time.monotonic() > deadline:
            raise RuntimeError(f"The {what} did not answer within {READY_SECONDS:.0f} s.")
        time.sleep(0.2)
