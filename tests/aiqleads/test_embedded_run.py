"""``make run`` with real processes, on a small project that stands where the real one would."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from aiqleads.embedded import ports, processes, services
from aiqleads.embedded.locks import Lock
from aiqleads.embedded.places import CHECKOUT, Places
from aiqleads.embedded.supervisor import ProcessesKeepFailing, Supervisor
from tests.aiqleads.conftest import wait_until

# Answers as the real commands do: no log-ins until the demo has been loaded.
MANAGE = """
import pathlib, sys
loaded = pathlib.Path("loaded")
if sys.argv[1] == "demo":
    loaded.touch()
elif sys.argv[1] == "demo_logins":
    if not loaded.exists():
        sys.exit("There is no demo.")
    print("  alice@example.com / a password")
elif sys.argv[1] == "collectstatic":
    print("collected", flush=True)
elif sys.argv[1] == "migrate" and pathlib.Path("unmigratable").exists():
    sys.exit("no such table")
"""
RUN = [sys.executable, "-m", "aiqleads.embedded", "run"]
PROCFILE = """
web: exec python -m http.server --bind "$HOST" "$PORT"
worker: sleep 1000 & exec sleep 1001
sites: exec sleep 1002
"""


@pytest.fixture
def project(places: Places) -> Iterator[Places]:
    """A project whose web server is Python's own and whose worker leaves a child behind; the demo has sites."""
    (places.checkout / "manage.py").write_text(MANAGE)
    (places.checkout / "Procfile").write_text(PROCFILE)
    (places.checkout / ".env").write_text("DATABASE_URL=postgresql://elsewhere/x\n")
    yield places
    for name in ("loaded", "unmigratable"):
        (places.checkout / name).unlink(missing_ok=True)


@pytest.fixture
def port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


class RunInBackground:
    """``python -m aiqleads.embedded run`` and what it has printed so far."""

    def __init__(self, places: Places, port: int, **variables: str) -> None:
        self.output = places.checkout / "output"
        environment = {key: value for key, value in os.environ.items() if key not in services.VARIABLES.values()}
        environment |= variables
        with self.output.open("wb") as output:
            self.process = subprocess.Popen(
                [*RUN, "--checkout", places.checkout, "--port", str(port)],
                cwd=CHECKOUT, env=environment, stdout=output, stderr=output,
            )  # fmt: skip

    def text(self) -> str:
        return self.output.read_text()

    def wait_until_ready(self) -> None:
        wait_until(lambda: "is ready in" in self.text() or self.process.poll() is not None, seconds=30)
        assert self.process.poll() is None, self.text()

    def __enter__(self) -> "RunInBackground":
        return self

    def __exit__(self, *error: object) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()


def started_from(places: Places) -> list[psutil.Process]:
    return list(processes.marked(services.RUN_MARK, str(places.checkout)))


def test_run_loads_the_demo_once_serves_and_leaves_nothing(project, port):
    with RunInBackground(project, port) as first:
        first.wait_until_ready()
        assert ports.answers("127.0.0.1", port)
        assert len(started_from(project)) == 4

        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGTERM):  # a terminal's, and make's that it ends too
            first.process.send_signal(number)

        assert first.process.wait(10) == 0
    assert "Traceback" not in first.text()
    assert f"http://127.0.0.1:{port}/\n  alice@example.com / a password\n" in first.text()
    assert "demo, crawled from the bundled sites" in first.text()
    assert started_from(project) == []
    assert not Lock(project.keeper_lock("redis")).is_held_elsewhere()
    with RunInBackground(project, port) as second:
        second.wait_until_ready()
        second.process.terminate()
        assert second.process.wait(10) == 0
    assert "demo, crawled" not in second.text()


def test_second_run_names_the_first(project, port):
    with RunInBackground(project, port) as first:
        first.wait_until_ready()

        again = subprocess.run(
            [*RUN, "--checkout", project.checkout, "--port", "1"],
            cwd=CHECKOUT, capture_output=True, text=True, check=False, timeout=20,
        )  # fmt: skip

        assert again.returncode == 1
        assert (
            f"already runs from this folder: http://127.0.0.1:{port}/ (process {first.process.pid})" in again.stderr
        )
        assert ports.answers("127.0.0.1", port)
        first.process.send_signal(signal.SIGHUP)
        assert first.process.wait(10) == 0


