"""``make run``: everything from one command, and nothing left behind when it ends.

Services, migrations, the demo where the database has none, then the Procfile. Django is only ever run as a command.
"""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Final, NoReturn

from dotenv import dotenv_values
from honcho.environ import parse_procfile

from aiqleads.embedded import ports, processes, services
from aiqleads.embedded.errors import EmbeddedServiceError
from aiqleads.embedded.locks import Lock
from aiqleads.embedded.places import Places, private_folder
from aiqleads.embedded.supervisor import ProcessesKeepFailing, Supervisor

WEB_PROCESSES: Final = 2
"""So many answer requests, unless WEB_CONCURRENCY says otherwise: one draws a page while another is asked."""

_WEB_READY_SECONDS: Final = 60
_TURN_SECONDS: Final = 0.2
_DEMO_PROCESSES: Final = ("sites", "crm", "push", "models", "openid")
# Every command reads it as it starts, so it is written before any and long before the stand-in is served.
_PUSH_ACCOUNT: Final = ("-m", "aiqleads.core.push", "--account-only", "--credentials")
_DEMO_NUMBER: Final = "+15125550100"
_STAND_IN: Final = "sandbox"
"""What MODELS and SOCIAL_LOGINS say to have a stand-in: for providers of models, and for a site to log in with."""
_STOOD_IN_FOR: Final = ("openai", "deepseek")
_KNOWN_WARNINGS: Final = (
    "You're running the worker with superuser privileges",  # whoever types `make run` runs it
    "StreamingHttpResponse must consume synchronous iterators",  # static files, small ones
)
_OFF: Final = {"0", "f", "false", "n", "no", "off"}


class Refused(Exception):
    """The run cannot begin or go on; the text says why and what to do."""


class Stopped(BaseException):
    """Somebody asked us to end. Not an ``Exception``: no handler between may swallow it."""


def main(*, host: str, port: str, since_seconds: float | None = None, places: Places | None = None) -> int:
    """Run until Ctrl-C or SIGTERM, and return the exit code.

    :param port: as given on the command line
    :param since_seconds: when the command was typed (Unix time), for the time that is printed
    """
    _stop_on_signals()
    run = Run(places or Places(), host=host, since_seconds=since_seconds or time.time())
    try:
        run.begin(ports.port_number(port))
        run.serve()
    except Stopped:
        _say("\nStopping …")
        return 0
    except (Refused, ports.PortUnusable, EmbeddedServiceError, ProcessesKeepFailing) as refusal:
        _say(f"\n{refusal}", to_error=True)
        return 1
    finally:
        _ignore_signals()
        run.end()


