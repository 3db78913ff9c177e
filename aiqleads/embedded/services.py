"""Using the embedded services: take a share, have a keeper started when none is alive, wait until it is ready."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterable, Mapping
from types import TracebackType
from typing import Final, Self

from dotenv import dotenv_values

from aiqleads.embedded import keeper, logs
from aiqleads.embedded.errors import EmbeddedServiceError
from aiqleads.embedded.locks import Lock
from aiqleads.embedded.places import CHECKOUT, Places, private_folder

VARIABLES: Final = {"postgres": "DATABASE_URL", "redis": "REDIS_URL"}
"""The services, and the variable that replaces each."""

RUN_MARK: Final = "AIQLEADS_RUN"
"""The variable by which ``make run`` finds the processes of a killed run; a keeper must not carry it."""

_READY_SECONDS: Final = 90
_GONE_SECONDS: Final = 30
_POLL_SECONDS: Final = 0.05


def needed(environment: Mapping[str, str], places: Places | None = None) -> list[str]:
    """Return the services that no variable, in ``environment`` or in ``.env``, replaces."""
    written = dotenv_values((places or Places()).checkout / ".env")
    return [
        name for name, variable in VARIABLES.items() if not (environment.get(variable) or written.get(variable))
    ]


def start(names: Iterable[str] = tuple(VARIABLES), places: Places | None = None) -> "Running":
    """Start the services that are not running yet, and hold all of them until ``stop`` or until we die.

    :raises EmbeddedServiceError: one did not come up; the text names its log
    """
    running = Running(list(names), places or Places())
    try:
        running.ensure()
    except BaseException:
        running.stop()
        raise
    return running


class Running:
    """This process's share in the services; leave it as a context manager or by ``stop``."""

    def __init__(self, names: list[str], places: Places) -> None:
        self.names = names
        self.places = places
        self._shares: dict[str, Lock] = {}
        self._keepers: dict[str, subprocess.Popen[bytes]] = {}

    def ensure(self) -> None:
        """Bring up what is down: at first everything, later what lost its keeper."""
        private_folder(self.places.run)
        deadline = time.monotonic() + _READY_SECONDS
        for name in self.names:
            self._take_share(name)
            self._spawn_if_down(name)
        for name in self.names:
            while not self._is_ready(name):
                if time.monotonic() > deadline:
                    raise EmbeddedServiceError(f"{name} was not ready within {_READY_SECONDS} s. {self._why(name)}")
                time.sleep(_POLL_SECONDS)
                self._spawn_if_down(name)

    def stop(self) -> None:
        """Give the share back; when it was the last one, wait until the service is gone."""
        for name, share in self._shares.items():
            share.release()
            self._wait_until_gone_or_used(name)
        self._shares.clear()
        for process in self._keepers.values():
            process.poll()

    def _take_share(self, name: str) -> None:
        if name in self._shares:
            return
        share = Lock(self.places.users_lock(name))
        # A keeper that is stopping its service holds the lock until it is done.
        if not share.acquire(shared=True, wait_seconds=_GONE_SECONDS):
            raise EmbeddedServiceError(f"{name} is being stopped and does not end. {self._why(name)}")
        self._shares[name] = share

    def _spawn_if_down(self, name: str) -> None:
        spawned = self._keepers.get(name)
        if spawned is not None and spawned.poll() is None:
            return
        if Lock(self.places.keeper_lock(name)).is_held_elsewhere():
            return
        if spawned is not None and spawned.returncode > 0:
            raise EmbeddedServiceError(f"{name} could not be started. {self._why(name)}")
        self._keepers[name] = self._spawn(name)

    def _spawn(self, name: str) -> subprocess.Popen[bytes]:
        log = self.places.log(name)
        logs.look_after(log, now=time.time())
        environment = {key: value for key, value in os.environ.items() if key != RUN_MARK}
        with log.open("ab") as output:
            return subprocess.Popen(
                [sys.executable, "-m", "aiqleads.embedded", "keep", name, "--checkout", str(self.places.checkout)],
                stdin=subprocess.DEVNULL, stdout=output, stderr=output, cwd=CHECKOUT, env=environment,
                start_new_session=True,
            )  # fmt: skip

    def _is_ready(self, name: str) -> bool:
        lock = Lock(self.places.keeper_lock(name))
        return lock.is_held_elsewhere() and lock.read() == keeper.READY and self._is_listening(name)

    def _is_listening(self, name: str) -> bool:
        with socket.socket(socket.AF_UNIX) as connection:
            try:
                connection.connect(str(getattr(self.places, f"{name}_socket")))
            except OSError:
                return False
            return True

    def _wait_until_gone_or_used(self, name: str) -> None:
        deadline = time.monotonic() + _GONE_SECONDS
        keeper_lock, users = Lock(self.places.keeper_lock(name)), Lock(self.places.users_lock(name))
        while keeper_lock.is_held_elsewhere() and time.monotonic() < deadline:
            if keeper_lock.read() == keeper.READY and _is_shared(users):
                return
            time.sleep(_POLL_SECONDS)

    def _why(self, name: str) -> str:
        log = self.places.log(name)
        last = log.read_text(errors="replace").splitlines()[-3:] if log.exists() else []
        return "\n".join([f"See {log}, which ends:", *(f"  {line}" for line in last)])

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


def _is_shared(users: Lock) -> bool:
    """Tell whether somebody uses the service: the lock can be shared but not taken."""
    if users.acquire():
        users.release()
        return False
    return not users.is_held_elsewhere()