def test_a_killed_run_is_cleared_away_by_the_next(project, port):
    with RunInBackground(project, port) as killed:
        killed.wait_until_ready()
        killed.process.kill()
        killed.process.wait()
        # The kernel ended what the run had started itself; the worker's own child is for the next run.
        wait_until(lambda: len(started_from(project)) <= 1)

    with RunInBackground(project, port) as following:
        following.wait_until_ready()
        assert len(started_from(project)) == 4
        following.process.send_signal(signal.SIGINT)
        assert following.process.wait(10) == 0

    assert started_from(project) == []


def test_a_run_like_production_collects_static_files_and_loads_no_demo(project, port):
    with RunInBackground(project, port, DEBUG="false", DEMO="off") as run:
        run.wait_until_ready()
        assert len(started_from(project)) == 3  # all but the bundled sites
        run.process.send_signal(signal.SIGINT)
        assert run.process.wait(10) == 0

    assert "collected" in run.text()
    assert "demo" not in run.text()
    assert not (project.checkout / "loaded").exists()


def test_a_run_ends_with_the_make_that_started_it(project, port):
    starter = "import subprocess, sys; subprocess.Popen(sys.argv[1:]); sys.stdin.read()"
    command = [*RUN, "--checkout", project.checkout, "--port", str(port)]
    environment = {**os.environ, "MAKELEVEL": "1"}
    output = (project.checkout / "output").open("wb")
    with output, subprocess.Popen(
        [sys.executable, "-c", starter, *command],
        cwd=CHECKOUT, env=environment, stdin=subprocess.PIPE, stdout=output, stderr=output,
    ) as make:  # fmt: skip
        wait_until(lambda: "is ready in" in (project.checkout / "output").read_text(), seconds=30)

        make.kill()

        wait_until(lambda: not Lock(project.run / "run.lock").is_held_elsewhere())
    assert started_from(project) == []


def test_a_failing_command_ends_the_run_with_nothing_left(project, port):
    (project.checkout / "unmigratable").touch()

    with RunInBackground(project, port) as run:
        assert run.process.wait(20) == 1

    assert "no such table" in run.text()
    assert "`manage.py migrate --verbosity 0` failed" in run.text()
    assert started_from(project) == []
    assert not Lock(project.keeper_lock("redis")).is_held_elsewhere()


def test_a_taken_port_ends_the_run_before_anything_starts(project, port):
    with socket.create_server(("127.0.0.1", port)), RunInBackground(project, port) as run:
        assert run.process.wait(10) == 1

    assert f"Cannot listen on 127.0.0.1:{port}: address already in use. Try: make run PORT=" in run.text()
    assert "database and cache" not in run.text()


def supervise(tmp_path: Path, **commands: str) -> Supervisor:
    supervisor = Supervisor(tmp_path, first_pause_seconds=0.01)
    supervisor.start(commands, {"PATH": os.environ["PATH"]})
    return supervisor


def turn_until(supervisor: Supervisor, text: str, capsys: pytest.CaptureFixture[str], *, times: int = 1) -> str:
    deadline, seen = time.monotonic() + 10, ""
    while seen.count(text) < times:
        assert time.monotonic() < deadline, seen
        supervisor.turn(seconds=0.05)
        seen += capsys.readouterr().out
    return seen


def test_a_killed_process_is_started_again(tmp_path, capsys):
    supervisor = supervise(tmp_path, web="echo here; exec sleep 1000")
    turn_until(supervisor, "| here", capsys)
    (child,) = supervisor.children
    assert child.process is not None

    child.process.kill()

    assert "web was killed by SIGKILL; starting it again" in turn_until(supervisor, "| here", capsys)
    supervisor.stop()
    assert child.process.poll() == -signal.SIGTERM


def test_a_process_that_keeps_failing_ends_the_run(tmp_path, capsys):
    supervisor = supervise(tmp_path, web="exec sleep 1000", worker="echo broken setting; exit 3")

    with pytest.raises(ProcessesKeepFailing, match="worker ended with exit code 3 5 times in a row"):
        turn_until(supervisor, "broken setting", capsys, times=99)

    supervisor.stop()
    assert [child.process.poll() for child in supervisor.children if child.process] == [-signal.SIGTERM]