class Run:
    """One run from one checkout: at most one lives at a time."""

    def __init__(self, places: Places, *, host: str, since_seconds: float) -> None:
        self.places = places
        self.host = host
        self.since_seconds = since_seconds
        self.url = ""
        self.lock = Lock(places.run / "run.lock")
        self.environment: dict[str, str] = {}
        self.running = services.Running(services.needed(os.environ, places), places)
        self.supervisor = Supervisor(places.checkout)

    def begin(self, port: int) -> None:
        """Do everything that must be done before the first page can be served.

        :raises Refused: another run is alive, the port is taken, or a preparing command failed
        """
        self.url = f"http://{self.host}:{port}/"
        self._be_the_only_one()
        ports.check_port(self.host, port)
        self._end_leftovers()
        self.environment = self._child_environment(port)
        if "push" in self._commands():
            self._python(
                *_PUSH_ACCOUNT, self.environment["PUSH_CREDENTIALS"], "--port", self.environment["PUSH_PORT"]
            )
        with _phase("database and cache"):
            self.running.ensure()
        if self.places.cluster.is_symlink():
            _say(f"  The system user cannot enter this folder: its data is in {self.places.cluster.resolve()}")
        with _phase("migrations"):
            self._manage("migrate", "--verbosity", "0")
        if self._is_off("DEBUG"):
            with _phase("static files"):
                self._manage("collectstatic", "--no-input", "--verbosity", "0")
        log_ins = "" if self._is_off("DEMO") else self._demo_log_ins()
        with _phase("web, workers and beat"):
            self._start_processes(port)
        took_seconds = time.time() - self.since_seconds
        _say(f"\nAIQLeads is ready in {took_seconds:.1f} s: {self.url}\n{log_ins}Stop it with Ctrl-C.\n")

    def serve(self) -> NoReturn:
        """Keep everything running until a signal comes (``Stopped``)."""
        while True:
            self.supervisor.turn(seconds=_TURN_SECONDS)
            self.running.ensure()

    def end(self) -> None:
        """Stop what was started, in the reverse order, and look whether anything is left."""
        self.supervisor.stop()
        if self.environment:
            self._end_leftovers()
        self.running.stop()
        self.lock.release()

    def _be_the_only_one(self) -> None:
        private_folder(self.places.run)
        if not self.lock.acquire():
            url, _, pid = self.lock.read().partition(" ")
            raise Refused(f"AIQLeads already runs from this folder: {url} (process {pid}). Stop that one first.")
        self.lock.write(f"{self.url} {os.getpid()}")

    def _end_leftovers(self) -> None:
        """End processes of a run from this checkout that was killed before it could."""
        left = processes.marked(services.RUN_MARK, str(self.places.checkout))
        processes.end_all(left, gently=signal.SIGTERM, within_seconds=3)

    def _child_environment(self, port: int) -> dict[str, str]:
        programs = os.pathsep.join((str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)))
        return {
            **os.environ,
            **self._sandboxes(),
            services.RUN_MARK: str(self.places.checkout),
            "PATH": programs,
            "PYTHONUNBUFFERED": "1",
            "PYTHONWARNINGS": ",".join(f"ignore:{start}" for start in _KNOWN_WARNINGS),
            "HOST": self.host,
            "PORT": str(port),
            "WEB_CONCURRENCY": self._value("WEB_CONCURRENCY") or str(WEB_PROCESSES),
            "SITE_URL": self._value("SITE_URL") or f"http://{self.host}:{port}",
        }

    def _sandboxes(self) -> dict[str, str]:
        """Where the demo's stand-ins are served; nowhere without demo or beside a real service."""
        if self._is_off("DEMO"):
            return {}
        texts = {"SMS_URL": f"http://demo:demo@127.0.0.1:{ports.free_port()}", "SMS_FROM": _DEMO_NUMBER}
        crm = {"FOLLOW_UP_BOSS_URL": f"http://127.0.0.1:{ports.free_port()}"}
        push_port = str(ports.free_port())
        push = {
            "PUSH_PORT": push_port,
            "PUSH_URL": f"http://127.0.0.1:{push_port}",
            "PUSH_CREDENTIALS": str(self.places.data / "push.json"),
        }
        return {
            **({} if self._value("SMS_URL") else texts),
            **({} if self._value("FOLLOW_UP_BOSS_URL") else crm),
            **({} if self._value("PUSH_CREDENTIALS") else push),
            **self._models(),
            **self._openid(),
        }

    def _models(self) -> dict[str, str]:
        """Where the stand-in for the providers of models is served, for those of which no key is known."""
        if self._value("MODELS") != _STAND_IN:
            return {}
        port = str(ports.free_port())
        pointed = {"MODELS_PORT": port}
        for name in _STOOD_IN_FOR:
            if not self._value(f"{name.upper()}_API_KEY"):
                pointed[f"{name.upper()}_API_KEY"] = _STAND_IN
                pointed[f"{name.upper()}_URL"] = f"http://127.0.0.1:{port}/{name}/v1"
        return pointed

    def _openid(self) -> dict[str, str]:
        """Where the stand-in for another site to log in with is served, if it was asked for."""
        if self._value("SOCIAL_LOGINS") != _STAND_IN:
            return {}
        port = str(ports.free_port())
        return {
            "OPENID_PORT": port,
            "SOCIAL_LOGINS": "oidc",
            "OIDC_NAME": "Make-believe",
            "OIDC_URL": f"http://127.0.0.1:{port}",
            "OIDC_CLIENT_ID": "aiqleads",
            "OIDC_CLIENT_SECRET": "open-house",
        }

    def _commands(self) -> dict[str, str]:
        """What the Procfile has us start, by name, but for stand-ins that have nothing to stand in for."""
        commands: dict[str, str] = parse_procfile((self.places.checkout / "Procfile").read_text()).processes
        idle = set(_DEMO_PROCESSES) if self._is_off("DEMO") else set()
        if self._value("PUSH_CREDENTIALS"):
            idle.add("push")
        if self._value("MODELS") != _STAND_IN:
            idle.add("models")
        if self._value("SOCIAL_LOGINS") != _STAND_IN:
            idle.add("openid")
        return {name: command for name, command in commands.items() if name not in idle}

    def _value(self, variable: str) -> str:
        return os.environ.get(variable) or dotenv_values(self.places.checkout / ".env").get(variable) or ""

    def _is_off(self, variable: str) -> bool:
        return self._value(variable).strip().lower() in _OFF

    def _demo_log_ins(self) -> str:
        """Return the demo's log-ins as ``demo_logins`` prints them, loading the demo when it has none to print."""
        with _phase("demo log-ins"):
            asked = self._ask("demo_logins")
        if asked.returncode == 0:
            return asked.stdout
        with _phase("demo, crawled from the bundled sites"):
            self._manage("demo")
        asked = self._ask("demo_logins")
        if asked.returncode:
            raise Refused(f"The demo has no log-ins to show:\n{asked.stdout}")
        return asked.stdout

    def _ask(self, command: str) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            [sys.executable, "manage.py", command],
            cwd=self.places.checkout, env=self.environment, text=True, check=False,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            preexec_fn=processes.die_with_parent(signal.SIGTERM),
        )  # fmt: skip

    def _manage(self, *arguments: str) -> None:
        self._python("manage.py", *arguments)

    def _python(self, *arguments: str) -> None:
        done = subprocess.run(
            [sys.executable, *arguments],
            cwd=self.places.checkout, env=self.environment, check=False, stdin=subprocess.DEVNULL,
            preexec_fn=processes.die_with_parent(signal.SIGTERM),
        )  # fmt: skip
        if done.returncode:
            raise Refused(f"`{' '.join(arguments)}` failed: what it printed above says why.")

    def _start_processes(self, port: int) -> None:
        self.supervisor.start(self._commands(), self.environment)
        deadline = time.monotonic() + _WEB_READY_SECONDS
        while not ports.answers(self.host, port):
            self.supervisor.turn(seconds=_TURN_SECONDS)
            if time.monotonic() > deadline:
                raise Refused(
                    f"The web server did not answer within {_WEB_READY_SECONDS} s: its output above says why."
                )


def _stop_on_signals() -> None:
    is_told = False

    def stop(number: int, frame: FrameType | None) -> None:
        nonlocal is_told
        if not is_told:  # Ctrl-C reaches us and make, and make tells us again
            is_told = True
            raise Stopped

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, stop)
    if "MAKELEVEL" in os.environ:
        processes.die_with_parent(signal.SIGTERM)()  # our parent is make: when it is killed, we end in order


def _ignore_signals() -> None:
    """Let nothing interrupt the stopping: it is bounded, and a second Ctrl-C would leave processes behind."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)


@contextmanager
def _phase(name: str) -> Iterator[None]:
    started_at_seconds = time.monotonic()
    yield
    _say(f"  {name}: {time.monotonic() - started_at_seconds:.1f} s")


def _say(text: str, *, to_error: bool = False) -> None:
    print(text, file=sys.stderr if to_error else sys.stdout, flush=True)
